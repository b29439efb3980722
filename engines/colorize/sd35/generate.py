"""One picture from the pipeline: lines, words and references, and what happens between its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from engines.colorize.diffusion.pad import Fit, cut_out, fit, laid_out, laid_out_mask
from engines.colorize.diffusion.repaint import Repaint, last_share
from engines.colorize.sdxl.lines import line_art
from engines.torch_runtime import pipeline_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep, Repair, StagePlan

    Show = Callable[[torch.Tensor, Fit], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a picture is made: the plan's stage, with the engine's own guidance (1 for none) and number of steps."""

    stage: StagePlan
    guidance: float
    steps: int


def coloured(pipeline: Any, request: ColorizeRequest, asked: Asked, show: Show, on_step: OnStep) -> NDArray[np.uint8]:
    """Return the whole page in colour, `(h, w, 3)` uint8 sRGB RGB."""
    where = fit(request.size)
    return cut_out(_made(pipeline, request, asked, where, {}, _Watch(pipeline, asked, where, show, on_step)), where)


def repaired(
    pipeline: Any, request: ColorizeRequest, repair: Repair, asked: Asked, show: Show, on_step: OnStep
) -> NDArray[np.uint8]:
    """Return a page of which only the part under the mask is made anew, under the page's lines."""
    where = fit(request.size)
    picture, mask = laid_out(repair.picture, where), laid_out_mask(repair.mask, where)
    sigmas = last_share(asked.steps, asked.stage.denoise_01)
    repaint = _repaint(pipeline, picture, mask, sigmas, request.plan.seed)
    watch = _Watch(pipeline, asked, where, show, on_step, repaint)
    start = {"latents": repaint.at(0).to(pipeline.transformer.dtype), "sigmas": sigmas}
    made = _made(pipeline, request, asked, where, start, watch)
    return cut_out(np.where(mask[..., None], made, picture), where)


def canny_picture(page: NDArray[np.uint8], official: bool) -> torch.Tensor:
    """Return a page's lines `(1, 3, h, w)` float32 as a ControlNet was taught on them.

    official: Stability AI's for 3.5, whose own processor gives 0.5 for no line and 128 for a line; others take -1..1.
    """
    import torch

    lines = torch.from_numpy(line_art(page)).permute(2, 0, 1)[None].float() / 255
    return lines * 255 * 0.5 + 0.5 if official else lines * 2 - 1


@dataclass(frozen=True, slots=True)
class _Watch:
    """After each step: reports, takes the references away where their share of the steps has ended, and repairs."""

    pipeline: Any
    asked: Asked
    where: Fit
    show: Show
    on_step: OnStep
    repaint: Repaint | None = None

    def __call__(self, step: int, latents: torch.Tensor) -> torch.Tensor | None:
        steps = self.pipeline.num_timesteps
        self.on_step(step + 1, steps, self.show(latents, self.where))
        if (step + 1) / steps >= self.asked.stage.style_end_01:
            self.pipeline.set_ip_adapter_scale(0.0)
        return self.repaint.after(step, latents) if self.repaint is not None else None


def _made(
    pipeline: Any, request: ColorizeRequest, asked: Asked, where: Fit, start: dict[str, Any], watch: _Watch
) -> NDArray[np.uint8]:
    import torch

    stage = asked.stage
    official = pipeline.controlnet.config.joint_attention_dim is None
    arguments = {
        "prompt": stage.prompt,
        "negative_prompt": stage.negative_prompt,
        "guidance_scale": asked.guidance,
        "height": where.canvas.height,
        "width": where.canvas.width,
        "num_inference_steps": asked.steps,
        "control_image": canny_picture(laid_out(request.page, where), official),
        "controlnet_conditioning_scale": stage.structure_strength,
        "control_guidance_end": stage.structure_end_01,
        **_style(pipeline, request, asked),
        **start,
    }
    pipeline.set_ip_adapter_scale(stage.style_weight if request.references else 0.0)
    # The pipeline draws a sample of what it encodes of the lines, from torch's own dice.
    with torch.random.fork_rng():
        torch.manual_seed(request.plan.seed)
        return pipeline_picture(pipeline, arguments, request.plan.seed, watch)


def _style(pipeline: Any, request: ColorizeRequest, asked: Asked) -> dict[str, Any]:
    """Return what the image encoder sees in the references, the tokens of all side by side."""
    import torch

    if not request.references:
        return {}
    device = pipeline._execution_device  # noqa: SLF001  (offloaded parts say the processor)
    with torch.no_grad():
        read = [pipeline.encode_image([Image.fromarray(one)], device) for one in request.references]
    seen = torch.cat(read, dim=1)
    # Guidance leads away from a picture of nothing.
    return {"ip_adapter_image_embeds": torch.cat([torch.zeros_like(seen), seen]) if asked.guidance > 1 else seen}


def _repaint(
    pipeline: Any, picture: NDArray[np.uint8], mask: NDArray[np.bool_], sigmas: NDArray[np.float64], seed: int
) -> Repaint:
    import torch

    vae, device = pipeline.vae, pipeline._execution_device  # noqa: SLF001
    pixels = pipeline.image_processor.preprocess(Image.fromarray(picture)).to(device, vae.dtype)
    with torch.no_grad():
        latents = vae.encode(pixels).latent_dist.mode().float()
    known = (latents - vae.config.shift_factor) * vae.config.scaling_factor
    noise = torch.randn(known.shape, generator=torch.Generator("cpu").manual_seed(seed)).to(device)
    height, width = known.shape[-2:]
    cells = mask.reshape(height, 8, width, 8).any(axis=(1, 3))
    pipeline.scheduler.set_timesteps(sigmas=sigmas)
    levels = pipeline.scheduler.sigmas.clone()
    return Repaint(known, noise, torch.from_numpy(cells)[None, None].to(device), levels)
