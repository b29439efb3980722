"""The progress of a book on a terminal: one bar over all its pages, a line for each page that has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from rich.console import Console

    import host.books.run as run
    from host.books.book import Book, BookPage


class BookProgress:
    """A context manager; on anything but a terminal only the lines are printed."""

    def __init__(self, console: Console, book: Book) -> None:
        self._console = console
        self._fractions: dict[str, float] = {}
        self._ended = 0
        self._left = ""
        self._total = len(book.pages)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[pages]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bars.add_task(book.name[:40], total=self._total, pages=f"0/{self._total}", left="")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def advance(self, event: run.Progress) -> None:
        """Show how far a page is."""
        self._fractions[event.page.name] = event.fraction_01
        self._left = "" if event.eta_s is None else f"{event.eta_s:.0f} s left"
        self._show()

    def end(self, page: BookPage, line: str) -> None:
        """Count a page and print its line above the bar."""
        self._fractions[page.name] = 1.0
        self._ended += 1
        self._console.print(line, markup=False, soft_wrap=True)
        self._show()

    def _show(self) -> None:
        pages = f"{self._ended}/{self._total}"
        self._bars.update(self._task, completed=sum(self._fractions.values()), pages=pages, left=self._left)
