"""What every engine has to beat. All take colour from the one reference and know nothing of what is drawn.

grey    nothing
mean    the reference's mean chroma everywhere
table   the mean chroma that the reference has at the page's lightness; lightnesses are matched by mean and spread
        (Welsh, Ashikhmin and Mueller 2002, without the neighbourhood)
patch   the chroma of the reference's cell whose 5 x 5 neighbourhood of lightness is nearest (Welsh et al. with it)
reinhard  mean and spread of L, a and b made those of the reference (Reinhard et al. 2001, in OKLab). A grey page has
        no spread of a and b, so that of colour only the mean is left. It is the one that is not composed with the
        page's ink: it is the whole picture, with the reference's lights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from bench.gamut import fit_to_gamut
from engines.base import ColorizeEngine, ColorizeRequest, ColorizeResult, Device, OnStep, Viability
from engines.info import EngineInfo, Supports
from engines.oklab import grey_to_lightness, oklab_to_srgb, srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Lab = NDArray[np.float32]
    Rgb = NDArray[np.uint8]
    Grey = NDArray[np.uint8]

Paint = Callable[["Grey", "Rgb"], "Lab"]
"""Takes a page `(H, W)` and a reference, both uint8; gives OKLab of the page's aspect ratio."""

_SCALE = 0.25
_LEVELS = 64
_PATCH_WIDTH = 200
_PATCH_REACH = 2
_PATCH_CELLS = 4000
_SPREAD_WEIGHT = 2.0
_LEAST_SPREAD = 1e-4
_SQUARE = 0.01
_SEEN_SHARE = 1e-4


def mean_chroma(grey: Grey, reference: Rgb) -> Lab:
    """Return the page in the reference's mean chroma."""
    lab = _uncoloured(grey, _SCALE)
    lab[..., 1:] = srgb_to_oklab(reference)[..., 1:].mean(axis=(0, 1))
    return lab


def lightness_table(grey: Grey, reference: Rgb) -> Lab:
    """Return the page with the chroma that the reference has at each lightness."""
    lab, known = _uncoloured(grey, _SCALE), srgb_to_oklab(_reduced(reference, _SCALE))
    table = _chroma_by_level(known)
    level = np.clip(_matched(lab[..., 0], known[..., 0]), 0, 1) * (_LEVELS - 1)
    for plane in (0, 1):
        lab[..., 1 + plane] = np.interp(level, np.arange(_LEVELS), table[:, plane])
    return lab


def nearest_patch(grey: Grey, reference: Rgb) -> Lab:
    """Return the page with the chroma of the reference's nearest neighbourhoods, at 200 px of width."""
    lab = _uncoloured(grey, _PATCH_WIDTH / grey.shape[1])
    known = srgb_to_oklab(_reduced(reference, _PATCH_WIDTH / reference.shape[1]))
    wanted = _neighbourhoods(_matched(lab[..., 0], known[..., 0]))
    offered = _neighbourhoods(known[..., 0])
    step = max(1, round((len(offered) / _PATCH_CELLS) ** 0.5))
    places = np.arange(len(offered)).reshape(known.shape[:2])[::step, ::step].ravel()
    lab[..., 1:] = known[..., 1:].reshape(-1, 2)[places[_nearest(wanted, offered[places])]].reshape(*lab.shape[:2], 2)
    return lab


def reinhard(page: Rgb, reference: Rgb) -> Rgb:
    """Return the page with the reference's mean and spread of each OKLab channel, as far as sRGB holds them."""
    return oklab_to_srgb(fit_to_gamut(match_moments(srgb_to_oklab(page), srgb_to_oklab(reference))))


def match_moments(lab: Lab, known: Lab) -> Lab:
    """Return the picture with mean and spread of each channel of another; a channel without spread gets the mean."""
    return np.dstack([_matched(lab[..., channel], known[..., channel]) for channel in range(3)]).astype(np.float32)


def within_reach(truth: Rgb, reference: Rgb) -> Lab:
    """Return the true page with each chroma replaced by the nearest one of the reference: the most that it can give.

    A chroma is there if a ten-thousandth of the reference has it, counted in squares of 0.01.
    """
    lab, known = (srgb_to_oklab(_reduced(one, 2 * _SCALE)) for one in (truth, reference))
    squares, counts = np.unique(np.round(known[..., 1:].reshape(-1, 2) / _SQUARE), axis=0, return_counts=True)
    offered = squares[counts >= max(1, _SEEN_SHARE * counts.sum())] * _SQUARE
    wanted, places = np.unique(np.round(lab[..., 1:].reshape(-1, 2) / _SQUARE), axis=0, return_inverse=True)
    nearest = np.square(wanted[:, None] * _SQUARE - offered).sum(-1).argmin(-1)
    lab[..., 1:] = offered[nearest][places.ravel()].reshape(*lab.shape[:2], 2)
    return lab


class PaintEngine(ColorizeEngine):
    """A function as an engine, so that it goes the same way through the pipeline as any other."""

    def __init__(self, name: str, paint: Paint) -> None:
        self.info = EngineInfo(name, name, "1", "", Supports(references_max=1, seed=False), (), "cpu")
        self._paint = paint

    def viability(self) -> Viability:
        """Say yes."""
        return Viability(ok=True)

    def weights_digests(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    def load(self, device: Device) -> None:
        """Do nothing."""

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Paint with the first reference."""
        on_step(1, 1)
        return ColorizeResult(oklab=self._paint(request.page, request.references[0]), weights={})

    def unload(self) -> None:
        """Do nothing."""


BASELINES: dict[str, Paint] = {"mean": mean_chroma, "table": lightness_table, "patch": nearest_patch}
"""Those that are composed with the page's ink."""


def _uncoloured(grey: Grey, scale: float) -> Lab:
    small = _reduced(grey, min(1.0, scale))
    return np.dstack([grey_to_lightness(small), np.zeros((*small.shape, 2), np.float32)])


def _reduced(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = (max(1, round(side * min(1.0, scale))) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _matched(values: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    spread = float(values.std())
    scale = float(known.std()) / spread if spread > _LEAST_SPREAD else 0.0
    return np.asarray((values - values.mean()) * scale + known.mean(), np.float32)


def _chroma_by_level(known: Lab) -> NDArray[np.float64]:
    """Return mean a and b by lightness `(levels, 2)`; a level that the reference lacks lies between its neighbours."""
    level = np.clip(np.round(known[..., 0] * (_LEVELS - 1)), 0, _LEVELS - 1).astype(int).ravel()
    counts = np.bincount(level, minlength=_LEVELS)
    sums = [np.bincount(level, known[..., plane].ravel(), _LEVELS) for plane in (1, 2)]
    there = np.flatnonzero(counts)
    return np.stack([np.interp(np.arange(_LEVELS), there, one[there] / counts[there]) for one in sums], axis=1)


def _neighbourhoods(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each cell's 5 x 5 lightnesses and their spread, `(cells, 26)`."""
    side = 2 * _PATCH_REACH + 1
    padded = np.pad(lightness, _PATCH_REACH, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side)).reshape(lightness.size, -1)
    spread = windows.std(axis=1, keepdims=True) * (side * _SPREAD_WEIGHT)
    return np.concatenate([windows, spread], axis=1).astype(np.float32)


def _nearest(wanted: NDArray[np.float32], offered: NDArray[np.float32]) -> NDArray[np.intp]:
    lengths = np.square(offered).sum(axis=1) / 2
    rows = range(0, len(wanted), 2048)
    return np.concatenate([(wanted[row : row + 2048] @ offered.T - lengths).argmax(axis=1) for row in rows])
