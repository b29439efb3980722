"""The way of a shelf through analysis: pages to the workers, records to the disk, and each page's picture to a model.

Reading is done by processes, asking by threads, which wait on the model and not on each other. A page is noted once
its files stand; a volume once all its pages are.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from host.books.book import UnreadablePage
from host.books.whole_files import write_whole
from host.errors import IrodoriError
from host.library.opening import open_source
from host.library.understand.entries import (
    META_SUFFIX,
    STORY_SUFFIX,
    PageEntry,
    VolumeAnalysis,
)
from host.library.understand.reading import ReadOrder
from host.library.understand.telling import StoryFailed
from host.library.understand.volume import volume_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from host.books.book import Book
    from host.library.ledger import Ledger
    from host.library.plan import PlannedVolume
    from host.library.pool import ProcessPool
    from host.library.shelf import Source
    from host.library.understand.faults import FaultFolder
    from host.library.understand.reading import ReadPage
    from host.library.understand.story import Usage
    from host.library.understand.telling import Teller
    from host.library.understand.volume import Volume
    from host.vocabulary import Direction

VIEW_PX: Final = 1536


class Listener(Protocol):
    """Hears how a run goes, from several threads, one at a time."""

    def began(self, source: Source, pages: int) -> None: ...  # noqa: D102
    def page_ended(self, source: Source, page: str, fault: str) -> None: ...  # noqa: D102
    def ended(self, record: VolumeAnalysis) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisOrder:
    """How a shelf is analysed. identity: of pass 1, what decides a record apart from the page's bytes.

    skip_existing: what has a record, or a story, keeps it, however it was asked for. retry: pages that failed are read
    again. pages_max: that are read or told in this run.
    """

    identity: str
    direction: Direction = "auto"
    skip_existing: bool = False
    retry: bool = False
    pages_max: int | None = None


@dataclass(slots=True)
class Tally:
    """What a run did, page by page. read: whose record it made; kept: that had all that was asked for."""

    read: int = 0
    kept: int = 0
    failed: int = 0
    told: int = 0
    untold: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempts: int = 0
    cost_usd: float | None = None

    def add(self, usage: Usage) -> None:
        """Count what a page's asking took."""
        self.prompt_tokens += usage.prompt_tokens
        self.completion_tokens += usage.completion_tokens
        self.attempts += usage.attempts
        if usage.cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + usage.cost_usd


@dataclass(frozen=True, slots=True, eq=False)
class ReadTask:
    """A page that is being read. story: whether a model is asked then. again: as the whole book is read."""

    volume: Volume
    number: int
    entry: PageEntry
    story: bool
    again: bool = False


