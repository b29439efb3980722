"""What is measured of one coloured page. Pictures are `(H, W, 3)` uint8 sRGB, OKLab `(h, w, 3)` float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.oklab import fit_to_gamut, oklab_to_srgb, srgb_to_oklab

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]
    Lab = NDArray[np.float32]

_SIGMA = 1.5
_WINDOW = (11, 11)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_LEAST_WEIGHT = 1e-6


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


def _blur(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(picture, _WINDOW, _SIGMA), np.float32)
