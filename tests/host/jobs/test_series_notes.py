"""What is noted of pages that were told: each in every series that it was told to, and nothing of the others."""

from __future__ import annotations

import threading
from contextlib import closing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from engines.geometry import Size
from host.errors import DiskFull
from host.jobs.chapter_job import PageState
from host.jobs.series_notes import SeriesNotes
from host.paths import state_paths
from host.store.sources import Source
from host.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Waiting = tuple[Any, Any]


class Cast:
    """Notes what it hears."""

    def __init__(self) -> None:
        self.recalled: list[str] = []
        self.learned: list[tuple[Any, ...]] = []

    def recall(self, pixels: list[str]) -> None:
        self.recalled += pixels

    def learn(self, *facts: Any) -> None:
        self.learned.append(facts)


@pytest.fixture
def store(irodori_home: Path) -> Iterator[Store]:
    with closing(Store.open(state_paths(), cache_limit_mib=1, spool_limit_mib=1)) as opened:
        yield opened


def digest(name: str) -> str:
    return name.encode().hex().rjust(64, "0")


def waiting(series: str, page: str, state: PageState = PageState.DONE, worn: Cast | None = None) -> Waiting:
    recipe = SimpleNamespace(engine=SimpleNamespace(id="toy"), references=("r1", "r2"), cast=worn)
    job = SimpleNamespace(series=series, chapter="7", recipe=recipe)
    return job, SimpleNamespace(sha256=digest(page), key=f"key of {page}", state=state)


def work(*pages: Waiting, worn: Cast | None = None) -> Any:
    return SimpleNamespace(waiting=list(pages), recipe=SimpleNamespace(cast=worn))


def finished(rgb: object = "pixels") -> Any:
    return SimpleNamespace(runmeta=SimpleNamespace(duration_ms={"pass1": 1200, "pass2": 304.4}), rgb=rgb)


def prepared(pieces: object = ()) -> Any:
    return SimpleNamespace(page="page", meta="meta", drawing=SimpleNamespace(characters="who"), pieces=pieces)


COLOURED = cast("Any", SimpleNamespace(result=SimpleNamespace(parts="parts")))


def test_a_page_is_of_every_series_that_it_was_told_to(store: Store) -> None:
    pages = waiting("S", "a"), waiting("T", "a"), waiting("U", "b", PageState.CANCELLED)
    SeriesNotes(store).coloured(work(*pages), prepared(), COLOURED, finished())
    told = {one.series: one for one in store.history.series()}
    assert set(told) == {"S", "T"}
    assert (told["S"].pages, told["S"].chapters, told["S"].seconds) == (1, 1, 1.5)
    assert (told["S"].engines, told["S"].references) == (["toy"], ["r1", "r2"])
    assert store.history.keys("S") == store.history.keys("T") == ["key of a"]


def test_a_page_from_the_cache_took_no_time_and_what_is_remembered_stays(store: Store) -> None:
    notes = SeriesNotes(store)
    notes.coloured(work(waiting("S", "a")), prepared(), COLOURED, finished())
    notes.came_from_cache([waiting("S", "a"), waiting("T", "a"), waiting("T", "b", PageState.SKIPPED)])
    assert {one.series: (one.pages, one.seconds) for one in store.history.series()} == {"S": (1, 1.5), "T": (1, 0.0)}


@pytest.mark.parametrize(("pieces", "parts"), [((), "parts"), (("piece",), None)])
def test_the_cast_of_the_job_learns_who_is_on_a_page_and_the_others_recall_it(
    store: Store, pieces: tuple[str, ...], parts: str | None
) -> None:
    own, other, stranger = Cast(), Cast(), Cast()
    store.sources.put(digest("a"), Source(digest("pixels"), Size(3, 2)))
    pages = waiting("S", "a", worn=own), waiting("T", "a", worn=other), waiting("U", "c", worn=stranger)
    SeriesNotes(store).coloured(work(*pages, worn=own), prepared(pieces), COLOURED, finished())
    assert own.learned == [("page", "meta", "who", "pixels", parts)]
    assert (own.recalled, other.recalled, stranger.recalled) == ([], [digest("pixels")], [])
    assert other.learned == stranger.learned == []


def test_nothing_is_learned_of_a_page_without_pixels_or_a_cast(store: Store) -> None:
    own = Cast()
    SeriesNotes(store).coloured(work(waiting("S", "a", worn=own), worn=own), prepared(), COLOURED, finished(None))
    SeriesNotes(store).coloured(work(waiting("S", "a")), prepared(), COLOURED, finished())
    assert own.learned == []


def test_each_cast_recalls_the_pages_that_were_told_to_its_job(store: Store) -> None:
    first, second = Cast(), Cast()
    for name in "ab":
        store.sources.put(digest(name), Source(digest(f"pixels of {name}"), Size(3, 2)))
    pages = [waiting("S", "a", worn=first), waiting("S", "b", worn=first), waiting("T", "b", worn=second)]
    SeriesNotes(store).came_from_cache([*pages, waiting("S", "a", PageState.FAILED, second), waiting("U", "a")])
    assert first.recalled == [digest("pixels of a"), digest("pixels of b")]
    assert second.recalled == [digest("pixels of b")]


def test_a_history_that_cannot_be_written_keeps_nobody_from_learning(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: object) -> None:
        raise DiskFull("no room")

    monkeypatch.setattr(store.history, "_insert", lambda *_: full(None))
    own, notes = Cast(), SeriesNotes(store)
    store.sources.put(digest("a"), Source(digest("pixels"), Size(3, 2)))
    notes.coloured(work(waiting("S", "a", worn=own), worn=own), prepared(), COLOURED, finished())
    notes.came_from_cache([waiting("T", "a", worn=own)])
    assert len(own.learned) == 1
    assert own.recalled == [digest("pixels")]
    assert caplog.text.count("the history was not written") == 2


def test_who_settles_waits_for_the_notes_of_pages_that_were_told(store: Store) -> None:
    notes = SeriesNotes(store)
    begun, done = threading.Event(), threading.Event()

    def told() -> None:
        with notes.telling():
            begun.set()
            assert done.wait(30)

    teller = threading.Thread(target=told)
    teller.start()
    assert begun.wait(30)
    assert not notes.settle(0)
    done.set()
    assert notes.settle(30)
    teller.join(30)
    with pytest.raises(DiskFull), notes.telling():
        raise DiskFull("no room")
    assert notes.settle(0)
