"""The bare diffusers call that the engine is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from engines.torch_runtime import prepare_torch

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def bare_pipeline(folder: Path) -> Any:
    """Return diffusers' own pipeline of a folder, on the processor, exact."""
    prepare_torch()
    import torch
    from diffusers import Flux2KleinPipeline

    pipeline = Flux2KleinPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def bare_call(pipeline: Any, pictures: list[NDArray[np.uint8]], prompt: str | None, seed: int, **more: Any) -> Any:
    """Return the picture, uint8 RGB, of pictures that are already padded; the first gives the size.

    prompt: None where `more` has what was made of it.
    """
    import torch

    height, width = pictures[0].shape[:2]
    arguments = {"num_inference_steps": 4, "guidance_scale": 1.0, **more}
    picture = pipeline(
        image=[Image.fromarray(one) for one in pictures], prompt=prompt, height=height, width=width,
        generator=torch.Generator().manual_seed(seed), **arguments,
    ).images[0]  # fmt: skip
    return np.asarray(picture)


def padded(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture as RGB, its right and lower edges repeated up to multiples of 16."""
    rgb = np.dstack([picture] * 3) if picture.ndim == 2 else picture
    height, width = rgb.shape[:2]
    return np.pad(rgb, [(0, -height % 16), (0, -width % 16), (0, 0)], mode="edge")
