"""Repair of a part of a picture by a flow model: after each step the rest is the picture again, as noisy as the step.

RePaint (Lugmayr et al. 2022) without its jumps back, as diffusers' inpainting pipelines do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Repaint:
    """known, noise: latents of the picture, and noise of their shape. anew: bool, True where a latent is made anew.

    levels: how noisy latents are before each step and after the last, `(steps + 1,)`, 1 for noise alone.
    """

    known: torch.Tensor
    noise: torch.Tensor
    anew: torch.Tensor
    levels: torch.Tensor

    def at(self, step: int) -> torch.Tensor:
        """Return the picture's latents as noisy as they are before a step."""
        level = self.levels[step].to(self.known.device)
        return (1 - level) * self.known + level * self.noise

    def after(self, step: int, latents: torch.Tensor) -> torch.Tensor:
        """Return what to go on with after a step, counted from 0."""
        import torch

        return torch.where(self.anew, latents, self.at(step + 1).to(latents.dtype))


def last_share(steps: int, denoise_01: float) -> NDArray[np.float64]:
    """Return the noise levels of a schedule's last share, at least of one step, before the model's own shift."""
    wanted = min(steps, max(1, int(steps * denoise_01)))
    return np.linspace(1.0, 1 / steps, steps)[steps - wanted :]
