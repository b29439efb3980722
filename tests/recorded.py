"""What something gave when a person last looked at it, kept beside its test, and what it gives now.

For rooms whose result is a picture, a map or a page of figures, of which no one number says that it is right: a change
shows here at once. Look at what changed, and where it is wanted write it anew: `pytest --record FILE`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_SMALL: Final = 64
_GRID: Final = 8
# Libraries round as the processor lets them.
_LEVELS: Final = 2
_PIXELS_01: Final = 1e-3
_SHARE: Final = 2e-3
_ENDS_SHARE: Final = 0.02
_WHOLE: Final = 8


class Recorded:
    """The records of one test file: pictures as PNG, everything else in one JSON file."""

    def __init__(self, test: Path, *, write: bool) -> None:
        """Take the records beside a test file; write: keep what is found instead of comparing it."""
        self._folder, self._stem, self._write = test.parent / "recorded", test.stem, write

    def picture(self, name: str, found: NDArray[np.uint8]) -> None:
        """Hold that a uint8 picture is the one that was kept: nowhere but in a pixel of a thousand two levels off."""
        path = self._folder / f"{self._stem}-{name}.png"
        if self._write:
            self._folder.mkdir(exist_ok=True)
            Image.fromarray(found).save(path, optimize=True)
        with Image.open(path) as kept:
            expected = np.asarray(kept)
        assert found.shape == expected.shape
        off = np.abs(found.astype(int) - expected) > _LEVELS
        assert np.mean(off) <= _PIXELS_01, f"{name}: {np.count_nonzero(off)} values differ, the first at {_first(off)}"

    def values(self, name: str, found: object, *, pixels: int = 0) -> None:
        """Hold that records, numbers, texts and arrays are those that were kept; of a large array its blocks' means.

        pixels: how far whole numbers of eight and more may be off, where a network's or a filter's sums decide them.
        """
        path = self._folder / f"{self._stem}.json"
        kept: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        plain = json.loads(json.dumps(_plain(found)))
        if self._write:
            self._folder.mkdir(exist_ok=True)
            kept[name] = plain
            lines = (f"{json.dumps(one)}: {json.dumps(kept[one], ensure_ascii=False)}" for one in sorted(kept))
            path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
        assert name in kept, f"nothing is kept of {name}; look at it, then pytest --record"
        wrong = list(_differences(name, plain, kept[name], pixels))
        assert not wrong, "\n".join(wrong[:8])


def _first(off: NDArray[np.bool_]) -> list[int]:
    return [int(one) for one in np.argwhere(off)[0]]


def _plain(value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, BaseModel):
        return _plain(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.6g}")
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _array(array: NDArray[Any]) -> object:
    """Return a small array as it is; of a large one shape, kind, the ends of its values and the means of its blocks."""
    if array.size <= _SMALL:
        return _plain(array.tolist())
    numbers = np.nan_to_num(array.astype(np.float64))
    if numbers.ndim == 1:
        numbers = numbers[:, None]
    rows, columns = (np.array_split(np.arange(side), min(side, _GRID)) for side in numbers.shape[:2])
    means = [[numbers[np.ix_(down, across)].mean(axis=(0, 1)) for across in columns] for down in rows]
    low, high = float(numbers.min()), float(numbers.max())
    return {
        "shape": list(array.shape), "dtype": str(array.dtype), "ends": [_plain(low), _plain(high)],
        "means": [_rounded(one, high - low) for row in means for one in row],
    }  # fmt: skip


def _rounded(mean: NDArray[np.float64], spread: float) -> object:
    digits = max(0, 4 - int(np.floor(np.log10(spread)))) if spread else 6
    return _plain(np.round(mean, digits))


def _differences(place: str, found: object, kept: object, pixels: int) -> Iterator[str]:
    """Yield in words what differs."""
    if isinstance(found, dict) and isinstance(kept, dict):
        spread = kept["ends"][1] - kept["ends"][0] if "means" in kept else None
        for name in sorted({*found, *kept}):
            if name not in found or name not in kept:
                yield f"{place}.{name} is only {'kept' if name in kept else 'found'}"
            elif name == "ends" and spread is not None:
                if np.any(np.abs(np.subtract(found[name], kept[name])) > _ENDS_SHARE * max(spread, 1e-9)):
                    yield f"{place}: from {found[name][0]} to {found[name][1]} instead of {kept[name]}"
            elif name == "means" and spread is not None:
                off = np.abs(np.asarray(found[name]) - np.asarray(kept[name])) if found["shape"] == kept["shape"] else 0
                if np.any(off > _SHARE * max(spread, 1e-9)):
                    yield f"{place}: means of blocks differ by up to {np.max(off):.4g} of {spread:.4g}"
            else:
                yield from _differences(f"{place}.{name}", found[name], kept[name], pixels)
    elif isinstance(found, list) and isinstance(kept, list) and len(found) == len(kept):
        for index, (one, other) in enumerate(zip(found, kept, strict=True)):
            yield from _differences(f"{place}[{index}]", one, other, pixels)
    elif isinstance(found, float) or isinstance(kept, float):
        if not isinstance(found, (int, float)) or not isinstance(kept, (int, float)):
            yield f"{place}: {found!r} instead of {kept!r}"
        elif abs(found - kept) > 1e-4 + 1e-3 * abs(kept):
            yield f"{place}: {found} instead of {kept}"
    elif type(found) is int and type(kept) is int and min(found, kept) >= _WHOLE and abs(found - kept) <= pixels:
        return
    elif found != kept:
        yield f"{place}: {found!r:.200} instead of {kept!r:.200}"
