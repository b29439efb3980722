"""What is measured of one coloured page. Pictures are `(H, W, 3)` uint8 sRGB, OKLab `(h, w, 3)` float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from bench.gamut import fit_to_gamut
from engines.oklab import oklab_to_srgb, srgb_to_oklab

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]
    Lab = NDArray[np.float32]

_SIGMA = 1.5
_WINDOW = (11, 11)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_LEAST_WEIGHT = 1e-6
_LEAST_CHROMA = 3e-3
_SEEN_CHROMA = 0.012
_LEAST_SHARE = 0.01
_HUES = 12


def psnr_db(result: Rgb, truth: Rgb) -> float:
    """Return the peak signal-to-noise ratio in sRGB, dB; 100 at most."""
    error = float(np.square(result.astype(np.float32) - truth.astype(np.float32)).mean())
    return min(100.0, 10 * float(np.log10(255**2 / max(error, 1e-9))))


def ssim(result: Rgb, truth: Rgb) -> float:
    """Return structural similarity (Wang et al. 2004: Gaussian window of 11 px, sigma 1.5), the mean of R, G and B."""
    ours, theirs = result.astype(np.float32), truth.astype(np.float32)
    mean_ours, mean_theirs = _blur(ours), _blur(theirs)
    spread_ours, spread_theirs = _blur(ours * ours) - mean_ours**2, _blur(theirs * theirs) - mean_theirs**2
    common = _blur(ours * theirs) - mean_ours * mean_theirs
    light = (2 * mean_ours * mean_theirs + _C1) / (mean_ours**2 + mean_theirs**2 + _C1)
    return float((light * (2 * common + _C2) / (spread_ours + spread_theirs + _C2)).mean())


def chroma_error(result: Lab, truth: Lab) -> float:
    """Return the mean distance in OKLab's a and b, times 100."""
    return 100 * float(np.hypot(*(result[..., plane] - truth[..., plane] for plane in (1, 2))).mean())


def colourfulness(rgb: Rgb) -> float:
    """Return M of Hasler and Suesstrunk (2003): 0 for grey, about 80 for very colourful."""
    red, green, blue = np.moveaxis(rgb.astype(np.float32), -1, 0)
    first, second = red - green, (red + green) / 2 - blue
    return float(np.hypot(first.std(), second.std()) + 0.3 * np.hypot(first.mean(), second.mean()))


def turned(rgb: Rgb, degrees: float) -> Rgb:
    """Return a picture whose hues are turned in OKLab; chroma that sRGB lacks at the new hue is lost."""
    lab = srgb_to_oklab(rgb)
    chroma = (lab[..., 1] + 1j * lab[..., 2]) * np.exp(1j * np.radians(degrees))
    lab[..., 1], lab[..., 2] = chroma.real, chroma.imag
    return oklab_to_srgb(fit_to_gamut(lab))


def obedience(lab: Lab, other: Lab, degrees: float) -> float | None:
    """Return how far a page's hues turned with the reference's: 1 exactly, 0 not at all or across, -1 the other way.

    The mean cosine between the expected and the found direction of chroma, weighted by both amounts of chroma. None
    where there is no chroma.
    """
    expected = (lab[..., 1] + 1j * lab[..., 2]) * np.exp(1j * np.radians(degrees))
    found = other[..., 1] + 1j * other[..., 2]
    weight = float((np.abs(expected) * np.abs(found)).mean())
    return float((expected * found.conj()).real.mean()) / weight if weight > _LEAST_WEIGHT else None


def cosine(result: Lab, truth: Lab) -> float | None:
    """Return how alike two pages' chroma is laid out, each without its mean: 1 alike, 0 unrelated, also for one tint.

    None where the truth has one tint itself.
    """
    ours, theirs = (one[..., 1:] - one[..., 1:].mean((0, 1)) for one in (result, truth))
    lengths = float(np.linalg.norm(ours)) * float(np.linalg.norm(theirs))
    if float(np.linalg.norm(theirs)) < _LEAST_CHROMA * theirs[..., 0].size ** 0.5:
        return None
    return float((ours * theirs).sum()) / lengths if lengths > 0 else 0.0


def hue_entropy(lab: Lab, labels: NDArray[np.int32] | None = None) -> float:
    """Return the entropy of hue in bits, over 12 hues weighted by chroma; 0 for a page in one tint.

    labels: `(h, w)` regions, whose mean colours count then, so that changes within a region do not.
    """
    chroma = lab[..., 1:].reshape(-1, 2)
    if labels is not None:
        chroma = np.stack([np.bincount(labels.ravel(), plane) for plane in chroma.T], axis=-1)
    weight = np.hypot(chroma[:, 0], chroma[:, 1])
    hue = np.arctan2(chroma[:, 1], chroma[:, 0])
    share = np.bincount(np.floor((hue / (2 * np.pi) + 0.5) * _HUES).astype(int) % _HUES, weight, _HUES)
    if share.sum() < _LEAST_CHROMA * lab[..., 0].size:
        return 0.0
    share = share / share.sum()
    return float(-(share[share > 0] * np.log2(share[share > 0])).sum())


class Kind(NamedTuple):
    """What colours a kind of thing has: hues in degrees of OKLab, chroma, lightness."""

    hue: tuple[float, float]
    chroma: tuple[float, float]
    lightness: tuple[float, float]


KINDS = {
    "skin": Kind((22, 85), (0.025, 0.14), (0.5, 0.97)),
    "foliage": Kind((105, 165), (0.04, 0.3), (0.2, 0.95)),
    "sky": Kind((190, 280), (0.025, 0.3), (0.45, 0.98)),
}
"""What a person would call the colour of skin, leaves and sky."""


def kinds_kept(result: Lab, truth: Lab) -> dict[str, float | None]:
    """Return for each of `KINDS` the share of the truth's pixels of its colours whose hue the result has, too.

    The result may be paler or darker; grey is not enough. None where less than a hundredth of the page is of the kind.
    """
    found: dict[str, float | None] = {}
    for name, kind in KINDS.items():
        there = _is_of(truth, kind)
        enough = there.mean() >= _LEAST_SHARE
        found[name] = float(_has_hue(result, kind)[there].mean()) if enough else None
    return found


def _is_of(lab: Lab, kind: Kind) -> NDArray[np.bool_]:
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    within = (chroma >= kind.chroma[0]) & (chroma <= kind.chroma[1])
    light = (lab[..., 0] >= kind.lightness[0]) & (lab[..., 0] <= kind.lightness[1])
    return np.asarray(within & light & _has_hue(lab, kind), np.bool_)


def _has_hue(lab: Lab, kind: Kind) -> NDArray[np.bool_]:
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])) % 360
    seen = np.hypot(lab[..., 1], lab[..., 2]) >= _SEEN_CHROMA
    return np.asarray(seen & (hue >= kind.hue[0]) & (hue <= kind.hue[1]), np.bool_)


def _blur(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, _WINDOW, _SIGMA), np.float32)
