"""Balloons and lettering pixel by pixel, by the network that ships; made by `training/pixels`.

Ronneberger et al., "U-Net", 2015. A page is seen 832 px wide; what comes out has half of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from engines.base import ModelInvalid
from engines.detect.base import DetectorInfo, PixelEvidence, PixelReader, unchecked
from engines.geometry import Box, Size
from engines.shipped_networks import HINT, open_shipped_network
from models.catalog import load_catalog
from models.store import SHIPPED_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.onnx_runtime import OnnxNetwork

CARD: Final = "pages-pixels"
WEIGHTS_FILE: Final = "pages-pixels.onnx"
# Goes up when the same weights would say other things.
_METHOD: Final = 1
_WIDTH_PX: Final = 832
_HEIGHT_PX: Final = 1170
_MOST_SCALE: Final = 2.0
_MULTIPLE_PX: Final = 32
_HALF: Final = 2
_CORE_PX: Final = 1280
# As far as a pixel's answer depends on others.
_AROUND_PX: Final = 256


class Tile(NamedTuple):
    """What is shown, `window`, and what of the answer is kept, `core`; pixels of the picture as the network sees it."""

    window: Box
    core: Box


class NetworkPixelReader(PixelReader):
    """The pixel network. folder: where its weights lie. It is opened at the first call."""

    def __init__(self, folder: Path = SHIPPED_WEIGHTS) -> None:
        self._folder = folder
        self._network: OnnxNetwork | None = None
        card = load_catalog().get(CARD)
        self.info = DetectorInfo("pixels", f"{_METHOD}-{card.content_digest[:16]}" if card else "none")

    def read_pixels(self, grey: NDArray[np.uint8], check: Callable[[], None] = unchecked) -> PixelEvidence:
        """Look at a page at once, at strips and the like in tiles that see beyond their edges."""
        if self._network is None:
            self._network = open_shipped_network(CARD, WEIGHTS_FILE, self._folder)
        seen = seen_size(Size(*grey.shape))
        picture = _seen(grey, seen)
        likely = np.empty((2, seen.height // _HALF, seen.width // _HALF), np.uint8)
        for tile in tiles(seen):
            check()
            _lay(likely, _answer(self._network, _shown(picture, tile.window)), tile)
        return PixelEvidence(balloon=likely[0], lettering=likely[1])


def seen_size(page: Size) -> Size:
    """Return the size at which a page is seen, both sides even: by its width, double pages by their height."""
    scale = min(_MOST_SCALE, max(_WIDTH_PX / page.width, min(1.0, _HEIGHT_PX / page.height)))
    height, width = (_HALF * max(1, round(side * scale / _HALF)) for side in page)
    return Size(height, width)


def tiles(picture: Size) -> Iterator[Tile]:
    """Yield the tiles of a picture: their cores cover it once."""
    for top, core_top, core_bottom, bottom in _spans(picture.height):
        for left, core_left, core_right, right in _spans(picture.width):
            yield Tile(Box(left, top, right, bottom), Box(core_left, core_top, core_right, core_bottom))


def _spans(length: int) -> Iterator[tuple[int, int, int, int]]:
    if length <= _CORE_PX + 2 * _AROUND_PX:
        yield 0, 0, length, length
        return
    for start in range(0, length, _CORE_PX):
        end = min(length, start + _CORE_PX)
        yield max(0, start - _AROUND_PX), start, end, min(length, end + _AROUND_PX)


def pieces(grey: NDArray[np.uint8]) -> Iterator[NDArray[np.float32]]:
    """Yield what the network is shown of a grey page, `(1, 1, h, w)` 0..1 each."""
    seen = seen_size(Size(*grey.shape))
    picture = _seen(grey, seen)
    for tile in tiles(seen):
        yield _shown(picture, tile.window)


def _seen(grey: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    way = cv2.INTER_AREA if size.width < grey.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (size.width, size.height), interpolation=way), np.uint8)


def _answer(network: OnnxNetwork, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what a piece `(1, 1, h, w)` shows, `(2, h / 2, w / 2)` 0..1."""
    answer = np.asarray(network.run({next(iter(network.inputs)): picture})[0])
    if answer.shape != (1, 2, picture.shape[2] // _HALF, picture.shape[3] // _HALF):
        raise ModelInvalid(
            f"{WEIGHTS_FILE} is no network that tells balloons and lettering", HINT, told=("shipped_damaged",)
        )
    return np.asarray(answer[0], np.float32)


def _shown(picture: NDArray[np.uint8], window: Box) -> NDArray[np.float32]:
    """Return a window as the network takes it, its last row and column repeated until both sides divide by 32."""
    piece = picture[window.top : window.bottom, window.left : window.right]
    more = [-side % _MULTIPLE_PX for side in piece.shape]
    whole = np.pad(piece, ((0, more[0]), (0, more[1])), mode="edge")
    return whole.astype(np.float32)[None, None] / np.float32(255)


def _lay(likely: NDArray[np.uint8], answer: NDArray[np.float32], tile: Tile) -> None:
    window, core = tile
    top, left = (core.top - window.top) // _HALF, (core.left - window.left) // _HALF
    target = likely[:, core.top // _HALF : core.bottom // _HALF, core.left // _HALF : core.right // _HALF]
    kept = answer[:, top : top + target.shape[1], left : left + target.shape[2]]
    target[...] = np.rint(np.clip(np.nan_to_num(kept), 0.0, 1.0) * 255).astype(np.uint8)
