"""One picture from the pipeline: the arguments of the call, and what happens between its steps."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from engines.colorize.diffusion.pad import Fit, cut_out, fit, laid_out, laid_out_mask
from engines.colorize.diffusion.repaint import Repaint, last_share
from engines.torch_runtime import pipeline_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import torch
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep, Repair

    Show = Callable[[torch.Tensor, Fit], NDArray[np.uint8]]

_MULTIPLE_PX: Final = 32
# A step fewer, and the schedule divides by zero.
_STEPS_MIN: Final = 2
_INSTRUCTION: Final = "Colorize this manga page."
_KEEP: Final = "Keep the drawing of Picture 1 as it is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a picture is made. guidance: 1 for none; negative is read only where there is guidance."""

    prompt: str
    negative: str
    guidance: float
    steps: int

    def arguments(self, references: int) -> dict[str, Any]:
        """Return them as the pipeline takes them, the words with what each picture is for."""
        shown = " and ".join(f"Picture {number}" for number in range(2, 2 + references))
        told = f"{_KEEP}; take its colours from {shown}." if shown else f"{_KEEP}."
        spoken: dict[str, Any] = {
            "prompt": f"{self.prompt or _INSTRUCTION} {told}",
            "true_cfg_scale": self.guidance,
            "num_inference_steps": self.scheduled,
        }
        if self.guidance > 1:
            spoken["negative_prompt"] = self.negative or " "
        return spoken

    @property
    def scheduled(self) -> int:
        """The steps of the whole schedule."""
        return max(_STEPS_MIN, self.steps)


def coloured(pipeline: Any, request: ColorizeRequest, asked: Asked, show: Show, on_step: OnStep) -> NDArray[np.uint8]:
    """Return the whole page in colour, `(h, w, 3)` uint8 sRGB RGB; the page goes first, its references after it."""
    where = fit(request.size, multiple=_MULTIPLE_PX)

    def after_step(step: int, latents: torch.Tensor) -> None:
        on_step(step + 1, pipeline.num_timesteps, show(latents, where))

    made = _made(pipeline, laid_out(request.page, where), request, asked, where, {}, after_step)
    return cut_out(made, where)


def repaired(
    pipeline: Any, request: ColorizeRequest, repair: Repair, asked: Asked, show: Show, on_step: OnStep
) -> NDArray[np.uint8]:
    """Return a page of which only the part under the mask is made anew, `(h, w, 3)` uint8 sRGB RGB.

    diffusers' inpainting does the same, but is shown one picture alone and always takes a megapixel.
    """
    where = fit(request.size, multiple=_MULTIPLE_PX)
    picture, mask = laid_out(repair.picture, where), laid_out_mask(repair.mask, where)
    known = _latents_of(pipeline, picture)
    sigmas = last_share(asked.scheduled, request.plan.stage(0).denoise_01)
    repaint = Repaint(
        known,
        _noise(pipeline, picture, request.plan.seed).to(known.device),
        _packed_mask(mask, known.shape[-1] // 4).to(known.device),
        _levels(pipeline, where, sigmas),
    )

    def after_step(step: int, latents: torch.Tensor) -> torch.Tensor:
        on_step(step + 1, pipeline.num_timesteps, show(latents, where))
        return repaint.after(step, latents)

    start = {"latents": repaint.at(0), "sigmas": sigmas}
    made = _made(pipeline, picture, request, asked, where, start, after_step)
    return cut_out(np.where(mask[..., None], made, picture), where)


def _made(
    pipeline: Any,
    picture: NDArray[np.uint8],
    request: ColorizeRequest,
    asked: Asked,
    where: Fit,
    start: dict[str, Any],
    after_step: Callable[[int, torch.Tensor], torch.Tensor | None],
) -> NDArray[np.uint8]:
    arguments = {
        "image": [Image.fromarray(one) for one in (picture, *request.references)],
        "height": where.canvas.height,
        "width": where.canvas.width,
        **asked.arguments(len(request.references)),
        **start,
    }
    with _shown_at(where.canvas.pixels):
        return pipeline_picture(pipeline, arguments, request.plan.seed, after_step)


@contextmanager
def _shown_at(pixels: int) -> Iterator[None]:
    """Let the pipeline encode its pictures at so many pixels, not at a megapixel each.

    A page that is encoded at another size than it is drawn at moves and is zoomed into.
    """
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as module

    before = module.VAE_IMAGE_SIZE
    module.VAE_IMAGE_SIZE = pixels
    try:
        yield
    finally:
        module.VAE_IMAGE_SIZE = before


def _levels(pipeline: Any, where: Fit, sigmas: NDArray[np.float64]) -> torch.Tensor:
    """Return how noisy latents are before each step of a schedule, and after the last, for a canvas of this size."""
    from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import calculate_shift

    config = pipeline.scheduler.config
    mu = calculate_shift(
        where.canvas.pixels // 256,
        config.base_image_seq_len, config.max_image_seq_len, config.base_shift, config.max_shift,
    )  # fmt: skip
    pipeline.scheduler.set_timesteps(sigmas=sigmas, mu=mu)
    levels: torch.Tensor = pipeline.scheduler.sigmas.clone()
    return levels


def _latents_of(pipeline: Any, picture: NDArray[np.uint8]) -> torch.Tensor:
    """Return a picture's packed latents `(1, tokens, 4 c)` float32."""
    import torch

    pixels = pipeline.image_processor.preprocess(Image.fromarray(picture))[:, :, None]
    with torch.no_grad():
        device = pipeline._execution_device  # noqa: SLF001  (offloaded parts say the processor)
        latents = pipeline._encode_vae_image(image=pixels.to(device, pipeline.vae.dtype), generator=None)  # noqa: SLF001
    return _packed(pipeline, latents.float())


def _noise(pipeline: Any, picture: NDArray[np.uint8], seed: int) -> torch.Tensor:
    """Return the noise that the pipeline itself would begin with, packed; the same on every device."""
    import torch

    height, width = (side // 8 for side in picture.shape[:2])
    shape = 1, 1, pipeline.latent_channels, height, width
    return _packed(pipeline, torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed)))


def _packed(pipeline: Any, latents: torch.Tensor) -> torch.Tensor:
    height, width = latents.shape[-2:]
    packed: torch.Tensor = pipeline._pack_latents(latents, 1, pipeline.latent_channels, height, width)  # noqa: SLF001
    return packed


def _packed_mask(mask: NDArray[np.bool_], channels: int) -> torch.Tensor:
    """Return a mask as latents are packed, `(1, tokens, 4 c)` bool: a latent is in it that any pixel of is."""
    import torch

    height, width = (side // 8 for side in mask.shape)
    cells = mask.reshape(height, 8, width, 8).any(axis=(1, 3))
    fours = torch.from_numpy(cells.reshape(height // 2, 2, width // 2, 2).transpose(0, 2, 1, 3).reshape(1, -1, 4))
    return fours.repeat(1, 1, channels)
