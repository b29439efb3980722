"""RapidOCR (`rapidocr-onnxruntime`): PP-OCRv4's networks for Chinese and Latin letters, whose weights it ships.

Lines are found once on the whole page; each belongs to the region that holds its middle. A region in which none was
found is looked at again by itself, enlarged. Japanese in columns it reads poorly: that is for `manga`.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import cv2
import numpy as np

from engines.base import EngineUnavailable
from engines.geometry import Box
from engines.libraries import missing_libraries
from engines.words.base import WordReader, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PACKAGE: Final = "rapidocr-onnxruntime"
INSTALL: Final = "pip install 'irodori[ocr]' && pip install --no-deps rapidocr-onnxruntime"
_MODULE: Final = "rapidocr_onnxruntime"
_NEEDS: Final = (_MODULE, "pyclipper", "shapely", "six", "yaml")
_METHOD: Final = 1
_SURE: Final = 0.5
# What a page of 992 x 1403 added to a process that had read it, one thread.
_MEMORY_MIB: Final = 400
_CLOSE_UP_PX: Final = 96
_MARGIN: Final = 0.06


class _Line(NamedTuple):
    box: Box
    text: str
    score: float


class RapidWordReader(WordReader):
    """The networks open at the first page. threads: that each of them takes, 0 for as many as there are cores."""

    def __init__(self, threads: int = 0) -> None:
        self.id = "rapidocr"
        self.memory_mib = _MEMORY_MIB
        self.version = f"{_METHOD}-{rapid_version()}"
        self._threads = threads
        self._reader: Any = None

    def read(self, picture: NDArray[np.uint8], regions: Sequence[Box]) -> list[Words]:
        """Return one entry a region."""
        if not regions:
            return []
        lines = self._lines(picture)
        held: list[list[_Line]] = [[] for _ in regions]
        for line in lines:
            place = _holder(line.box, regions)
            if place is not None:
                held[place].append(line)
        return [
            _joined(own) if own else _joined(self._close_up(picture, region))
            for own, region in zip(held, regions, strict=True)
        ]

    def _close_up(self, picture: NDArray[np.uint8], region: Box) -> list[_Line]:
        across, down = int(_MARGIN * region.width) + 2, int(_MARGIN * region.height) + 2
        height, width = picture.shape[:2]
        left, top = max(0, region.left - across), max(0, region.top - down)
        crop = picture[top : min(height, region.bottom + down), left : min(width, region.right + across)]
        scale = max(1.0, _CLOSE_UP_PX / max(1, min(crop.shape[:2])))
        if scale > 1:
            crop = np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        return self._lines(np.ascontiguousarray(crop))

    def _lines(self, picture: NDArray[np.uint8]) -> list[_Line]:
        if self._reader is None:
            self._reader = self._opened()
        found, _ = self._reader(np.ascontiguousarray(picture[..., ::-1]))
        lines = []
        for corners, text, score in found or ():
            across, down = [point[0] for point in corners], [point[1] for point in corners]
            box = Box(int(min(across)), int(min(down)), int(max(across)) + 1, int(max(down)) + 1)
            if text.strip() and float(score) >= _SURE:
                lines.append(_Line(box, text.strip(), float(score)))
        return lines

    def _opened(self) -> Any:
        missing = rapid_missing()
        if missing:
            raise EngineUnavailable(
                f"{', '.join(missing)} is not installed", INSTALL, told=("not_installed", ", ".join(missing), INSTALL)
            )
        import logging

        from rapidocr_onnxruntime import RapidOCR

        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        threads = self._threads or -1
        return RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1 if self._threads else -1)


def rapid_missing() -> list[str]:
    """Return which libraries are missing here, without importing any."""
    return missing_libraries(_NEEDS)


def rapid_version() -> str:
    """Return the package's version; empty where it is not installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


def _holder(line: Box, regions: Sequence[Box]) -> int | None:
    """Return the smallest region that holds a line's middle."""
    x, y = (line.left + line.right) / 2, (line.top + line.bottom) / 2
    around = [
        (one.area, place)
        for place, one in enumerate(regions)
        if one.left <= x < one.right and one.top <= y < one.bottom
    ]
    return min(around)[1] if around else None


def _joined(lines: Sequence[_Line]) -> Words:
    """Return lines as text: from the top, what stands at one height from left to right."""
    if not lines:
        return Words()
    rows: list[list[_Line]] = []
    for line in sorted(lines, key=lambda one: (one.box.top + one.box.bottom, one.box.left)):
        above = rows[-1][-1].box if rows else None
        middle = (line.box.top + line.box.bottom) / 2
        if above is not None and above.top <= middle < above.bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    text = "\n".join(" ".join(one.text for one in sorted(row, key=lambda one: one.box.left)) for row in rows)
    return Words(text, round(sum(one.score for one in lines) / len(lines), 4))
