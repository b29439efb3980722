"""What waits packed comes back as it was."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import pytest

from engines.base import ColorizeResult
from host.pipeline.attempts import Assessment, Attempt
from host.pipeline.compose.align import Shift
from host.pipeline.finished import ColouredPage
from host.pipeline.strips.folded import bare, fold_coloured, fold_reading, packed

RNG = np.random.default_rng(7)


@pytest.mark.parametrize(
    "array",
    [
        RNG.random((5, 7)) > 0.5,
        RNG.random((8, 8, 3)) > 0.5,
        RNG.integers(0, 256, (9, 4), np.uint8),
        RNG.integers(0, 256, (9, 4, 3), np.uint8),
        RNG.normal(size=(6, 5)).astype(np.float32),
        RNG.normal(size=(6, 5, 3)).astype(np.float32),
        RNG.normal(size=(3, 4, 2)).astype(np.float16),
        RNG.normal(size=(3, 4, 2)),
        np.ones((1, 1), np.bool_),
        RNG.integers(0, 256, (9, 8), np.uint8)[::2, ::-1],
        RNG.normal(size=(6, 5, 3)).astype(np.float32)[:, ::2, ::-1],
    ],
    ids=lambda array: f"{array.dtype}-{'x'.join(map(str, array.shape))}-{array.flags.c_contiguous}",
)
def test_an_array_comes_back_as_it_was_and_can_be_written_to(array):
    held = packed(array)
    again = held.unpacked()
    assert (held.shape, held.dtype) == (array.shape, array.dtype)
    assert (again.shape, again.dtype) == (array.shape, array.dtype)
    assert np.array_equal(again, array)
    again[...] = 0
    assert np.array_equal(held.unpacked(), array)


def test_bools_take_a_bit_and_floats_lie_each_byte_beside_its_like():
    assert len(zlib.decompress(packed(np.zeros((256, 250), np.bool_)).packed)) == 8000
    smooth = np.stack([np.linspace(a, a + 0.01, 4096, dtype=np.float32).reshape(64, 64) for a in (0.5, 0.1, 0.9)], 2)
    assert len(packed(smooth).packed) < 0.8 * len(zlib.compress(smooth.tobytes(), 1))
    planes = zlib.decompress(packed(smooth).packed)
    assert planes == np.moveaxis(smooth, 2, 0).reshape(-1).view(np.uint8).reshape(-1, 4).T.tobytes()


@dataclass
class Held:
    name: str
    plane: np.ndarray
    other: np.ndarray | None = None


@dataclass
class Reading:
    meta: str
    masks: Held
    maps: Held | None


@pytest.mark.parametrize("maps", [None, Held("maps", RNG.random((4, 5)).astype(np.float32), RNG.random((4, 5)) > 0.5)])
def test_a_reading_comes_back_as_often_as_it_is_asked_for(maps):
    reading = Reading("said", Held("masks", RNG.random((4, 5)) > 0.5), maps)
    unfold = fold_reading(reading)
    for again in (unfold(), unfold()):
        assert isinstance(again, Reading)
        assert (again.meta, again.masks.name, again.masks.other) == ("said", "masks", None)
        assert np.array_equal(again.masks.plane, reading.masks.plane)
        assert (again.maps is None) == (maps is None)
        if maps is not None:
            assert again.maps.name == "maps"
            assert np.array_equal(again.maps.plane, maps.plane)
            assert np.array_equal(again.maps.other, maps.other)


def attempt(*, parts: bool = True, assessed: bool = True) -> Attempt:
    oklab = RNG.random((6, 4, 3)).astype(np.float32)
    whose = RNG.random((3, 2, 4)).astype(np.float32) if parts else None
    figures = Assessment(
        grade="acceptable",
        panels=(),
        shift=Shift(0.0, 0.0),
        chroma_mean=0.25,
        drift=0.5,
        mask=np.ones((6, 4), np.bool_),
    )
    return Attempt(
        "repair", ColorizeResult(oklab=oklab, weights={"w": "0"}, parts=whose), figures if assessed else None
    )


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("asked", [True, False])
def test_of_what_an_engine_made_the_last_picture_is_kept(said, asked):
    last = attempt(parts=said)
    again = fold_coloured(ColouredPage(attempts=(attempt(), last)), parts=asked)()
    assert len(again.attempts) == 1
    assert again.attempts[0].action == "repair"
    assert again.result.weights == {"w": "0"}
    assert again.result.oklab.dtype == np.float32
    assert again.result.oklab == pytest.approx(last.result.oklab, abs=1 / 2048)
    if said and asked:
        assert again.result.parts.dtype == np.float32
        assert again.result.parts == pytest.approx(last.result.parts, abs=1 / 2048)
    else:
        assert again.result.parts is None


def test_for_the_record_an_attempt_has_no_picture_and_no_mask():
    kept = bare(attempt())
    assert (kept.action, kept.result.weights, kept.result.parts) == ("repair", {"w": "0"}, None)
    assert (kept.result.oklab.shape, kept.result.oklab.dtype) == ((0, 0, 3), np.float32)
    assert (kept.assessment.grade, kept.assessment.chroma_mean, kept.assessment.drift) == ("acceptable", 0.25, 0.5)
    assert (kept.assessment.mask.shape, kept.assessment.mask.dtype) == ((0, 0), np.bool_)
    assert bare(attempt(assessed=False)).assessment is None
