"""Small pictures of what is becoming: a linear map from latents to colours, fitted with the autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from engines.colorize.diffusion.pad import Fit

_SIDE_PX: Final = 128
_RIDGE: Final = 1e-3


class LatentMap:
    """Turns latents, as the network sees them, into RGB; holds one small matrix and no part of the model."""

    def __init__(self, weights: torch.Tensor, scale: float, shift: float = 0.0) -> None:
        self._weights = weights
        self._scale = scale
        self._shift = shift

    def picture(self, latents: torch.Tensor, where: Fit) -> NDArray[np.uint8]:
        """Return `(h / 8, w / 8, 3)` uint8 RGB of latents `(1, c, h / 8, w / 8)`, padding cut away."""
        import torch

        with torch.no_grad():
            colours = (
                (_rows(latents.float() / self._scale + self._shift) @ self._weights).clamp(-1, 1).add(1).mul(127.5)
            )
        rgb = colours.byte().cpu().numpy().reshape(*latents.shape[-2:], 3)
        return np.asarray(rgb[: -(-where.scaled.height // 8), : -(-where.scaled.width // 8)], np.uint8)


def fit_map(vae: Any, device: torch.device) -> LatentMap:
    """Return the map of an autoencoder, learned from a fixed chart of colours."""
    import torch

    patches = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    chart = cv2.resize(patches, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_CUBIC)
    pixels = torch.from_numpy(np.asarray(chart, np.float32) / 127.5 - 1).permute(2, 0, 1)[None]
    with torch.no_grad():
        latents = vae.encode(pixels.to(device, vae.dtype)).latent_dist.mode().float()
    rows = _rows(latents)
    wanted = torch.nn.functional.interpolate(pixels, latents.shape[-2:], mode="area")[0].flatten(1).T.to(device)
    ridge = _RIDGE * torch.eye(rows.shape[1], device=device)
    weights, shift = torch.linalg.solve(rows.T @ rows + ridge, rows.T @ wanted), vae.config.get("shift_factor")
    return LatentMap(weights, float(vae.config.scaling_factor), float(shift or 0.0))


def _rows(latents: torch.Tensor) -> torch.Tensor:
    import torch

    flat = latents[0].flatten(1).T
    return torch.cat([flat, torch.ones_like(flat[:, :1])], dim=1)
