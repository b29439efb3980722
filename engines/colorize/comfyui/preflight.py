"""Before a graph is sent: see that its nodes and its model files are on the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from engines.base import EngineUnavailable, ModelMissing
from engines.colorize.comfyui.graph import ModelFiles, is_gguf, node_classes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engines.colorize.comfyui.client import ComfyClient

_KLEIN: Final = re.compile(r"flux[-_. ]?2.*klein", re.IGNORECASE)
_NINE: Final = re.compile(r"9b", re.IGNORECASE)
_ENCODER: Final = {
    False: re.compile(r"qwen[-_. ]?3[-_. ]?4b", re.IGNORECASE),
    True: re.compile(r"qwen[-_. ]?3[-_. ]?8b", re.IGNORECASE),
}
# From the finest to the coarsest.
_QUANTISED: Final = tuple(
    re.compile(pattern)
    for pattern in (r"^(fp8|mxfp8|e4m3fn|e5m2)", r"^int8|^w8a8", r"fp4|nvfp4|nf4|int4", r"^q\d|^iq\d")
)
# Weights that were trained on for something else, and those that want a node of their own.
_SPECIAL: Final = frozenset(
    ("kv", "instruct", "thinking", "coder", "embedding", "abliterated", "vl", "heretic", "inpaint", "inpainting",
     "refiner", "turbo", "lightning", "hyper", "lcm", "dmd2")
)  # fmt: skip
_VAE: Final = re.compile(r"flux[-_. ]?2.*vae|ae.*flux[-_. ]?2", re.IGNORECASE)


def find_files(client: ComfyClient, wanted: Mapping[str, object]) -> ModelFiles:
    """Return the files to use: those that the reader names in the engine's options, else klein's by their names.

    wanted: `unet`, `text_encoder`, `vae`, each optional, as the server lists them.

    Raises:
        ModelMissing: a file is not in the server's lists; the message names it and the folder that it belongs into.
    """
    unets = [*listed(client, "UNETLoader", "unet_name"), *listed(client, "UnetLoaderGGUF", "unet_name")]
    unet = choose(unets, wanted.get("unet"), _KLEIN, "FLUX.2 klein", "models/diffusion_models")
    nine = bool(_NINE.search(unet))
    encoders = [*listed(client, "CLIPLoader", "clip_name"), *listed(client, "CLIPLoaderGGUF", "clip_name")]
    name = "qwen_3_8b" if nine else "qwen_3_4b"
    encoder = choose(encoders, wanted.get("text_encoder"), _ENCODER[nine], name, "models/text_encoders")
    vaes = listed(client, "VAELoader", "vae_name")
    vae = choose(vaes, wanted.get("vae"), _VAE, "flux2-vae.safetensors", "models/vae")
    cached = ModelFiles(unet, encoder, vae)
    has_node = not cached.caches_references or client.node("FluxKVCache") is not None
    return ModelFiles(unet, encoder, vae, cache_node=has_node)


def check_graph(client: ComfyClient, graph: dict[str, dict[str, Any]]) -> None:
    """Compare a graph with the server's nodes.

    Raises:
        EngineUnavailable: a node class or one of its inputs is not there. ModelMissing: a file is not in a list.
    """
    signatures = {name: client.node(name) for name in node_classes(graph)}
    missing = [name for name, signature in signatures.items() if signature is None]
    if missing:
        mend = "Install ComfyUI-GGUF." if any("GGUF" in name for name in missing) else "Update ComfyUI."
        said = " ".join(part for part in ("ComfyUI", client.version()) if part)
        raise EngineUnavailable(
            f"{said} lacks the nodes {', '.join(missing)}", mend, told=("server_lacks_nodes", said, ", ".join(missing))
        )
    for node in graph.values():
        _check_node(str(node["class_type"]), node["inputs"], signatures[node["class_type"]] or {})


def _check_node(class_type: str, inputs: Mapping[str, object], signature: Mapping[str, Any]) -> None:
    declared = {**signature.get("input", {}).get("required", {}), **signature.get("input", {}).get("optional", {})}
    unknown = set(inputs) - set(declared)
    lacking = set(signature.get("input", {}).get("required", {})) - set(inputs)
    if unknown or lacking:
        raise EngineUnavailable(
            f"ComfyUI's {class_type} is another than expected: {', '.join(sorted(unknown | lacking))}",
            "Update ComfyUI.",
            told=("server_node_differs", "ComfyUI", class_type),
        )
    for name, value in inputs.items():
        choices = choices_of(declared[name])
        if choices is not None and name != "image" and value not in choices:
            raise ModelMissing(
                f"ComfyUI's {class_type} does not list {value!r}",
                "Put the file into its models folder.",
                told=("server_lacks_file", "ComfyUI", str(value)),
            )


def choices_of(declaration: Any) -> list[str] | None:
    """Return the list that an input is chosen from, None where it is no choice; servers write it in two ways."""
    if not isinstance(declaration, list) or not declaration:
        return None
    if isinstance(declaration[0], list):
        return declaration[0]
    options = declaration[1].get("options") if len(declaration) > 1 and isinstance(declaration[1], dict) else None
    return options if declaration[0] == "COMBO" and isinstance(options, list) else None


def listed(client: ComfyClient, class_type: str, name: str) -> list[str]:
    """Return the files that a server lists for an input of a node; none where it lacks the node."""
    signature = client.node(class_type) or {}
    return choices_of(signature.get("input", {}).get("required", {}).get(name)) or []


def choose(names: Sequence[str], wanted: object, pattern: re.Pattern[str], what: str, folder: str) -> str:
    """Return the file that the reader names, else the best of those whose names fit a pattern.

    what, folder: what it is and where it belongs, for errors.

    Raises:
        ModelMissing: it is not listed, or none fits.
    """
    if isinstance(wanted, str) and wanted:
        if wanted in names:
            return wanted
        raise ModelMissing(
            f"ComfyUI does not list {wanted!r}",
            f"Put it into ComfyUI's {folder}.",
            told=("server_lacks_file", "ComfyUI", wanted),
        )
    fitting = [name for name in names if pattern.search(name)]
    if not fitting:
        raise ModelMissing(
            f"ComfyUI has no {what}", f"Put it into ComfyUI's {folder}.", told=("server_lacks_kind", "ComfyUI", folder)
        )
    return min(fitting, key=_rank)


def _rank(name: str) -> tuple[object, ...]:
    """Return what puts a file before another, told by the words of its name.

    4B before 9B (its licence is free), plain before base, cached and retrained ones, whole before quantised, the
    shorter name before the longer.
    """
    words = {word for word in re.split(r"[^a-z0-9]+", name.casefold()) if word}
    quantised = next((rank for rank, known in enumerate(_QUANTISED, 1) if any(map(known.search, words))), 0)
    special = len(words & _SPECIAL)
    return bool(_NINE.search(name)), "base" in words, special, max(quantised, 4 * is_gguf(name)), len(name), name
