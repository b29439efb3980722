"""The graph of SDXL's two passes on a server: the page drawn anew under its own lines, then cleaned up.

Both passes are image to image with the page's line art as control (ControlNet Union) and the references through an
IP-Adapter (the nodes of ComfyUI_IPAdapter_plus): all over the page, or each in its figure's mask. The second begins
with the first one's latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engines.colorize.comfyui.graph import OUTPUT_NODE, Graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import LoraUse
    from engines.colorize.comfyui.graph import Link, RepairPictures
    from engines.colorize.sdxl.passes import Pass

_LINE_ART: Final = "canny/lineart/anime_lineart/mlsd"


@dataclass(frozen=True, slots=True)
class SdxlServerFiles:
    """The files of SDXL by the names that the server lists them under."""

    checkpoint: str
    controlnet: str
    ipadapter: str
    clip_vision: str

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return self.checkpoint, self.controlnet, self.ipadapter, self.clip_vision


@dataclass(frozen=True, slots=True)
class Shown:
    """References that act together. mask: where, by the name that uploading gave it; empty for all over the page."""

    pictures: Sequence[str]
    mask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SdxlPainting:
    """What is asked of the server; pictures by the names that uploading gave them, references all of one size."""

    page: str
    lines: str
    passes: Sequence[Pass]
    references: Sequence[Shown]
    seed: int
    loras: Sequence[LoraUse] = ()
    repair: RepairPictures | None = None


def sdxl_graph(files: SdxlServerFiles, painting: SdxlPainting) -> dict[str, dict[str, Any]]:
    """Return the graph, node id to class and inputs, as `POST /prompt` takes it."""
    graph = Graph()
    loader = graph.add("CheckpointLoaderSimple", ckpt_name=files.checkpoint)[0]
    model, clip, vae = ([loader, slot] for slot in range(3))
    for lora in painting.loras:
        worn = graph.add(
            "LoraLoader", model=model, clip=clip, lora_name=lora.name, strength_model=lora.weight,
            strength_clip=lora.weight,
        )[0]  # fmt: skip
        model, clip = [worn, 0], [worn, 1]
    control = graph.add("ControlNetLoader", control_net_name=files.controlnet)
    control = graph.add("SetUnionControlNetType", control_net=control, type=_LINE_ART)
    lines = graph.add("LoadImage", image=painting.lines)
    styles = _styles(graph, files, painting.references)
    latent = graph.start(painting.repair, painting.page, vae)
    for number, one in enumerate(painting.passes):
        stage = one.stage
        held = graph.add(
            "ControlNetApplyAdvanced",
            positive=graph.add("CLIPTextEncode", text=stage.prompt, clip=clip),
            negative=graph.add("CLIPTextEncode", text=stage.negative_prompt, clip=clip),
            control_net=control, image=lines, strength=stage.structure_strength, start_percent=0.0,
            end_percent=stage.structure_end_01,
        )[0]  # fmt: skip
        latent = graph.add(
            "KSampler", model=_styled(graph, model, styles, one), seed=painting.seed + number, steps=max(1, one.steps),
            cfg=stage.guidance, sampler_name="euler", scheduler="normal", positive=[held, 0], negative=[held, 1],
            latent_image=latent, denoise=one.strength,
        )  # fmt: skip
    graph.add("PreviewImage", name=OUTPUT_NODE, images=graph.add("VAEDecode", samples=latent, vae=vae))
    return graph.nodes


def _styles(graph: Graph, files: SdxlServerFiles, references: Sequence[Shown]) -> list[dict[str, Any]]:
    """Return what each group of references gives an adapter's node."""
    if not references:
        return []
    adapter = graph.add("IPAdapterModelLoader", ipadapter_file=files.ipadapter)
    vision = graph.add("CLIPVisionLoader", clip_name=files.clip_vision)
    loaded: dict[str, Link] = {}
    styles = []
    for shown in references:
        for name in shown.pictures:
            if name not in loaded:
                loaded[name] = graph.add("LoadImage", image=name)
        image, *others = (loaded[name] for name in shown.pictures)
        for other in others:
            image = graph.add("ImageBatch", image1=image, image2=other)
        style = {"ipadapter": adapter, "image": image, "clip_vision": vision}
        if shown.mask:
            style["attn_mask"] = graph.add("LoadImageMask", image=shown.mask, channel="red")
        styles.append(style)
    return styles


def _styled(graph: Graph, model: Link, styles: Sequence[dict[str, Any]], one: Pass) -> Link:
    """Return a model that sees the references as strongly and as long as a pass wants them."""
    for style in styles if one.stage.style_weight else ():
        model = graph.add(
            "IPAdapterAdvanced", model=model, **style, weight=one.stage.style_weight, weight_type="linear",
            combine_embeds="concat", start_at=0.0, end_at=one.stage.style_end_01, embeds_scaling="V only",
        )  # fmt: skip
    return model