class AnalysisRun:
    """One pass over a shelf."""

    def __init__(
        self,
        output: Path,
        ledger: Ledger[VolumeAnalysis],
        pool: ProcessPool[ReadTask, ReadPage],
        teller: Teller | None,
        order: AnalysisOrder,
        faults: FaultFolder,
        listener: Listener,
    ) -> None:
        self._output, self._ledger, self._pool, self._teller = output, ledger, pool, teller
        self._order, self._faults, self._listener = order, faults, listener
        self.tally = Tally()
        self._again: deque[tuple[Volume, int, int, Direction]] = deque()
        self._open: list[Volume] = []
        self._taken: list[str] = []
        self._lock = threading.RLock()
        self._fatal: list[BaseException] = []
        self._left = order.pages_max
        count = teller.model.at_once if teller is not None else 0
        self._asks: queue.Queue[tuple[ReadTask, ReadPage] | None] = queue.Queue(maxsize=max(1, 2 * count))
        self._threads = [threading.Thread(target=self._ask_on, name="tells", daemon=True) for _ in range(count)]

    def run(self, volumes: Sequence[PlannedVolume], taken: Sequence[str]) -> None:
        """Analyse volumes. taken: the places of all of the shelf.

        Raises:
            DiskFull, InternalError: a record cannot be written; what was finished is kept.
        """
        self._taken = list(taken)
        for thread in self._threads:
            thread.start()
        pages = self._pages(volumes)
        try:
            while True:
                while self._pool.has_room and self._send_next(pages):
                    self._raise_fatal()
                if self._pool.is_idle:
                    break
                for task, result in self._pool.finished():
                    self._came(task, result)
                self._raise_fatal()
            self._end_threads()
            self._raise_fatal()
        finally:
            if self._teller is not None:
                self._teller.end()
            for volume in self._open:
                volume.close()

    def _send_next(self, pages: Iterator[tuple[Volume, int, int]]) -> bool:
        if self._again:
            volume, number, place, direction = self._again.popleft()
            self._send(volume, number, place, direction)
            with self._lock:
                volume.reading -= 1
                self._look(volume)
            return True
        page = next(pages, None)
        if page is None:
            return bool(self._again)
        self._send(*page, None)
        return True

    def _pages(self, volumes: Sequence[PlannedVolume]) -> Iterator[tuple[Volume, int, int]]:
        for planned in volumes:
            volume = self._opened(planned)
            if volume is None:
                continue
            self._listener.began(volume.source, planned.pages)
            for number, book in enumerate(volume.books):
                for place in range(len(book.pages)):
                    yield volume, number, place
            with self._lock:
                volume.is_sent = True
                self._look(volume)

    def _opened(self, planned: PlannedVolume) -> Volume | None:
        source = planned.source
        try:
            books = open_source(source) if not planned.fault else []
            fault = planned.fault
        except (IrodoriError, OSError) as exc:
            books, fault = [], exc.words if isinstance(exc, IrodoriError) else str(exc)
        if fault:
            self._end(self._record(source, fault=fault))
            return None
        volume = volume_of(source, books, self._output, self._taken)
        self._open.append(volume)
        return volume

    # --- reading, in the run's own thread ---

    def _send(self, volume: Volume, number: int, place: int, direction: Direction | None) -> None:
        """Give a page to the workers, unless nothing of it is wanted. direction: it is read again, in this one."""
        page = volume.books[number].pages[place]
        stem, where = volume.stems[number][place], volume.places[number]
        entry = PageEntry(id=f"{where}/{page.name}", name=page.name, stem=stem, number=place)
        try:
            encoded = page.read()
        except UnreadablePage as exc:
            self._page_failed(volume, number, entry, f"The page cannot be read: {exc}.")
            return
        digests = hashlib.sha256(encoded).hexdigest(), hashlib.md5(encoded, usedforsecurity=False).hexdigest()
        entry = replace(entry, sha256=digests[0], md5=digests[1])
        with self._lock:
            known = volume.ledgers[number].get(page.name)
        asked = direction or self._direction_of(volume.books[number])
        record = direction is not None or not self._has_record(volume, number, entry, known)
        story = direction is None and not self._has_story(volume, number, entry, known)
        if known is not None and known.sha256 == entry.sha256:
            entry = replace(known, stem=stem, number=place)
        if entry.fault and not self._order.retry and entry.order == self._order.identity:
            self._page_ended(volume, entry, entry.fault, "failed")
        elif not record and not story:
            self._page_ended(volume, entry, "", "kept")
        elif self._left == 0 and direction is None:
            volume.is_whole = False
        else:
            self._left = None if self._left is None else max(0, self._left - 1)
            with self._lock:
                volume.reading += 1
            order = ReadOrder(direction=asked, record=record, view_px=VIEW_PX if story else 0)
            task = ReadTask(volume, number, entry, story, direction is not None)
            self._pool.submit(task, len(encoded), encoded, order)

    def _has_record(self, volume: Volume, number: int, entry: PageEntry, known: PageEntry | None) -> bool:
        if known is None or known.sha256 != entry.sha256 or not volume.path(number, entry, META_SUFFIX).is_file():
            return False
        return self._order.skip_existing or known.order == self._order.identity

    def _has_story(self, volume: Volume, number: int, entry: PageEntry, known: PageEntry | None) -> bool:
        if self._teller is None:
            return True
        if known is None or known.sha256 != entry.sha256 or not volume.path(number, entry, STORY_SUFFIX).is_file():
            return False
        return self._order.skip_existing or known.story == self._teller.identity

    def _came(self, task: ReadTask, result: ReadPage) -> None:
        volume = task.volume
        with self._lock:
            volume.seconds += result.seconds
        if result.fault:
            entry = replace(task.entry, order=self._order.identity)
            self._page_failed(volume, task.number, entry, result.fault)
        else:
            entry = self._kept(task, result)
            if task.story:
                with self._lock:
                    volume.telling += 1
                self._asks.put((replace(task, entry=entry), result))
            elif not task.again:
                self._page_ended(volume, entry, "")
        with self._lock:
            volume.reading -= 1
            self._look(volume)

    def _kept(self, task: ReadTask, result: ReadPage) -> PageEntry:
        """Write a page's record, then note it."""
        if not result.record:
            return task.entry
        entry = replace(task.entry, order=self._order.identity, direction=result.direction, fault="")
        write_whole(task.volume.path(task.number, entry, META_SUFFIX), result.record)
        self._faults.drop(entry.id)
        with self._lock:
            known = task.volume.ledgers[task.number].get(entry.name)
            if known is not None and known.sha256 == entry.sha256:  # it may have been told meanwhile
                entry = replace(entry, story=known.story, story_fault=known.story_fault)
            task.volume.ledgers[task.number].add(entry)
            self.tally.read += not task.again
        return entry

    def _page_failed(self, volume: Volume, number: int, entry: PageEntry, words: str) -> None:
        self._faults.put(entry.id, "read", words)
        entry = replace(entry, fault=words, order=self._order.identity)
        with self._lock:
            volume.ledgers[number].add(entry)
        self._page_ended(volume, entry, words, "failed")

    def _direction_of(self, book: Book) -> Direction:
        return self._order.direction if self._order.direction != "auto" else book.direction

    def _settle(self, volume: Volume) -> None:
        """Where nobody said which way it is read, let the pages of a book that most others outvote be read again."""
        volume.is_settled = True
        for number, book in enumerate(volume.books):
            if self._direction_of(book) != "auto":
                continue
            for place, chosen in volume.outvoted(number):
                self._again.append((volume, number, place, chosen))
                volume.reading += 1

    # --- asking, in threads ---

    def _ask_on(self) -> None:
        while (asked := self._asks.get()) is not None:
            try:
                self._tell(*asked)
            except BaseException as exc:  # noqa: BLE001 - the run's own thread raises it
                self._fatal.append(exc)
            finally:
                with self._lock:
                    asked[0].volume.telling -= 1
                    self._look(asked[0].volume)

    def _tell(self, task: ReadTask, result: ReadPage) -> None:
        if self._teller is None or self._fatal:
            return
        volume, entry = task.volume, task.entry
        try:
            story = self._teller.tell(result.view, entry.direction)
        except StoryFailed as exc:
            self._faults.put(entry.id, "story", exc.words, exc.said, result.view)
            self._note(task, story_fault=exc.words, usage=exc.usage)
            self._page_ended(volume, entry, exc.words, "untold")
            return
        write_whole(volume.path(task.number, entry, STORY_SUFFIX), story.model_dump_json(indent=1).encode())
        self._faults.drop(entry.id)
        self._note(task, story=self._teller.identity, usage=story.usage)
        self._page_ended(volume, entry, "", "told")

    def _note(self, task: ReadTask, usage: Usage, story: str = "", story_fault: str = "") -> None:
        with self._lock:
            ledger = task.volume.ledgers[task.number]
            known = ledger.get(task.entry.name) or task.entry
            ledger.add(replace(known, story=story or known.story, story_fault=story_fault))
            task.volume.untold[task.number] += bool(story_fault)
            self.tally.add(usage)

    def _end_threads(self) -> None:
        for _ in self._threads:
            self._asks.put(None)
        for thread in self._threads:
            thread.join()

    # --- both ---

    def _page_ended(self, volume: Volume, entry: PageEntry, fault: str, what: str = "") -> None:
        with self._lock:
            if what:
                setattr(self.tally, what, getattr(self.tally, what) + 1)
            self._listener.page_ended(volume.source, entry.name, fault)

    def _look(self, volume: Volume) -> None:
        """End a volume of which nothing is under way."""
        if not volume.is_sent or volume.reading or volume not in self._open:
            return
        if not volume.is_settled:
            self._settle(volume)
        if volume.reading or volume.telling:
            return
        self._open.remove(volume)
        volume.close()
        if volume.is_whole and not self._fatal:
            self._end(self._record(volume.source, volume=volume))

    def _record(self, source: Source, volume: Volume | None = None, fault: str = "") -> VolumeAnalysis:
        books = volume.analyses() if volume is not None else ()
        is_told = self._teller is not None and all(one.told == one.pages - one.failed for one in books)
        return VolumeAnalysis(
            place=source.place,
            path=str(source.path.absolute()),
            stamp=source.stamp,
            order=self._order.identity,
            teller=self._teller.identity if self._teller is not None and is_told else "",
            is_folder=source.is_folder,
            series=source.series,
            books=books,
            fault=fault,
            seconds=round(volume.seconds, 3) if volume is not None else 0.0,
        )

    def _end(self, record: VolumeAnalysis) -> None:
        with self._lock:
            self._ledger.add(record)
            self._listener.ended(record)

    def _raise_fatal(self) -> None:
        if self._fatal:
            raise self._fatal[0]
