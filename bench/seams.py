"""How far a page that is made larger tile by tile departs from the page made larger at once.

The network has random weights and the depth of a released one: Real-ESRGAN x4plus looks 23 blocks of 15 layers far
(hundreds of pixels), more than any margin, but little comes from there. Measured are the largest and the 99.9th
percentile of the difference of 8-bit levels, and its mean within 8 pixels of a border of tiles and elsewhere: the first
would be higher if seams showed.

    python -m bench.seams [--channels 16] [--side 192]     # minutes of a processor
"""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.torch_runtime import prepare_torch
from engines.upscale.base import Upscaler, UpscalerInfo
from engines.upscale.network import run
from engines.upscale.tiles import MARGIN_PX, enlarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEAR_PX = 8
_TILE_PX = 96


class Network(Upscaler):
    """A network with random weights."""

    def __init__(self, name: str, network: Any, scale: int) -> None:
        self.info, self._network = UpscalerInfo(name=name, scale=scale), network

    def enlarge(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Run it."""
        return run(self._network, "cpu", rgb)


def rrdb(channels: int) -> Network:
    """Return ESRGAN's network at its full depth of 23 blocks."""
    import torch

    arch = importlib.import_module("spandrel.architectures.ESRGAN.__arch.RRDB")
    torch.manual_seed(0)
    made = arch.RRDBNet(in_nc=3, out_nc=3, num_filters=channels, num_blocks=23, scale=4).eval()
    return Network(f"ESRGAN, 23 blocks of {channels} channels", made, 4)


def page(side: int) -> NDArray[np.uint8]:
    """Return lines, dots of tone and grey, as a page has them."""
    import cv2

    rgb = np.full((side, side + side // 3, 3), 255, np.uint8)
    rng = np.random.default_rng(0)
    rgb[::4, ::4] = 90
    for _ in range(24):
        (x, y), radius = rng.integers(0, side, 2), int(rng.integers(6, side // 3))
        cv2.circle(rgb, (int(x), int(y)), radius, (0, 0, 0), int(rng.integers(1, 4)))
    return rgb


def measure(network: Network, rgb: NDArray[np.uint8], margin_px: int) -> dict[str, float]:
    """Return the differences between tiles and the whole, in levels."""
    # The whole is seen with the same mirrored margin at the page's rim.
    whole = enlarge(network, rgb, tile_px=max(rgb.shape[:2]), margin_px=margin_px)
    tiled = enlarge(network, rgb, tile_px=_TILE_PX, margin_px=margin_px)
    away = np.abs(whole.astype(np.int16) - tiled).max(axis=-1)
    border = _TILE_PX * network.info.scale
    rows, columns = (np.arange(side) % border for side in away.shape)
    near = [(one < _NEAR_PX) | (one >= border - _NEAR_PX) for one in (rows, columns)]
    at_border = near[0][:, None] | near[1][None]
    return {
        "largest": float(away.max()), "99.9 %": float(np.percentile(away, 99.9)),
        "at borders, mean": float(away[at_border].mean()), "elsewhere, mean": float(away[~at_border].mean()),
    }  # fmt: skip


def main() -> None:
    """Print a row for each margin."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--channels", type=int, default=16)
    asked.add_argument("--side", type=int, default=192)
    given = asked.parse_args()
    prepare_torch()
    network, rgb = rrdb(given.channels), page(given.side)
    print(network.info.name, "on", rgb.shape[:2])
    for margin in (0, 8, MARGIN_PX):
        told = ", ".join(f"{name} {value:.3g}" for name, value in measure(network, rgb, margin).items())
        print(f"margin {margin:2} px: {told}")


if __name__ == "__main__":
    main()
