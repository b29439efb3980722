"""A piece that waits for its turn, its masks and maps packed: some per cent of them stay in memory."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from host.pipeline.analysis.reader import PageReading
    from host.pipeline.prepared import PreparedPage

T = TypeVar("T")
_QUICK: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class PackedArray:
    """An array of bools or bytes, packed without loss."""

    packed: bytes
    shape: tuple[int, ...]
    is_bool: bool

    def unpacked(self) -> NDArray[Any]:
        """Return the array."""
        flat = np.frombuffer(bytearray(zlib.decompress(self.packed)), np.uint8)
        if not self.is_bool:
            return flat.reshape(self.shape)
        return np.unpackbits(flat, count=int(np.prod(self.shape))).view(np.bool_).reshape(self.shape)


def packed(array: NDArray[Any]) -> PackedArray:
    """Return an array of bools or bytes, packed."""
    is_bool = array.dtype == np.bool_
    content = np.packbits(array) if is_bool else np.ascontiguousarray(array)
    return PackedArray(zlib.compress(content.data, _QUICK), array.shape, is_bool)


def fold_reading(reading: PageReading) -> Callable[[], PageReading]:
    """Pack what was read of a piece; what is returned unpacks it."""
    masks = _folded(reading.masks)
    maps = None if reading.maps is None else _folded(reading.maps)
    meta, kind = reading.meta, type(reading)
    return lambda: kind(meta=meta, masks=masks(), maps=None if maps is None else maps())


def fold_prepared(prepared: PreparedPage) -> Callable[[], PreparedPage]:
    """Pack a piece that is ready for the engine, all but its pixels; what is returned unpacks it."""
    regions = [_folded(region) for region in prepared.request.regions]
    request = _folded(replace(prepared.request, regions=()), frozenset({"page"}))
    drawing = _folded(prepared.drawing)
    bare = replace(prepared, request=request.args[0], drawing=drawing.args[0])

    def unfolded() -> PreparedPage:
        whole = replace(request(), regions=tuple(region() for region in regions))
        return replace(bare, request=whole, drawing=drawing())

    return unfolded


def _folded(value: T, left: frozenset[str] = frozenset()) -> partial[T]:
    """Return what makes a dataclass again whose arrays, but for the fields `left`, are packed meanwhile."""
    arrays = {one.name: getattr(value, one.name) for one in fields(value) if one.name not in left}  # type: ignore[arg-type]
    held = {name: packed(one) for name, one in arrays.items() if isinstance(one, np.ndarray)}
    bare: T = replace(value, **dict.fromkeys(held))  # type: ignore[type-var]
    return partial(_unfolded, bare, held)


def _unfolded(bare: T, held: dict[str, PackedArray]) -> T:
    whole: T = replace(bare, **{name: one.unpacked() for name, one in held.items()})  # type: ignore[type-var]
    return whole
