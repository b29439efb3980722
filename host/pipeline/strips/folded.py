"""A piece that waits for its turn, packed: some per cent of its masks and maps, two fifths of its colour."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from host.pipeline.finished import ColouredPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from host.pipeline.analysis.reader import PageReading
    from host.pipeline.attempts import Attempt
    from host.pipeline.prepared import PreparedPage

T = TypeVar("T")
_QUICK: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class PackedArray:
    """An array of bools, bytes or floats, packed without loss."""

    packed: bytes
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def unpacked(self) -> NDArray[Any]:
        """Return the array."""
        flat = np.frombuffer(bytearray(zlib.decompress(self.packed)), np.uint8)
        if self.dtype == np.bool_:
            return np.unpackbits(flat, count=int(np.prod(self.shape))).view(np.bool_).reshape(self.shape)
        if self.dtype.kind == "f":
            flat = np.ascontiguousarray(flat.reshape(self.dtype.itemsize, -1).T)
            planes = flat.view(self.dtype).reshape(*self.shape[-1:], *self.shape[:-1])
            return np.ascontiguousarray(np.moveaxis(planes, 0, -1))
        return flat.reshape(self.shape)


def packed(array: NDArray[Any]) -> PackedArray:
    """Return an array of bools, bytes or floats, packed; floats channel by channel, each byte beside its like."""
    if array.dtype == np.bool_:
        content = np.packbits(array)
    elif array.dtype.kind == "f":
        planes = np.ascontiguousarray(np.moveaxis(array, -1, 0))
        content = np.ascontiguousarray(planes.reshape(-1).view(np.uint8).reshape(-1, array.itemsize).T)
    else:
        content = np.ascontiguousarray(array)
    return PackedArray(zlib.compress(content.data, _QUICK), array.shape, array.dtype)


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


def fold_coloured(coloured: ColouredPage, *, parts: bool) -> Callable[[], ColouredPage]:
    """Pack what an engine made of a piece, in half floats: they are finer than any level of sRGB.

    parts: whether anybody will ask whose a place is. What is returned unpacks it.
    """
    last = coloured.attempts[-1]
    oklab = packed(last.result.oklab.astype(np.float16))
    told = last.result.parts if parts else None
    whose, light = None if told is None else packed(told.astype(np.float16)), bare(last)

    def unfolded() -> ColouredPage:
        result = replace(
            light.result,
            oklab=oklab.unpacked().astype(np.float32),
            parts=None if whose is None else whose.unpacked().astype(np.float32),
        )
        return ColouredPage(attempts=(replace(light, result=result),))

    return unfolded


def bare(attempt: Attempt) -> Attempt:
    """Return an attempt for the record: what was done and measured, without the picture and the mask."""
    result = replace(attempt.result, oklab=np.empty((0, 0, 3), np.float32), parts=None)
    assessment = attempt.assessment
    if assessment is not None:
        assessment = replace(assessment, mask=np.empty((0, 0), np.bool_))
    return replace(attempt, result=result, assessment=assessment)


def _folded(value: T, left: frozenset[str] = frozenset()) -> partial[T]:
    """Return what makes a dataclass again whose arrays, but for the fields `left`, are packed meanwhile."""
    arrays = {one.name: getattr(value, one.name) for one in fields(value) if one.name not in left}  # type: ignore[arg-type]
    held = {name: packed(one) for name, one in arrays.items() if isinstance(one, np.ndarray)}
    bare: T = replace(value, **dict.fromkeys(held))  # type: ignore[type-var]
    return partial(_unfolded, bare, held)


def _unfolded(bare: T, held: dict[str, PackedArray]) -> T:
    whole: T = replace(bare, **{name: one.unpacked() for name, one in held.items()})  # type: ignore[type-var]
    return whole
