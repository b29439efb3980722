"""A camera before a panel's layers: which way it goes, and what it sees from where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engines.geometry import Size
    from host.pipeline.records.page_meta import ReadingDirection
    from host.studio.layers import Layer, PanelLayers
    from host.vocabulary import CameraMove

_WAYS: Final = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}
# How far the nearest layer goes to each side of its place, a share of the shorter side, and how much larger it becomes;
# the ground does the smaller part of both.
_TRAVEL: Final = 0.05
_ZOOM: Final = 0.08
_GROUND_SHARE: Final = 0.3
_LONG: Final = 1.25


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the camera goes. way: x and y, -1..1. nearer: how it comes nearer, -1..1. there_and_back: to its start."""

    way: tuple[float, float] = (0.0, 0.0)
    nearer: float = 0.0
    there_and_back: bool = False

    def progress(self, moment_01: float) -> float:
        """Return how far it has come, 0..1, at a moment of its time: it starts and stops softly."""
        turns = 2.0 if self.there_and_back else 1.0
        return 0.5 - 0.5 * math.cos(turns * math.pi * moment_01)


def camera_for(move: CameraMove, size: Size, direction: ReadingDirection, *, there_and_back: bool = False) -> Camera:
    """Return the camera; `auto` follows the eye: along a wide panel as it is read, down a tall one, into others."""
    if move == "auto":
        if size.width > _LONG * size.height:
            move = "left" if direction == "rtl" else "right"
        else:
            move = "down" if size.height > _LONG * size.width else "in"
    if move in ("in", "out"):
        return Camera(nearer=1.0 if move == "in" else -1.0, there_and_back=there_and_back)
    return Camera(way=_WAYS[move], nearer=0.5, there_and_back=there_and_back)


def frames(layers: PanelLayers, camera: Camera, count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield `count` frames of the layers' size; of a camera that goes there and back the last leads to the first."""
    last = max(1, count if camera.there_and_back else count - 1)
    for number in range(count):
        yield seen(layers, camera, camera.progress(number / last))


def seen(layers: PanelLayers, camera: Camera, progress_01: float) -> NDArray[np.uint8]:
    """Return what the camera sees when it has come so far."""
    picture = layers.moving[0].rgb
    for layer in layers.moving:
        picture = _laid(picture, layer, _matrix(layers.size, layer.depth_01, camera, progress_01))
    return _over(picture, layers.top.rgb, layers.top.alpha)


def _matrix(size: Size, depth_01: float, camera: Camera, progress_01: float) -> NDArray[np.float64]:
    """Return the 2 x 3 matrix of a layer. The camera going right, near things go left, more than far ones do."""
    share = _GROUND_SHARE + (1 - _GROUND_SHARE) * depth_01
    reach = share * _TRAVEL * min(size)
    come = progress_01 if camera.nearer >= 0 else 1 - progress_01
    # Never below what keeps the layer's edge out of sight while it travels.
    scale = 1 + 2 * reach / min(size) + share * _ZOOM * abs(camera.nearer) * come
    along = (0.5 - progress_01) * 2 * reach
    x, y = size.width / 2, size.height / 2
    return np.array(
        [
            [scale, 0, x - scale * x + along * camera.way[0]],
            [0, scale, y - scale * y + along * camera.way[1]],
        ]
    )


def _laid(below: NDArray[np.uint8], layer: Layer, matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    height, width = layer.rgb.shape[:2]
    moved = cv2.warpAffine(layer.rgb, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if layer.alpha is None:
        return np.asarray(moved, np.uint8)
    alpha = cv2.warpAffine(
        layer.alpha, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return _over(below, np.asarray(moved, np.uint8), np.asarray(alpha, np.uint8))


def _over(below: NDArray[np.uint8], above: NDArray[np.uint8], alpha: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if alpha is None:
        return above
    share = cv2.merge([alpha] * 3)
    rest = cv2.multiply(below, cv2.bitwise_not(share), scale=1 / 255)
    return np.asarray(cv2.add(rest, cv2.multiply(above, share, scale=1 / 255)), np.uint8)
