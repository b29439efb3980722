"""Small pictures of what is becoming, by a linear map from latents to colours that is fitted for each job.

The autoencoder itself shows the map what its latents mean: it encodes the job's references and a chart of colours, and
least squares does the rest. No table of numbers has to be shipped, and it holds for other autoencoders as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import torch
    from numpy.typing import NDArray

    from engines.colorize.diffusion.pad import Fit

_SIDE_PX: Final = 128
_RIDGE: Final = 1e-3


class LatentMap:
    """Turns an autoencoder's normalised latents into RGB. Holds a few small tensors and no part of the model."""

    def __init__(self, weights: torch.Tensor, mean: torch.Tensor, deviation: torch.Tensor) -> None:
        self._weights = weights
        self._mean = mean
        self._deviation = deviation

    def picture(self, latents: torch.Tensor, where: Fit) -> NDArray[np.uint8]:
        """Return `(h / 8, w / 8, 3)` uint8 RGB of packed latents `(1, h w / 256, 4 c)`, padding cut away."""
        import torch

        height, width = (side // 16 for side in where.canvas)
        with torch.no_grad():
            grid = (latents[0].float() * self._deviation + self._mean).T.reshape(-1, 2, 2, height, width)
            planes = grid.permute(0, 3, 1, 4, 2).reshape(1, -1, 2 * height, 2 * width)
            colours = (_rows(planes) @ self._weights).clamp(-1, 1).add(1).mul(127.5)
        rgb = colours.byte().cpu().numpy().reshape(2 * height, 2 * width, 3)
        return np.asarray(rgb[: -(-where.scaled.height // 8), : -(-where.scaled.width // 8)], np.uint8)


def fit_map(vae: Any, device: torch.device, references: Iterable[NDArray[np.uint8]]) -> LatentMap:
    """Return the map of a FLUX.2 autoencoder for pictures like these `(h, w, 3)` uint8 RGB ones."""
    import torch

    return fitted(
        lambda pixels: vae.encode(pixels).latent_dist.mode(),
        (vae.bn.running_mean, torch.sqrt(vae.bn.running_var.float() + vae.config.batch_norm_eps)),
        (device, vae.dtype),
        references,
    )


def fitted(
    encode: Callable[[torch.Tensor], torch.Tensor],
    normal: tuple[torch.Tensor, torch.Tensor],
    where: tuple[torch.device, torch.dtype],
    references: Iterable[NDArray[np.uint8]],
) -> LatentMap:
    """Return the map of any autoencoder whose latents are packed in fours.

    encode: gives `(1, c, h / 8, w / 8)` of `(1, 3, h, w)` in -1..1. normal: mean and deviation of packed latents,
    `(4 c,)` each. where: the device and the precision that it encodes in.
    """
    import torch

    device, dtype = where
    known, wanted = [], []
    for picture in (_chart(), *references):
        small = cv2.resize(picture, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
        pixels = torch.from_numpy(np.asarray(small, np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
        with torch.no_grad():
            latents = encode(pixels.to(device, dtype)).float()
        known.append(_rows(latents))
        wanted.append(_flat(torch.nn.functional.interpolate(pixels, latents.shape[-2:], mode="area")).to(device))
    rows, colours = torch.cat(known), torch.cat(wanted)
    ridge = _RIDGE * torch.eye(rows.shape[1], device=device)
    mean, deviation = (one.to(device, torch.float32, copy=True) for one in normal)
    return LatentMap(torch.linalg.solve(rows.T @ rows + ridge, rows.T @ colours), mean, deviation)


def _chart() -> NDArray[np.uint8]:
    """Return a fixed picture of many colours."""
    patches = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    return np.asarray(cv2.resize(patches, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_NEAREST), np.uint8)


def _rows(latents: torch.Tensor) -> torch.Tensor:
    """Return latents `(1, c, h, w)` as `(h w, c + 1)`, the last column ones."""
    import torch

    flat = _flat(latents)
    return torch.cat([flat, torch.ones_like(flat[:, :1])], dim=1)


def _flat(planes: torch.Tensor) -> torch.Tensor:
    flat: torch.Tensor = planes[0].flatten(1).T
    return flat
