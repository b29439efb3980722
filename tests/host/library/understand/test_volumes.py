"""Volumes of a shelf in one pass: when they end, what is kept, which way a book is read; their files are given back."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.errors import DiskFull
from host.library.opening import open_source
from host.library.plan import counted
from host.library.shelf import find_volumes
from host.library.understand.faults import FaultFolder
from host.library.understand.reading import ReadOrder, ReadPage
from host.library.understand.run import AnalysisOrder, AnalysisRun, ReadTask
from host.library.understand.shelf import AnalysedShelf, volumes_ledger
from host.library.understand.story import PageStory, Usage
from host.library.understand.telling import StoryFailed
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from host.books.book import Book
    from host.library.shelf import Source
    from host.library.understand.entries import VolumeAnalysis


class Inline:
    """Reads in this process, the last page first: a page says in its bytes which way it is read, or that it fails."""

    has_room = True
    waits_for_stories = False

    def __init__(self) -> None:
        self.orders: list[ReadOrder] = []
        self.full_after: int | None = None
        self.told = threading.Semaphore(0)
        self._waiting: deque[tuple[ReadTask, bytes, ReadOrder]] = deque()

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    def submit(self, task: ReadTask, size: int, encoded: bytes, order: ReadOrder) -> None:
        assert size == len(encoded)
        self._waiting.append((task, encoded, order))

    def finished(self) -> Iterator[tuple[ReadTask, ReadPage]]:
        task, encoded, order = self._waiting.pop()
        if task.again and self.waits_for_stories:
            for _ in range(5):
                assert self.told.acquire(timeout=60)
        if len(self.orders) == self.full_after:
            raise DiskFull("The disk is full.", "Make room.")
        self.orders.append(order)
        if encoded.endswith(b"fail"):
            yield task, ReadPage(fault="It failed.", seconds=1)
        else:
            direction = order.direction if order.direction != "auto" else encoded[-3:].decode()
            yield task, ReadPage(record=encoded[-3:], direction=direction, seconds=1)


class Heard:
    told = threading.Semaphore(0)

    def __init__(self) -> None:
        self.began_pages: dict[str, int] = {}
        self.ended_pages: list[tuple[str, str]] = []
        self.records: list[VolumeAnalysis] = []
        self.open_at_end: list[int] = []
        self.open = 0

    def began(self, source: Source, pages: int) -> None:
        self.began_pages[source.place] = pages

    def page_ended(self, source: Source, page: str, fault: str) -> None:
        self.ended_pages.append((f"{source.place}/{page}", fault))
        self.told.release()

    def ended(self, record: VolumeAnalysis) -> None:
        self.records.append(record)
        self.open_at_end.append(self.open)


class ToyTeller:
    """Tells a story of every page but those that are read from the right."""

    identity = "toy"
    model = SimpleNamespace(at_once=1)

    def __init__(self) -> None:
        self.ended = 0

    def tell(self, view: bytes, direction: str) -> PageStory:
        if direction == "rtl":
            raise StoryFailed("It says nothing.", "", "", Usage())
        return PageStory(model="toy")

    def end(self) -> None:
        self.ended += 1


class Way:
    """A shelf, its output, and the pass over it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shelf, self.output = folder / "shelf", folder / "out"
        self.output.mkdir()
        self.heard, self.pool = Heard(), Inline()
        monkeypatch.setattr("host.library.understand.run.open_source", self._open)

    def _open(self, source: Source) -> list[Book]:
        return [self._watched(book) for book in open_source(source)]

    def _watched(self, book: Book) -> Book:
        self.heard.open += 1
        closed: list[bool] = []

        def close() -> None:
            assert closed == [], "closed twice"
            closed.append(True)
            self.heard.open -= 1
            book.close()

        return replace(book, close=close)

    def run(self, teller: ToyTeller | None = None, **order: Any) -> AnalysisRun:
        self.heard.__init__()  # type: ignore[misc]
        self.heard.told = self.pool.told = threading.Semaphore(0)
        self.pool.waits_for_stories = teller is not None
        self.pool.orders.clear()
        ledger = volumes_ledger_of(self.output)
        asked = AnalysisOrder(**{"identity": "one", **order})
        faults = FaultFolder(self.output / "faults")
        run = AnalysisRun(self.output, ledger, self.pool, teller, asked, faults, self.heard)  # type: ignore[arg-type]
        sources = find_volumes([self.shelf], self.output).sources
        run.run([counted(one) for one in sources], [one.place for one in sources])
        return run


def volumes_ledger_of(output: Path) -> Any:
    (output / ".irodori-library").mkdir(exist_ok=True)
    return volumes_ledger(output)


def pages(words: Mapping[str, str]) -> dict[str, bytes]:
    return {f"{name}.png": picture(place, (4, 6)) + word.encode() for place, (name, word) in enumerate(words.items())}


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    made = Way(tmp_path, monkeypatch)
    make_cbz(made.shelf / "v1.cbz", pages({"1": "rtl", "2": "rtl", "3": "ltr"}))
    make_cbz(made.shelf / "v2.cbz", pages({"1": "ltr", "2": "fail"}))
    return made


