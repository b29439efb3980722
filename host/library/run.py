"""The way of a shelf: pages of the volumes in order to the workers, results kept, each volume written when it is whole.

The next volume's pages go to the workers while the last ones of a volume are under way, so that none waits.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from host.books.book import UnreadablePage
from host.errors import BadRequest, ImageInvalid, IrodoriError
from host.library.colourer import PageResult
from host.library.manifest import OutputRecord, VolumeRecord
from host.library.opening import open_source
from host.library.shelf import file_digest
from host.library.workers import Task
from host.library.writing import places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from host.books.book import Book, BookPage
    from host.library.manifest import Manifest
    from host.library.orders import Order, OrderBook
    from host.library.page_store import PageStore
    from host.library.palettes import SeriesPalettes, Worn
    from host.library.plan import Plan, PlannedVolume
    from host.library.references import References
    from host.library.shelf import Source
    from host.library.workers import Colourers
    from host.library.writing import Writer
    from host.vocabulary import Direction

_LOG = logging.getLogger(__name__)


class Listener(Protocol):
    """Hears how a run goes."""

    def began(self, source: Source, pages: int) -> None: ...  # noqa: D102
    def page_ended(self, source: Source, page: str, result: PageResult) -> None: ...  # noqa: D102
    def ended(self, source: Source, record: VolumeRecord) -> None: ...  # noqa: D102


@dataclass(slots=True, eq=False)
class _Open:
    """A volume under way. ends: of each book's pages by their places, the key of a result, or one that is not kept."""

    source: Source
    books: list[Book]
    places: list[str]
    orders: list[Order]
    words: list[str]
    worn: list[Worn | None]
    ends: list[dict[int, str | PageResult]]
    waiting: int = 0
    is_sent: bool = False
    seconds: float = 0.0
    keys: set[str] = field(default_factory=set)


