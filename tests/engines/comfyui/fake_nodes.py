"""What the nodes of the fake server do: graphs are compared with their signatures, and painted."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np

SIGNATURES = json.loads((Path(__file__).parent / "object_info.json").read_text("utf-8"))


def faults_of(graph: dict, signatures: dict, uploads: dict[str, bytes]) -> dict:
    """Compare a graph with the signatures, as the real server does before it queues it."""
    faults: dict[str, dict] = {}
    for node_id, node in graph.items():
        signature = signatures.get(node["class_type"])
        if signature is None:
            faults[node_id] = _fault(node, "missing_node_type", node["class_type"])
            continue
        required = signature["input"]["required"]
        declared = required | signature["input"].get("optional", {})
        for name in required:
            if name not in node["inputs"]:
                faults[node_id] = _fault(node, "required_input_missing", name)
        for name, value in node["inputs"].items():
            if name not in declared:
                faults[node_id] = _fault(node, "unknown_input", name)
            elif (wrong := _wrong(graph, signatures, uploads, declared[name], name, value)) is not None:
                faults[node_id] = _fault(node, *wrong)
    return faults


def _wrong(
    graph: dict, signatures: dict, uploads: dict[str, bytes], declared: list, name: str, value: object
) -> tuple[str, str] | None:
    kind, limits = declared[0], declared[1] if len(declared) > 1 else {}
    if isinstance(value, list):
        source = signatures[graph[value[0]]["class_type"]]["output"]
        return None if source[value[1]] == kind else ("return_type_mismatch", f"{name}: {source[value[1]]}, {kind}")
    if name == "image":
        return None if value in uploads else ("custom_validation_failed", f"Invalid image file: {value}")
    choices = kind if isinstance(kind, list) else limits.get("options")
    if choices is not None:
        return None if value in choices else ("value_not_in_list", f"{name}: {value!r} not in list")
    if kind == "INT":
        whole = isinstance(value, int) and not isinstance(value, bool)
        fits = whole and limits.get("min", value) <= value <= limits.get("max", value)
        return None if fits and value % limits.get("step", 1) == 0 else ("invalid_input_type", f"{name}: {value}")
    if kind == "FLOAT":
        return None if isinstance(value, int | float) else ("invalid_input_type", f"{name}: {value}")
    if kind == "STRING":
        return None if isinstance(value, str) else ("invalid_input_type", f"{name}: {value}")
    return ("return_type_mismatch", f"{name} wants a link")


def paint(graph: dict, uploads: dict[str, bytes], scale: float = 1.0) -> np.ndarray:
    """Return the page in the mean colour of its references, moved by everything else that the graph says."""
    if any(node["class_type"] == "KSampler" for node in graph.values()):
        return _paint_sdxl(graph, uploads)
    inputs = {key: node["inputs"] for key, node in graph.items()}
    guider = next(node for node in graph.values() if node["class_type"] == "CFGGuider")["inputs"]
    chain, seen = guider["positive"][0], []
    while graph[chain]["class_type"] == "ReferenceLatent":
        pixels = inputs[inputs[chain]["latent"][0]]["pixels"][0]
        seen.insert(0, uploads[inputs[pixels]["image"]])
        chain = inputs[chain]["conditioning"][0]
    page, *references = (cv2.imdecode(np.frombuffer(png, np.uint8), 1)[..., ::-1] for png in seen)
    model = [(node["inputs"]["lora_name"], node["inputs"]["strength_model"])
             for node in graph.values() if node["class_type"] == "LoraLoaderModelOnly"]  # fmt: skip
    facts = [
        inputs[chain]["text"],
        model,
        [n["inputs"] for n in graph.values() if n["class_type"] == "RandomNoise"],
    ]
    rng = np.random.default_rng(int(hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8], 16))
    mean = (
        np.mean([picture.mean(axis=(0, 1)) for picture in references], axis=0)
        if references
        else np.array([230, 150, 90])
    )
    wash = 0.9 * mean / max(mean.max(), 1) + 0.1 * rng.random(3)
    height, width = (
        next(n for n in graph.values() if n["class_type"] == "Flux2Scheduler")["inputs"][k] for k in ("height", "width")
    )
    picture = cv2.resize(page, (round(width * scale), round(height * scale)))
    return np.clip(picture * wash, 0, 255).astype(np.uint8)


def _paint_sdxl(graph: dict, uploads: dict[str, bytes]) -> np.ndarray:
    """Return the same of SDXL's graph: under a mask the references that act there, and no others."""
    inputs = {key: node["inputs"] for key, node in graph.items()}

    def picture(name: str) -> np.ndarray:
        return cv2.imdecode(np.frombuffer(uploads[name], np.uint8), 1)[..., ::-1]

    def pictures(key: str) -> list[np.ndarray]:
        here = inputs[key]
        if graph[key]["class_type"] == "LoadImage":
            return [picture(here["image"])]
        return [*pictures(here["image1"][0]), *pictures(here["image2"][0])]

    samplers = [node["inputs"] for node in graph.values() if node["class_type"] == "KSampler"]
    latent = inputs[samplers[0]["latent_image"][0]]
    page = pictures(inputs[latent["samples"][0]]["pixels"][0] if "samples" in latent else latent["pixels"][0])[0]
    facts = [
        {name: value for name, value in node["inputs"].items() if isinstance(value, str | int | float)}
        for node in graph.values()
        if node["class_type"] not in ("LoadImage", "LoadImageMask")
    ]
    rng = np.random.default_rng(int(hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:8], 16))
    wash = np.empty(page.shape)
    wash[:] = np.array([230, 150, 90]) / 230
    for key, model in inputs.items():
        if graph[key]["class_type"] == "IPAdapterAdvanced":
            mean = np.mean([one.mean(axis=(0, 1)) for one in pictures(model["image"][0])], axis=0)
            mask = model.get("attn_mask")
            where = picture(inputs[mask[0]]["image"])[..., 0] > 0 if mask else np.ones(page.shape[:2], bool)
            wash[where] = mean / max(mean.max(), 1)
    return np.clip(page * (0.9 * wash + 0.1 * rng.random(3)), 0, 255).astype(np.uint8)


def _fault(node: dict, kind: str, details: str) -> dict:
    return {
        "class_type": node["class_type"],
        "errors": [{"type": kind, "message": kind.replace("_", " "), "details": details}],
    }
