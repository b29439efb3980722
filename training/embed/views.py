"""Two looks at one crop: what differs between them is what the network learns to overlook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.geometry import Box
from training.compact.manga import drawn_in_ink, printed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.embed.crops import Crop

    Grey = NDArray[np.uint8]
    Picture = NDArray[np.float32]
    Rng = np.random.Generator

_BUST_SHARE = 0.2
_COVER_SHARE = 0.3
_TURN_DEGREES = 8.0


def comic_view(crop: Crop, rng: Rng, manga_share: float) -> Grey:
    """Return a crop of a comic page as manga or grey, cut, turned, lettered, covered and worn at random."""
    picture = crop.pictures[rng.integers(len(crop.pictures))]
    cut = _cut(picture, crop.box, rng)
    if crop.kind == "character" and rng.random() < _BUST_SHARE:
        cut = _bust(cut, rng)
    ink = rng.random() < manga_share
    drawn = drawn_in_ink(cut, rng) if ink else np.asarray(cut, np.float32) / np.float32(255)
    return _worn(drawn, rng)


def drawn_view(picture: Grey, rng: Rng) -> Grey:
    """Return a drawn character's crop, cut, turned, covered and worn at random; it is ink already."""
    height, width = picture.shape
    cut = _cut(picture, Box(0, 0, width, height), rng)
    if rng.random() < _BUST_SHARE:
        cut = _bust(cut, rng)
    return _worn(np.asarray(cut, np.float32) / np.float32(255), rng)


def _cut(picture: Grey, box: Box, rng: Rng) -> Grey:
    """Return about the box: a detector's boxes are some percent off."""
    height, width = picture.shape
    x, y = rng.uniform(-0.1, 0.16, 2) * box.width, rng.uniform(-0.1, 0.16, 2) * box.height
    left, top = max(0, int(box.left + x[0])), max(0, int(box.top + y[0]))
    right, bottom = min(width, int(box.right - x[1])), min(height, int(box.bottom - y[1]))
    return picture[top : max(bottom, top + 8), left : max(right, left + 8)]


def _bust(picture: Grey, rng: Rng) -> Grey:
    return picture[: max(8, int(picture.shape[0] * rng.uniform(0.45, 0.8)))]


def _worn(picture: Picture, rng: Rng) -> Grey:
    if rng.random() < 0.5:
        picture = picture[:, ::-1]
    seen = _turned(_resized(picture, rng), rng)
    if rng.random() < _COVER_SHARE:
        _cover(seen, rng)
    toned = printed(seen, rng) ** np.float32(rng.uniform(0.6, 1.7))
    low = rng.uniform(0, 0.35) if rng.random() < 0.3 else 0.0
    return np.asarray((low + (1 - low) * toned) * 255, np.uint8)


def _resized(picture: Picture, rng: Rng) -> Picture:
    height, width = picture.shape
    scale = rng.uniform(70, 220) / max(height, width)
    size = max(8, round(width * scale * rng.uniform(0.88, 1.14))), max(8, round(height * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=way), np.float32)


def _turned(picture: Picture, rng: Rng) -> Picture:
    height, width = picture.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-_TURN_DEGREES, _TURN_DEGREES), 1.0)
    turned = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.float32)


def _cover(picture: Picture, rng: Rng) -> None:
    """Lay a balloon, or a plain piece of something before it, over a part."""
    height, width = picture.shape
    centre = int(rng.uniform(0, width)), int(rng.uniform(0, height))
    half = int(width * rng.uniform(0.1, 0.3)) + 1, int(height * rng.uniform(0.08, 0.25)) + 1
    fill = float(rng.choice([1.0, 1.0, 0.0, rng.uniform(0, 1)]))
    cv2.ellipse(picture, centre, half, 0, 0, 360, fill, -1, cv2.LINE_AA)
    cv2.ellipse(picture, centre, half, 0, 0, 360, 0.0, int(rng.integers(1, 3)), cv2.LINE_AA)
