"""The two passes: the page drawn anew under its own lines (KS1), then cleaned up (KS2).

Both are image to image with the page's line art as control. What the first call leaves on the shared network (the
weight of the IP-Adapter) is set anew before every pass, so that no page changes the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from engines.colorize.diffusion.pad import cut_out, fit, laid_out, laid_out_mask
from engines.colorize.sdxl.lines import line_art
from engines.colorize.sdxl.prompts import embeds_of
from engines.torch_runtime import pipeline_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep, Repair, StagePlan
    from engines.colorize.diffusion.pad import Fit
    from engines.colorize.sdxl.passes import Pass
    from engines.colorize.sdxl.pose import PoseReader

    Show = Callable[[torch.Tensor, Fit], NDArray[np.uint8]]

LINE_ART: Final = 3
"""ControlNet Union's mode for canny, line art, anime line art and mlsd."""
OPEN_POSE: Final = 0


def coloured(
    pipeline: Any,
    request: ColorizeRequest,
    passes: tuple[Pass, Pass],
    show: Show,
    on_step: OnStep,
    poses: PoseReader | None = None,
) -> NDArray[np.uint8]:
    """Return the whole page in colour, `(h, w, 3)` uint8 sRGB RGB. poses: None where none are read."""
    where = fit(request.size)
    page = laid_out(request.page, where)
    lines = line_art(page)
    wanted = poses is not None and any(one.stage.pose_strength > 0 for one in passes)
    figures = [laid_out_mask(region.mask, where) for region in request.regions] if wanted else []
    skeletons = poses.skeletons(page, figures) if poses is not None and figures else None
    style = _style(request, where, _adapters_of(pipeline))
    total, done, picture = sum(one.steps for one in passes), 0, page
    for number, one in enumerate(passes):
        arguments = {
            "image": Image.fromarray(picture),
            "height": where.canvas.height,
            "width": where.canvas.width,
            "strength": one.strength,
            "num_inference_steps": one.scheduled,
            **_steering(pipeline, one, style),
            **_control(one.stage, lines, skeletons),
        }
        watch = _Watch(pipeline, one, style, show, where, on_step, done, total)
        scale = style.scale(one.stage.style_weight, number)
        picture = _made(pipeline, arguments, request.plan.seed + number, scale, watch)
        done += one.steps
    return cut_out(picture, where)


def repaired(
    inpaint: Any, request: ColorizeRequest, repair: Repair, one: Pass, show: Show, on_step: OnStep
) -> NDArray[np.uint8]:
    """Return a page of which only the part under the mask is made anew, under the page's lines."""
    where = fit(request.size)
    picture, mask = laid_out(repair.picture, where), laid_out_mask(repair.mask, where)
    style = _style(request, where, _adapters_of(inpaint))
    arguments = {
        "image": Image.fromarray(picture),
        "mask_image": Image.fromarray(mask.astype(np.uint8) * 255),
        "height": where.canvas.height,
        "width": where.canvas.width,
        "strength": one.strength,
        "num_inference_steps": one.scheduled,
        **_steering(inpaint, one, style),
        **_control(one.stage, line_art(laid_out(request.page, where)), None),
    }
    watch = _Watch(inpaint, one, style, show, where, on_step, 0, one.steps)
    made = _made(inpaint, arguments, request.plan.seed, style.scale(one.stage.style_weight, 0), watch)
    # What is not under the mask made a round trip through the autoencoder; it is put back as it was.
    return cut_out(np.where(mask[..., None], made, picture), where)


def _steering(pipeline: Any, one: Pass, style: _Style) -> dict[str, Any]:
    """Return words, guidance and references of a pass."""
    stage = one.stage
    return {
        **embeds_of(pipeline, stage.prompt, stage.negative_prompt, stage.guidance),
        "guidance_scale": stage.guidance,
        **style.arguments(),
    }


