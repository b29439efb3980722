"""What printing and scanning do to a page: turn, blur, shrinking, moire, yellowed paper, grain, dust, JPEG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pages.synth.labels import Grey

    Rng = np.random.Generator
    Matrix = NDArray[np.float64]


def scan_turn(rng: Rng, height: int, width: int) -> Matrix | None:
    """Return how the sheet lies on the glass, 2 x 3 in page pixels, or None where it lies straight."""
    if rng.random() < 0.6:
        return None
    middle, angle, scale = (width / 2, height / 2), rng.normal(0, 0.9), rng.uniform(0.97, 1.02)
    turn: Matrix = np.asarray(cv2.getRotationMatrix2D(middle, angle, scale), np.float64)
    turn[:, 2] += rng.normal(0, 0.006, 2) * width
    turn[0, 1] += rng.normal(0, 0.004)
    return turn


def turned(picture: Grey, matrix: Matrix, around: int) -> Grey:
    """Return a picture moved by a matrix, `around` where the sheet ends."""
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(
        cv2.warpAffine(
            picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=around
        ),
        np.uint8,
    )


def worn(grey: Grey, rng: Rng) -> Grey:
    """Return a page as a scan or a web file shows it; nothing moves."""
    kind = rng.random()
    if kind < 0.2:  # straight from the program that drew it
        return grey
    page = grey
    if rng.random() < 0.45:
        page = _shrunk(page, rng)
    if rng.random() < 0.45:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), rng.uniform(0.35, 1.1)), np.uint8)
    elif rng.random() < 0.2:
        page = _sharpened(page)
    if kind < 0.65:
        page = _printed(page, rng)
    if rng.random() < 0.7:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(22, 92))]
        page = np.asarray(cv2.imdecode(cv2.imencode(".jpg", page, quality)[1], cv2.IMREAD_GRAYSCALE), np.uint8)
    return page


def _shrunk(page: Grey, rng: Rng) -> Grey:
    """Shrink and enlarge: the blur of small files; with a bad filter, moire where there is tone."""
    height, width = page.shape
    scale = rng.uniform(0.5, 0.95)
    way = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(4)]
    small = cv2.resize(page, (round(width * scale), round(height * scale)), interpolation=way)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _sharpened(page: Grey) -> Grey:
    soft = cv2.GaussianBlur(page, (0, 0), 1.2)
    return np.asarray(cv2.addWeighted(page, 1.8, soft, -0.8, 0), np.uint8)


def _printed(page: Grey, rng: Rng) -> Grey:
    height, width = page.shape
    paper, ink = 255 - rng.gamma(1.3, 14), rng.gamma(1.3, 12)
    curve = ink + (np.linspace(0, 1, 256) ** rng.uniform(0.8, 1.25)) * (paper - ink)
    page = np.asarray(cv2.LUT(page, curve.clip(0, 255).astype(np.uint8)), np.uint8)
    if rng.random() < 0.35:  # light falls off, darkest at the spine
        page = np.asarray(cv2.multiply(page, _light(rng, height, width), scale=1 / 255), np.uint8)
    if rng.random() < 0.15:  # the other side shines through
        page = np.minimum(page, 255 - (255 - page[:, ::-1]) // int(rng.integers(10, 25)))
    grain = rng.normal(0, rng.uniform(0.5, 9), (256, 256)).astype(np.int16)
    noise = np.tile(grain, (height // 256 + 1, width // 256 + 1))[:height, :width]
    page = (page + noise).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        _dust(page, rng)
    return page


def _light(rng: Rng, height: int, width: int) -> Grey:
    coarse = rng.uniform(0.9, 1.0, (3, 3)).astype(np.float32)
    coarse[:, int(rng.choice([0, 2]))] *= np.float32(rng.uniform(0.75, 1))
    light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return (light * 255).clip(0, 255).astype(np.uint8)


def _dust(page: Grey, rng: Rng) -> None:
    height, width = page.shape
    for _ in range(rng.integers(5, 60)):
        at = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(page, at, int(rng.choice([0, 0, 1, 1, 2])), int(rng.choice([30, 90, 240])), -1, cv2.LINE_AA)
