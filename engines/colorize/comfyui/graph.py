"""The graph that colours a page: klein with the page and the references as reference latents, from an empty latent.

Built as plain data. Starting from the page's own latent fails with this family: with little noise the page stays grey,
with much its lines are lost. So the lines are shown, not altered: page first, then the references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engines.colorize.flux2.info import BASE_STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import LoraUse
    from engines.geometry import Size
    from engines.info import Quality

Link = list[Any]
OUTPUT_NODE: Final = "result"
_STEPS_DISTILLED: Final = 4
_GUIDANCE_BASE: Final = 4.0


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The files of klein by the names that the server lists them under; the variant is told by them.

    cache_node: the server has the node that keeps what references give (`FluxKVCache`).
    """

    unet: str
    text_encoder: str
    vae: str
    cache_node: bool = True

    @property
    def distilled(self) -> bool:
        """Whether it takes four steps without guidance."""
        return "base" not in self.unet.casefold()

    @property
    def caches_references(self) -> bool:
        """Whether these are the `-kv` weights, on a server that has the node for them."""
        return self.cache_node and self._is_cached

    @property
    def _is_cached(self) -> bool:
        return "-kv" in self.unet.casefold() or "_kv" in self.unet.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Painting:
    """What is asked of the server; pictures by the names that uploading gave them. steps 0: the model's own number."""

    page: str
    references: Sequence[str]
    canvas: Size
    prompt: str
    negative_prompt: str
    guidance: float
    steps: int
    seed: int
    loras: Sequence[LoraUse]
    quality: Quality = "standard"
    repair: RepairPictures | None = None


@dataclass(frozen=True, slots=True)
class RepairPictures:
    """The picture that is there and the mask of what is made anew (white), by the names that uploading gave them."""

    picture: str
    mask: str


class Graph:
    """Nodes by their ids, as they are added."""

    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Any]] = {}

    def add(self, class_type: str, *, name: str = "", **inputs: Any) -> Link:
        """Add a node and return the link to its first output. name: its id, a number by default."""
        node = name or str(len(self.nodes) + 1)
        self.nodes[node] = {"class_type": class_type, "inputs": inputs}
        return [node, 0]

    def start(self, repair: RepairPictures | None, page: str, vae: Link) -> Link:
        """Return the latent of a page or, for a repair, of the picture that is there, free under its mask alone."""
        shown = page if repair is None else repair.picture
        latent = self.add("VAEEncode", pixels=self.add("LoadImage", image=shown), vae=vae)
        if repair is None:
            return latent
        mask = self.add("LoadImageMask", image=repair.mask, channel="red")
        return self.add("SetLatentNoiseMask", samples=latent, mask=mask)


def klein_graph(files: ModelFiles, painting: Painting) -> dict[str, dict[str, Any]]:
    """Return the graph, node id to class and inputs, as `POST /prompt` takes it."""
    graph = Graph()
    model = _model(graph, files, painting.loras)
    clip = _text_encoder(graph, files)
    vae = graph.add("VAELoader", vae_name=files.vae)
    positive = graph.add("CLIPTextEncode", text=painting.prompt, clip=clip)
    if files.distilled:
        negative = graph.add("ConditioningZeroOut", conditioning=positive)
    else:
        negative = graph.add("CLIPTextEncode", text=painting.negative_prompt, clip=clip)
    for name in (painting.page, *painting.references):
        latent = graph.add("VAEEncode", pixels=graph.add("LoadImage", image=name), vae=vae)
        positive = graph.add("ReferenceLatent", conditioning=positive, latent=latent)
        negative = graph.add("ReferenceLatent", conditioning=negative, latent=latent)
    width, height = painting.canvas.width, painting.canvas.height
    guidance = 1.0 if files.distilled else min(painting.guidance, _GUIDANCE_BASE)
    steps = painting.steps or (_STEPS_DISTILLED if files.distilled else BASE_STEPS[painting.quality])
    if painting.repair is None:
        start = graph.add("EmptyFlux2LatentImage", width=width, height=height, batch_size=1)
    else:
        start = graph.start(painting.repair, painting.page, vae)
    sampled = graph.add(
        "SamplerCustomAdvanced",
        noise=graph.add("RandomNoise", noise_seed=painting.seed),
        guider=graph.add("CFGGuider", model=model, positive=positive, negative=negative, cfg=guidance),
        sampler=graph.add("KSamplerSelect", sampler_name="euler"),
        sigmas=graph.add("Flux2Scheduler", steps=steps, width=width, height=height),
        latent_image=start,
    )
    # A preview lies in the server's temporary folder: nothing is left among the reader's own pictures.
    graph.add("PreviewImage", name=OUTPUT_NODE, images=graph.add("VAEDecode", samples=sampled, vae=vae))
    return graph.nodes


def node_classes(graph: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """Return the node classes that a graph needs, each once."""
    return tuple(dict.fromkeys(str(node["class_type"]) for node in graph.values()))


def is_gguf(name: str) -> bool:
    """Return whether a file is one for the GGUF loaders."""
    return name.casefold().endswith(".gguf")


def _model(graph: Graph, files: ModelFiles, loras: Sequence[LoraUse]) -> Link:
    if is_gguf(files.unet):
        model = graph.add("UnetLoaderGGUF", unet_name=files.unet)
    else:
        model = graph.add("UNETLoader", unet_name=files.unet, weight_dtype="default")
    for lora in loras:
        model = graph.add("LoraLoaderModelOnly", model=model, lora_name=lora.name, strength_model=lora.weight)
    return graph.add("FluxKVCache", model=model) if files.caches_references else model


def _text_encoder(graph: Graph, files: ModelFiles) -> Link:
    loader = "CLIPLoaderGGUF" if is_gguf(files.text_encoder) else "CLIPLoader"
    return graph.add(loader, clip_name=files.text_encoder, type="flux2")
