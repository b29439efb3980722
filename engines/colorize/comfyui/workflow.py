"""The same graph as a workflow that a reader opens in ComfyUI itself: boxes with places and wires between them.

`python -m engines.colorize.comfyui.workflow` writes `irodori-klein.json`, which is checked in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engines.colorize.comfyui.graph import ModelFiles, Painting, klein_graph
from engines.geometry import Size

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKFLOW_FILE: Final = Path(__file__).with_name("irodori-klein.json")
# What a box gives, and its fields in the order in which ComfyUI shows them; `None` stands for a control of its own.
NODES: Final[dict[str, tuple[str, tuple[str | None, ...]]]] = {
    "UNETLoader": ("MODEL", ("unet_name", "weight_dtype")),
    "CLIPLoader": ("CLIP", ("clip_name", "type")),
    "VAELoader": ("VAE", ("vae_name",)),
    "CLIPTextEncode": ("CONDITIONING", ("text",)),
    "ConditioningZeroOut": ("CONDITIONING", ()),
    "LoadImage": ("IMAGE", ("image", None)),
    "VAEEncode": ("LATENT", ()),
    "ReferenceLatent": ("CONDITIONING", ()),
    "EmptyFlux2LatentImage": ("LATENT", ("width", "height", "batch_size")),
    "RandomNoise": ("NOISE", ("noise_seed", None)),
    "CFGGuider": ("GUIDER", ("cfg",)),
    "KSamplerSelect": ("SAMPLER", ("sampler_name",)),
    "Flux2Scheduler": ("SIGMAS", ("steps", "width", "height")),
    "SamplerCustomAdvanced": ("LATENT", ()),
    "VAEDecode": ("IMAGE", ()),
    "PreviewImage": ("", ()),
}
_CONTROLS: Final = {"LoadImage": "image", "RandomNoise": "fixed"}
_COLUMN_PX, _ROW_PX, _ROWS = 340, 220, 4


def ui_workflow(graph: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a graph as ComfyUI's editor saves it."""
    numbers = {name: index for index, name in enumerate(graph, 1)}
    nodes = [_box(number, name, graph[name]) for name, number in numbers.items()]
    by_number = {node["id"]: node for node in nodes}
    links: list[list[Any]] = []
    for name, node in graph.items():
        for field, value in node["inputs"].items():
            if not isinstance(value, list):
                continue
            source, kind = numbers[value[0]], NODES[graph[value[0]]["class_type"]][0]
            number, target = len(links) + 1, by_number[numbers[name]]
            links.append([number, source, value[1], numbers[name], len(target["inputs"]), kind])
            target["inputs"].append({"name": field, "type": kind, "link": number})
            by_number[source]["outputs"][0]["links"].append(number)
    return {
        "last_node_id": len(nodes), "last_link_id": len(links), "nodes": nodes, "links": links, "groups": [],
        "config": {}, "extra": {}, "version": 0.4,
    }  # fmt: skip


def _box(number: int, name: str, node: Mapping[str, Any]) -> dict[str, Any]:
    class_type = node["class_type"]
    gives, fields = NODES[class_type]
    values = [node["inputs"][field] if field else _CONTROLS[class_type] for field in fields]
    column, row = divmod(number - 1, _ROWS)
    return {
        "id": number, "type": class_type, "pos": [column * _COLUMN_PX, row * _ROW_PX], "size": [300, 120], "flags": {},
        "order": number - 1, "mode": 0, "inputs": [],
        "outputs": [{"name": gives, "type": gives, "links": []}] if gives else [],
        "properties": {"Node name for S&R": class_type}, "title": name if not name.isdecimal() else class_type,
        "widgets_values": values,
    }  # fmt: skip


def bundled() -> str:
    """Return the workflow that comes with Irodori: klein 4B, a page and one reference."""
    files = ModelFiles("flux-2-klein-4b.safetensors", "qwen_3_4b.safetensors", "flux2-vae.safetensors")
    painting = Painting(
        page="page.png", references=["reference.png"], canvas=Size(1232, 832),
        prompt="Colorize this manga page. Flat colours. Cel shading. Keep every line. Coloured background.",
        negative_prompt="", guidance=1.0, steps=4, seed=0, loras=(),
    )  # fmt: skip
    return json.dumps(ui_workflow(klein_graph(files, painting)), indent=1) + "\n"


if __name__ == "__main__":
    WORKFLOW_FILE.write_text(bundled(), "utf-8")
    sys.stdout.write(f"{WORKFLOW_FILE.name}\n")
