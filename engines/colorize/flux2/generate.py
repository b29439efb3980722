"""One picture from a pipeline: the arguments of the call, and what happens between its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from engines.base import EngineError
from engines.colorize.flux2.pad import Fit, cut_out, fit, fit_reference, laid_out, laid_out_mask
from engines.geometry import Size
from engines.torch_runtime import torch_memory_mapped

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep, Repair

    Show = Callable[[torch.Tensor, Fit], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the text encoder made of the prompts.

    guidance: 1 for none, None for a pipeline that knows of none. negative: None where there is no guidance.
    """

    positive: torch.Tensor
    negative: torch.Tensor | None
    guidance: float | None

    def arguments(self) -> dict[str, Any]:
        """Return them as a pipeline takes them."""
        spoken: dict[str, Any] = {"prompt_embeds": self.positive}
        if self.guidance is not None:
            spoken |= {"guidance_scale": self.guidance, "negative_prompt_embeds": self.negative}
        return spoken


def coloured(
    pipeline: Any, request: ColorizeRequest, words: Words, steps: int, show: Show, on_step: OnStep
) -> NDArray[np.uint8]:
    """Return the whole page in colour, `(h, w, 3)` uint8 sRGB RGB; the page goes first, its references after it."""
    where = fit(request.size)
    count = len(request.references)
    pictures = [laid_out(request.page, where)]
    pictures += [laid_out(picture, fit_reference(_size(picture), count)) for picture in request.references]
    arguments = {
        "image": [Image.fromarray(picture) for picture in pictures],
        "height": where.canvas.height,
        "width": where.canvas.width,
        "num_inference_steps": steps,
        **words.arguments(),
    }
    return cut_out(_call(pipeline, arguments, request.plan.seed, show, where, on_step), where)


def repaired(
    inpaint: Any, request: ColorizeRequest, repair: Repair, words: Words, steps: int, show: Show, on_step: OnStep
) -> NDArray[np.uint8]:
    """Return a page of which only the part under the mask is made anew, `(h, w, 3)` uint8 sRGB RGB.

    The pipeline's mask has cells of 16 pixels and the rest of the picture goes through the autoencoder; so what is not
    under the mask is put back as it was.
    """
    where = fit(request.size)
    picture, mask = laid_out(repair.picture, where), laid_out_mask(repair.mask, where)
    arguments = {
        "image": Image.fromarray(picture),
        "mask_image": Image.fromarray(mask.astype(np.uint8) * 255),
        # One size for all: the pipeline crops the others to the first.
        "image_reference": [_on_canvas(reference, where.canvas) for reference in request.references] or None,
        "strength": max(request.plan.stage(0).denoise_01, 1 / steps),
        "num_inference_steps": steps,
        **words.arguments(),
    }
    made = _call(inpaint, arguments, request.plan.seed, show, where, on_step)
    return cut_out(np.where(mask[..., None], made, picture), where)


def _call(
    pipeline: Any, arguments: dict[str, Any], seed: int, show: Show, where: Fit, on_step: OnStep
) -> NDArray[np.uint8]:
    """Run a pipeline; what `on_step` raises passes through untouched, and offloaded parts leave the device."""
    import torch

    stopped: list[BaseException] = []

    def between(running: Any, step: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        try:
            on_step(step + 1, running.num_timesteps, show(tensors["latents"], where))
        except BaseException as exc:
            stopped.append(exc)
            raise
        return {}

    # The processor's generator gives the same noise on every device.
    generator = torch.Generator("cpu").manual_seed(seed)
    try:
        with torch_memory_mapped():
            pictures = pipeline(**arguments, generator=generator, callback_on_step_end=between, output_type="np").images
    except BaseException:
        pipeline.maybe_free_model_hooks()
        if stopped:
            raise stopped[0] from None
        raise
    if not np.isfinite(pictures).all():
        raise EngineError(
            "the model gave no picture but numbers without a value", "Try another device or other weights."
        )
    return np.asarray((pictures[0] * 255).round(), np.uint8)


def _on_canvas(reference: NDArray[np.uint8], canvas: Size) -> Image.Image:
    """Return a reference as large as a canvas takes it, the rest filled by its edge."""
    size = _size(reference)
    scale = min(canvas.height / size.height, canvas.width / size.width)
    scaled = Size(*(max(1, min(int(side * scale), most)) for side, most in zip(size, canvas, strict=True)))
    return Image.fromarray(laid_out(reference, Fit(scaled, canvas)))


def _size(picture: NDArray[np.uint8]) -> Size:
    height, width = picture.shape[:2]
    return Size(height, width)
