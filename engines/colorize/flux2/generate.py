"""One picture from a pipeline: the arguments of the call, and what happens between its steps."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from engines.colorize.diffusion.pad import Fit, cut_out, fit, fit_reference, laid_out, laid_out_mask
from engines.colorize.flux2.image_prompt import speaking, with_room
from engines.colorize.flux2.info import TIME_SCALE
from engines.geometry import Size
from engines.torch_runtime import pipeline_picture, pipeline_pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, OnStep, Repair

    Show = Callable[[torch.Tensor, Fit], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the text encoder made of the prompts.

    guidance: 1 for none, None for a pipeline that knows of none. negative: None where there is no guidance.
    pictures: tokens of the references that stand behind the positive words, None for none.
    time_scale: how far references lie from the picture and from each other in the transformer's time.
    """

    positive: torch.Tensor
    negative: torch.Tensor | None
    guidance: float | None
    pictures: torch.Tensor | None = None
    time_scale: int = TIME_SCALE

    def arguments(self) -> dict[str, Any]:
        """Return them as a pipeline takes them."""
        spoken: dict[str, Any] = {"prompt_embeds": with_room(self.positive, self.pictures)}
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
    with _heard(pipeline, words):
        return cut_out(_made(pipeline, arguments, request.plan.seed, show, where, on_step), where)


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
    with _heard(inpaint, words):
        made = _made(inpaint, arguments, request.plan.seed, show, where, on_step)
    return cut_out(np.where(mask[..., None], made, picture), where)


def coloured_at_once(
    pipeline: Any, requests: Sequence[ColorizeRequest], words: Sequence[Words], steps: int, on_step: OnStep
) -> list[NDArray[np.uint8]]:
    """Return several parts of a page in colour, computed side by side: as `coloured`, each from its own seed.

    All have one canvas, the same references, guidance and pictures among their words.
    """
    wheres = [fit(request.size) for request in requests]
    count, references = len(requests), requests[0].references
    pictures = [laid_out(request.page, where) for request, where in zip(requests, wheres, strict=True)]
    pictures += [laid_out(one, fit_reference(_size(one), len(references))) for one in references]
    arguments = {
        # The pipeline knows references of all alone: pages come first here, and each gets its own (`_own_pages`).
        "image": [Image.fromarray(picture) for picture in pictures],
        "height": wheres[0].canvas.height,
        "width": wheres[0].canvas.width,
        "num_inference_steps": steps,
        **_together([one.arguments() for one in words]),
    }

    def after_step(step: int, _latents: torch.Tensor) -> None:
        on_step(step + 1, pipeline.num_timesteps)

    with _heard(pipeline, words[0]), _own_pages(pipeline, count):
        made = pipeline_pictures(pipeline, arguments, [request.plan.seed for request in requests], after_step)
    return [cut_out(picture, where) for picture, where in zip(made, wheres, strict=True)]


def _together(spoken: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the words of several pictures as a pipeline takes them at once."""
    import torch

    def joined(name: str, values: list[Any]) -> Any:
        return torch.cat(values) if name.endswith("_embeds") and values[0] is not None else values[0]

    return {name: joined(name, [one[name] for one in spoken]) for name in spoken[0]}


@contextmanager
def _own_pages(pipeline: Any, count: int) -> Iterator[None]:
    """Let the first `count` pictures be one sample's each, and those after them all samples'."""
    plain = pipeline.prepare_image_latents

    def each(images: list[torch.Tensor], batch_size: int, **asked: Any) -> tuple[torch.Tensor, torch.Tensor]:
        import torch

        del batch_size
        asked["generator"] = None  # an autoencoder's most likely latent asks for no chance
        shared = images[count:]
        own = [plain(images=[page, *shared], batch_size=1, **asked) for page in images[:count]]
        latents, ids = zip(*own, strict=True)
        return torch.cat(latents), torch.cat(ids)

    pipeline.prepare_image_latents = each
    try:
        yield
    finally:
        del pipeline.prepare_image_latents


@contextmanager
def _heard(pipeline: Any, words: Words) -> Iterator[None]:
    """Let a pipeline's transformer hear the pictures among the words, and place references in time as they say."""
    plain = pipeline._prepare_image_ids  # noqa: SLF001 - the one place where diffusers places references
    pipeline._prepare_image_ids = partial(plain, scale=words.time_scale)  # noqa: SLF001
    try:
        with speaking(pipeline.transformer, words.positive.shape[1], words.pictures):
            yield
    finally:
        pipeline._prepare_image_ids = plain  # noqa: SLF001


def _made(
    pipeline: Any, arguments: dict[str, Any], seed: int, show: Show, where: Fit, on_step: OnStep
) -> NDArray[np.uint8]:
    def after_step(step: int, latents: torch.Tensor) -> None:
        # The pipeline knows how many steps there are: a repair makes only a share of those asked for.
        on_step(step + 1, pipeline.num_timesteps, show(latents, where))

    return pipeline_picture(pipeline, arguments, seed, after_step)


def _on_canvas(reference: NDArray[np.uint8], canvas: Size) -> Image.Image:
    """Return a reference as large as a canvas takes it, the rest filled by its edge."""
    size = _size(reference)
    scale = min(canvas.height / size.height, canvas.width / size.width)
    scaled = Size(*(max(1, min(int(side * scale), most)) for side, most in zip(size, canvas, strict=True)))
    return Image.fromarray(laid_out(reference, Fit(scaled, canvas)))


def _size(picture: NDArray[np.uint8]) -> Size:
    height, width = picture.shape[:2]
    return Size(height, width)
