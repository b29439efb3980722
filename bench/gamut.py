"""What sRGB holds, for pictures whose colours were reckoned and not drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.oklab import max_chroma

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fit_to_gamut(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the picture with chroma cut down to what sRGB holds; lightness and hue stay."""
    chroma, hue = cv2.cartToPolar(lab[..., 1], lab[..., 2])
    limit = max_chroma(lab[..., 0], np.asarray(hue, np.float32))
    scale = np.minimum(1.0, limit / np.maximum(chroma, 1e-6))
    fitted = lab.copy()
    fitted[..., 1:] *= scale[..., None]
    return fitted
