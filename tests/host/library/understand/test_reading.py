"""What a worker reads of a page of a shelf: as far as it is wanted, and whatever goes wrong is told."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.base import EngineTooLarge
from host.errors import InternalError
from host.library.understand import reading as module
from host.library.understand.reading import (
    PageReadings,
    ReadOrder,
    ReadPage,
    WordsChoice,
    begin,
    lost,
    read,
    small_view,
)
from host.pipeline.records.masks import PageMasks
from tests.host.library.shelves import picture

PAGE = picture(1, (300, 200))


class Meta:
    """A record that notes what is added to it."""

    kind = "story"
    masks = ("a page's",)

    def __init__(self, direction: str, **facts: Any) -> None:
        self.direction, self.facts = direction, facts

    def model_copy(self, update: dict[str, Any]) -> Meta:
        return Meta(self.direction, **self.facts, **update)

    def model_dump_json(self, indent: int) -> str:
        return f"{self.facts} by {indent}"


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> PageReadings:
    bare, whole = np.zeros((300, 200), np.bool_), np.ones((300, 200), np.bool_)
    masks = PageMasks(balloons=bare, lettering=bare, gutters=whole)
    found = lambda page, way, _: SimpleNamespace(meta=Meta("rtl" if way == "auto" else way), masks=masks, maps=None)  # noqa: E731
    made = object.__new__(PageReadings)
    made._reader = SimpleNamespace(read=found)  # type: ignore[assignment]
    made._words = None
    monkeypatch.setattr("host.analyses.read.measure_signals", lambda grey, kept, meta, more: (int(kept.sum()), more))
    monkeypatch.setattr(
        "host.pipeline.analysis.words.with_words", lambda meta, rgb, words: meta.model_copy({"words": words})
    )
    return made


def test_a_record_says_which_way_it_was_read_and_has_signals_and_words(readings: PageReadings) -> None:
    made = readings.read(PAGE, ReadOrder())
    assert (made.record, made.direction, made.view) == (b"{'signals': (60000, ())} by 1", "rtl", b"")
    assert (made.fault, made.seconds >= 0) == ("", True)
    readings._words = "words"  # type: ignore[assignment]
    made = readings.read(PAGE, ReadOrder(direction="ltr"))
    assert (made.record, made.direction) == (b"{'signals': (60000, ()), 'words': 'words'} by 1", "ltr")


@pytest.mark.parametrize(("record", "side"), [(True, 0), (True, 100), (False, 100), (False, 0)])
def test_what_is_not_wanted_is_not_made(record: bool, side: int, readings: PageReadings) -> None:
    made = readings.read(PAGE, ReadOrder(record=record, view_px=side))
    assert (bool(made.record), bool(made.direction), bool(made.view)) == (record, record, bool(side))


@pytest.mark.parametrize(("side", "size"), [(150, (150, 100)), (300, (300, 200)), (999, (300, 200))])
def test_a_view_is_a_jpeg_of_at_most_so_many_pixels(side: int, size: tuple[int, int], readings: PageReadings) -> None:
    with Image.open(io.BytesIO(readings.read(PAGE, ReadOrder(record=False, view_px=side)).view)) as view:
        assert (view.format, view.size) == ("JPEG", size)


def test_a_view_is_packed_well_enough_to_be_read() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=88)
    assert small_view(SimpleNamespace(rgb=rgb), 64) == buffer.getvalue()  # type: ignore[arg-type]


def failing(readings: PageReadings, error: Exception) -> ReadPage:
    def fail(page: Any, way: str, chapter: Any) -> Any:
        raise error

    readings._reader = SimpleNamespace(read=fail)  # type: ignore[assignment]
    return readings.read(PAGE, ReadOrder())


def test_what_goes_wrong_is_told_in_words(readings: PageReadings, caplog: pytest.LogCaptureFixture) -> None:
    assert readings.read(b"torn", ReadOrder()).fault
    assert failing(readings, InternalError("It broke.", "Mend it.")).fault == "It broke. Mend it."
    assert "too large" in failing(readings, EngineTooLarge("it is too large")).fault
    assert caplog.records == []
    made = failing(readings, ValueError("secret"))
    assert made.fault == "Reading it failed (ValueError). The log has the details."
    assert made.record == b""
    assert len(caplog.records) == 1


def test_a_worker_that_died_is_told() -> None:
    fault = lost(RuntimeError()).fault
    assert fault == "The process that read this page ended. Memory may have given out: try fewer --workers."


def test_nobody_reads_lettering_unless_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("engines.words.registry.open_word_reader", lambda *what: asked.append(what) or "reader")
    assert WordsChoice().open() is None
    assert WordsChoice("", "/folder").open() is None
    assert WordsChoice("rapidocr").open() == "reader"  # type: ignore[comparison-overlap]
    assert WordsChoice("manga-ocr", "/folder").open(4) == "reader"  # type: ignore[comparison-overlap]
    assert asked == [("rapidocr", None, 1), ("manga-ocr", Path("/folder"), 4)]


@pytest.mark.parametrize("alone", [True, False])
def test_a_worker_makes_its_readers_once_and_reads_with_them(
    alone: bool, monkeypatch: pytest.MonkeyPatch, irodori_home: Path
) -> None:
    steps: list[Any] = []
    monkeypatch.setattr(module, "share_cores", lambda: steps.append("one core"))
    monkeypatch.setattr(module, "start_log", lambda path: steps.append(path.name))
    reader = lambda *what: steps.append(what) or SimpleNamespace(read=lambda *page: page)  # noqa: E731
    monkeypatch.setattr(module, "PageReadings", reader)
    monkeypatch.setattr(module, "_made", [])
    begin("weights", WordsChoice(), alone)
    assert steps[-1] == ("weights", WordsChoice())
    assert steps.count("one core") == int(alone)
    assert len(steps) == 2 + int(alone)
    order = ReadOrder(view_px=7)
    assert read(b"page", order) == (b"page", order)  # type: ignore[comparison-overlap]
