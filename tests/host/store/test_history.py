"""What was coloured when: added up by series, forgotten with its pictures, never in the way of a page."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from host.errors import DiskFull
from host.jobs.series_notes import SeriesNotes
from host.messaging.messages import PageDone
from host.palette_records import PaletteQuery, PaletteSet
from host.palettes.cast import JobCast
from host.store.history import HistoryEntry
from tests.host.palettes.conftest import palette_reader  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.host.jobs.conftest import Reader

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("palette_reader")]


@pytest.fixture
def reader(request: pytest.FixtureRequest) -> Reader:
    given: Reader = request.getfixturevalue("palette_reader")
    return given


def colour(reader: Reader, numbers: list[int], **facts: str) -> list[PageDone]:
    job = reader.run(numbers, **facts)
    assert reader.listener.end_of(job).done == len(numbers)
    assert reader.board.settle_notes()
    return reader.listener.of(PageDone, job_id=job)


def test_what_was_coloured_is_told_by_series_the_last_one_first(reader: Reader) -> None:
    colour(reader, [1, 2])
    colour(reader, [3], chapter="2")
    colour(reader, [4], series="T")
    colour(reader, [1, 2])  # from the cache: nothing was coloured
    last, first = reader.application.store.history.series()
    assert (last.series, last.pages, last.chapters) == ("T", 1, 1)
    assert (first.series, first.pages, first.chapters, first.engines) == ("S", 3, 2, ["stepped"])
    assert first.first <= first.last <= last.last
    assert first.seconds > 0


def test_pages_from_the_cache_are_of_the_series_that_they_are_told_to(reader: Reader) -> None:
    colour(reader, [1, 2])
    history = reader.application.store.history
    (before,) = history.series()
    assert all(one.cached for one in colour(reader, [1, 2], series="T"))
    renamed, first = history.series()
    assert (renamed.series, renamed.pages, renamed.seconds) == ("T", 2, 0.0)
    assert first == before


def test_a_series_that_is_forgotten_is_coloured_anew_and_the_others_are_not(reader: Reader) -> None:
    colour(reader, [1, 2])
    colour(reader, [4], series="T")
    reader.application.palettes.set(PaletteSet(series="S", mood="dusk"))
    assert reader.application.forget("S") == 2
    assert [one.series for one in reader.application.store.history.series()] == ["T"]
    assert [one.cached for one in colour(reader, [4], series="T")] == [True]
    assert [one.cached for one in colour(reader, [1, 2])] == [False, False]
    assert reader.application.palettes.get(PaletteQuery(series="S")).palette.mood == "dusk"
    assert reader.application.forget(None) == 3
    assert reader.application.store.history.series() == []
    assert reader.application.palettes._sightings.get("S") == {}


def test_forgetting_waits_for_the_notes_of_pages_that_were_told(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgetting, learn, settle = threading.Event(), JobCast.learn, SeriesNotes.settle

    def late(self: JobCast, *values: Any) -> None:
        assert forgetting.wait(30)
        learn(self, *values)

    def asked(self: SeriesNotes) -> bool:
        forgetting.set()
        return settle(self)

    monkeypatch.setattr(JobCast, "learn", late)
    monkeypatch.setattr(SeriesNotes, "settle", asked)
    assert reader.listener.end_of(reader.run([1])).done == 1
    assert reader.application.forget("S") == 1
    assert reader.board.settle_notes()
    assert reader.application.palettes._sightings.get("S") == {}
    assert reader.application.store.history.series() == []


def test_a_history_that_cannot_be_written_costs_no_page(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise DiskFull("no room")

    monkeypatch.setattr(reader.application.store.history, "add", full)
    assert not colour(reader, [1])[0].cached


def test_references_that_served_are_told_once_each(reader: Reader) -> None:
    history = reader.application.store.history
    facts = {"series": "S", "chapter": "1", "engine": "e", "seconds": 1.5}
    history.add(
        [
            HistoryEntry(key="a", page="p", references=("r", "q"), **facts),
            HistoryEntry(key="b", page="p", references=("r",), **facts),
        ]
    )  # type: ignore[arg-type]
    (one,) = history.series()
    assert (one.references, one.seconds, one.pages) == (["q", "r"], 3.0, 1)
    assert history.keys("S") == ["a", "b"]