def _control(stage: StagePlan, lines: NDArray[np.uint8], skeletons: NDArray[np.uint8] | None) -> dict[str, Any]:
    """Return what holds a pass to the page: its lines and, where the plan asks for them, its figures' poses."""
    held: dict[str, Any] = {"control_image": [Image.fromarray(lines)], "control_mode": [LINE_ART]}
    if skeletons is None or stage.pose_strength <= 0:
        return {
            **held,
            "controlnet_conditioning_scale": stage.structure_strength,
            "control_guidance_end": stage.structure_end_01,
        }
    return {
        "control_image": [*held["control_image"], Image.fromarray(skeletons)],
        "control_mode": [LINE_ART, OPEN_POSE],
        "controlnet_conditioning_scale": [stage.structure_strength, stage.pose_strength],
        "control_guidance_end": [stage.structure_end_01, stage.pose_end_01],
    }


def _adapters_of(pipeline: Any) -> int:
    return len(pipeline.unet.encoder_hid_proj.image_projection_layers)


@dataclass(frozen=True, slots=True)
class _Style:
    """The references as the IP-Adapter takes them: all over the page, or some in regions of their own.

    Without references a grey picture stands in with weight 0: the network expects one. Of two adapters each has a pass
    of its own, the first the first.
    """

    pictures: list[Image.Image]
    masks: list[NDArray[np.bool_]]
    weighs: bool
    adapters: int

    def scale(self, weight: float, number: int) -> list[Any]:
        """Return the weight of a pass in the form that the adapters want: one each where there are masks."""
        weight = weight if self.weighs else 0.0
        acting = min(number, self.adapters - 1)
        weights = [weight if index == acting else 0.0 for index in range(self.adapters)]
        return [[one] * len(self.pictures) for one in weights] if self.masks else [*weights]

    def arguments(self) -> dict[str, Any]:
        """Return pictures and masks as a pipeline takes them."""
        if not self.masks:
            return {"ip_adapter_image": [self.pictures] * self.adapters}
        import torch

        stacked = torch.from_numpy(np.stack(self.masks).astype(np.float32))[None]
        return {
            "ip_adapter_image": [self.pictures] * self.adapters,
            "cross_attention_kwargs": {"ip_adapter_masks": [stacked] * self.adapters},
        }


def _style(request: ColorizeRequest, where: Fit, adapters: int) -> _Style:
    references = [Image.fromarray(picture) for picture in request.references]
    if not references:
        return _Style([Image.new("RGB", (224, 224), (128, 128, 128))], [], weighs=False, adapters=adapters)
    owned = [(index, region) for region in request.regions for index in region.references]
    if not owned:
        return _Style(references, [], weighs=True, adapters=adapters)
    masks = [laid_out_mask(region.mask, where) for _, region in owned]
    rest = ~np.logical_or.reduce(masks)
    return _Style(
        [references[index] for index, _ in owned] + references[:1], [*masks, rest], weighs=True, adapters=adapters
    )


@dataclass(frozen=True, slots=True)
class _Watch:
    """After each step: reports, and takes the references away where their share of the steps has ended.

    done: the steps of the passes before; total: those of all.
    """

    pipeline: Any
    one: Pass
    style: _Style
    show: Show
    where: Fit
    on_step: OnStep
    done: int
    total: int

    def __call__(self, step: int, latents: torch.Tensor) -> None:
        self.on_step(self.done + step + 1, self.total, self.show(latents, self.where))
        if (step + 1) / self.one.steps >= self.one.stage.style_end_01:
            self.pipeline.set_ip_adapter_scale(self.style.scale(0.0, 0))


def _made(pipeline: Any, arguments: dict[str, Any], seed: int, scale: list[Any], watch: _Watch) -> NDArray[np.uint8]:
    pipeline.set_ip_adapter_scale(scale)
    try:
        return pipeline_picture(pipeline, arguments, seed, watch)
    finally:
        pipeline.set_ip_adapter_scale([0.0] * watch.style.adapters)