def test_every_page_is_read_and_a_volume_s_file_is_given_back_as_it_ends(way: Way) -> None:
    tally = way.run().tally
    assert (tally.read, tally.failed, tally.kept) == (4, 1, 0)
    assert way.heard.began_pages == {"v1": 3, "v2": 2}
    assert dict(way.heard.ended_pages) == {
        **{f"v1/{page}.png": "" for page in (1, 2, 3)},
        "v2/1.png": "",
        "v2/2.png": "It failed.",
    }
    by_place = {one.place: one for one in way.heard.records}
    assert [(book.pages, book.failed, book.within) for one in by_place.values() for book in one.books] == [
        *((2, 1, 0), (3, 0, 0))
    ]
    assert by_place["v1"].seconds == 4  # one of its pages was read again
    assert way.heard.open_at_end == [1, 0]
    assert list((way.output / "faults").rglob("*.json")) != []


def test_the_few_pages_that_most_others_outvote_are_read_again_as_their_book_is(way: Way) -> None:
    way.run()
    assert [one.direction for one in way.pool.orders].count("rtl") == 1
    records = AnalysedShelf(way.output).pages()
    assert [page.entry.direction for page in records if page.id.startswith("v1")] == ["rtl"] * 3


def test_where_somebody_says_which_way_books_are_read_all_pages_are(way: Way) -> None:
    way.run(direction="ltr")
    assert {one.direction for one in way.pool.orders} == {"ltr"}
    assert len(way.pool.orders) == 5


def test_what_was_read_so_is_kept_and_what_failed_is_read_again_on_demand_alone(way: Way) -> None:
    way.run()
    tally = way.run().tally
    assert (tally.read, tally.kept, tally.failed, way.pool.orders) == (0, 4, 1, [])
    tally = way.run(retry=True).tally
    assert (tally.read, tally.kept, tally.failed, len(way.pool.orders)) == (0, 4, 1, 1)
    tally = way.run(identity="two", skip_existing=True).tally
    assert (tally.read, tally.kept, tally.failed) == (0, 4, 1)
    tally = way.run(identity="three").tally
    assert (tally.read, tally.kept, tally.failed) == (4, 0, 1)


def test_a_page_whose_record_is_gone_or_whose_bytes_are_others_is_read_again(way: Way) -> None:
    way.run()
    next(way.output.rglob("v2/*.meta.json")).unlink()
    assert way.run().tally.read == 1
    make_cbz(way.shelf / "v1.cbz", pages({"1": "rtl", "0": "rtl", "3": "ltr"}))
    assert way.run().tally.read == 1


def test_a_run_of_so_many_pages_reads_no_more_and_ends_no_volume_that_is_not_whole(way: Way) -> None:
    assert way.run(pages_max=2).tally.read == 2
    assert way.heard.records == []
    assert way.heard.open == 0
    assert way.run(pages_max=1).tally.read == 1
    assert [one.place for one in way.heard.records] == ["v1"]


def test_a_full_disk_ends_the_run_and_gives_every_file_back(way: Way) -> None:
    way.pool.full_after = 1
    with pytest.raises(DiskFull):
        way.run()
    assert way.heard.open == 0
    assert way.heard.records == []


def test_a_volume_that_cannot_be_opened_ends_with_the_reason_and_the_others_are_read(way: Way) -> None:
    (way.shelf / "v1.cbz").write_bytes(b"PK\3\4")
    assert way.run().tally.read == 1
    records = {one.place: one for one in way.heard.records}
    assert records["v1"].fault
    assert records["v1"].books == ()
    assert records["v1"].order == records["v2"].order == "one"
    assert not records["v2"].fault


def test_a_page_that_cannot_be_had_fails_with_the_reason_and_the_others_are_read(way: Way) -> None:
    path = way.shelf / "v2.cbz"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"IENDltr", b"IENDxtr").replace(b"ltr", b"xtr", 1))  # its checksum is another one
    tally = way.run().tally
    assert (tally.read, tally.failed) == (3, 2)
    fault = dict(way.heard.ended_pages)["v2/1.png"]
    assert fault.startswith("The page cannot be read: ")
    assert way.run().tally.failed == 2
    assert way.heard.open == 0


def test_a_story_that_was_told_before_its_page_is_read_the_other_way_stays(way: Way) -> None:
    teller = ToyTeller()
    tally = way.run(teller).tally
    assert (tally.read, tally.told, tally.untold, teller.ended) == (4, 2, 2, 1)
    entries = {page.id: page.entry for page in AnalysedShelf(way.output).pages()}
    assert {name: one.story for name, one in entries.items() if one.story} == {"v1/3.png": "toy", "v2/1.png": "toy"}
    assert entries["v1/3.png"].direction == "rtl", "it was read again"
    assert {name for name, one in entries.items() if one.story_fault} == {"v1/1.png", "v1/2.png"}