class ShelfRun:
    """One pass over a shelf."""

    def __init__(
        self,
        manifest: Manifest,
        store: PageStore,
        workers: Colourers,
        orders: OrderBook,
        references: References,
        writer: Writer,
        listener: Listener,
        order_of: Callable[[Source, Sequence[str]], str],
        direction: Direction = "auto",
        palettes: SeriesPalettes | None = None,
    ) -> None:
        self._manifest, self._store, self._workers = manifest, store, workers
        self._orders, self._references, self._writer = orders, references, writer
        self._listener, self._order_of, self._direction = listener, order_of, direction
        self._palettes = palettes
        self._open: list[_Open] = []
        self._tasks: dict[str, list[tuple[_Open, int, int]]] = {}
        self._taken: list[str] = []

    def run(self, plan: Plan) -> None:
        """Colour what is not done.

        Raises:
            DiskFull, InternalError: a result or a volume cannot be written; what was finished is kept.
        """
        self._taken = [volume.source.place for volume in plan.volumes]
        pages = self._pages(plan)
        try:
            while True:
                while self._workers.has_room and (page := next(pages, None)) is not None:
                    self._send(*page)
                if self._workers.is_idle:
                    break
                for task, result in self._workers.finished():
                    if result.verdict != "failed" and not self._workers.keep_results:
                        self._store.put(task.key, result)
                    self._came(task.key, result)
        finally:
            for volume in self._open:
                _close(volume.books)

    def _pages(self, plan: Plan) -> Iterator[tuple[_Open, int, int]]:
        for planned in plan.to_do:
            volume = self._opened(planned)
            if volume is None:
                continue
            self._open.append(volume)
            volume.waiting = sum(len(book.pages) for book in volume.books)
            self._listener.began(volume.source, volume.waiting)
            for number, book in enumerate(volume.books):
                for place in range(len(book.pages)):
                    yield volume, number, place

    def _opened(self, planned: PlannedVolume) -> _Open | None:
        source = planned.source
        books: list[Book] = []
        try:
            if planned.fault:
                raise BadRequest(planned.fault)
            books = open_source(source)
            chosen = [self._references.of(source, book) if book.pages else None for book in books]
            worn = [self._palettes.of(source, book.series) if self._palettes else None for book in books]
            orders = [
                self._orders.order(one.pictures if one is not None else (), self._direction_of(book), dressed)
                for one, book, dressed in zip(chosen, books, worn, strict=True)
            ]
        except (IrodoriError, OSError) as exc:
            _close(books)
            fault = exc.words if isinstance(exc, IrodoriError) else str(exc)
            order = self._order_of(source, ())
            self._end(source, VolumeRecord(place=source.place, stamp=source.stamp, sha256="", order=order, fault=fault))
            return None
        where = places(source.place, books, self._taken, self._writer.kind)
        words = [one.words if one is not None else "" for one in chosen]
        return _Open(source, books, where, orders, words, worn, [{} for _ in books])

    def _direction_of(self, book: Book) -> Direction:
        return self._direction if self._direction != "auto" else book.direction

    def _send(self, volume: _Open, number: int, place: int) -> None:
        page = volume.books[number].pages[place]
        order = volume.orders[number]
        try:
            encoded = page.read()
        except UnreadablePage as exc:
            error = {"message": f"The page cannot be read: {exc}.", "hint": ""}
            self._page_ended(volume, number, place, PageResult(verdict="failed", error=error), None)
            return
        key = order.key(hashlib.sha256(encoded).hexdigest())
        if key in self._tasks:  # the same picture is under way for another page
            self._tasks[key].append((volume, number, place))
            return
        known = self._store.get(key)
        self._tasks[key] = [(volume, number, place)]
        if known is not None:
            self._came(key, known)
        else:
            self._workers.add(Task(key, encoded, order.job))

    def _came(self, key: str, result: PageResult) -> None:
        waiting = self._tasks.pop(key)
        if result.verdict != "failed":
            for volume, _, _ in waiting:  # before the first of them is written and lets go of what it used
                volume.keys.add(key)
        for volume, number, place in waiting:
            self._page_ended(volume, number, place, result, key)

    def _page_ended(self, volume: _Open, number: int, place: int, result: PageResult, key: str | None) -> None:
        is_kept = key is not None and result.verdict != "failed"
        volume.ends[number][place] = key if is_kept and key is not None else result
        volume.seconds += result.seconds
        volume.waiting -= 1
        self._listener.page_ended(volume.source, volume.books[number].pages[place].name, result)
        if volume.waiting == 0:
            self._finish(volume)

    def _finish(self, volume: _Open) -> None:
        outputs: list[OutputRecord] = []
        fault = ""
        try:
            for number, book in enumerate(volume.books):
                if book.pages:
                    outputs.append(self._write(volume, number, book))
        except (BadRequest, ImageInvalid) as exc:
            fault = exc.words
        left_out = tuple((one.name, one.reason, one.lost) for book in volume.books for one in book.left_out)
        source, series = volume.source, tuple(book.series for book in volume.books)
        record = VolumeRecord(
            place=source.place,
            stamp=source.stamp,
            sha256="" if source.is_folder else file_digest(source.path),
            order=self._order_of(source, series),
            outputs=tuple(outputs),
            left_out=left_out,
            fault=fault,
            seconds=round(volume.seconds, 3),
            series=series,
        )
        self._open.remove(volume)
        _close(volume.books)
        self._end(source, record)
        others = {key for one in self._open for key in one.keys}
        self._store.drop(volume.keys - others)

    def _write(self, volume: _Open, number: int, book: Book) -> OutputRecord:
        ends = volume.ends[number]
        by_name = {page.name: place for place, page in enumerate(book.pages)}

        def result_of(page: BookPage) -> PageResult:
            end = ends[by_name[page.name]]
            if isinstance(end, PageResult):
                return end
            lost = {"message": "The coloured page is gone from the disk.", "hint": "Run again with --retry."}
            return self._store.get(end) or PageResult(verdict="failed", error=lost)

        direction = self._direction_of(book)
        before = self._manifest.get(volume.source.place)
        earlier = before.outputs if before is not None else ()
        worn = volume.worn[number]
        palette = worn.words if worn is not None else ""
        place, words = volume.places[number], volume.words[number]
        return self._writer.write(book, place, result_of, direction, words, earlier, palette)

    def _end(self, source: Source, record: VolumeRecord) -> None:
        self._manifest.add(record)
        self._listener.ended(source, record)


def _close(books: list[Book]) -> None:
    for book in books:
        book.close()
