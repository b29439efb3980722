"""How a shelf goes, on a terminal: a bar over all pages with the time that is left, a line for each volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from host.books.names import printable
from host.library.report import whose_colours

if TYPE_CHECKING:
    from rich.console import Console

    from host.library.colourer import PageResult
    from host.library.manifest import VolumeRecord
    from host.library.plan import Plan
    from host.library.shelf import Source


def shelf_bars(console: Console) -> Progress:
    """Return bars with counts and the time that is left; nothing is drawn on anything but a terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    )


class ShelfBars:
    """The bars of a run over a shelf, and lines above them. A context manager; listeners of runs derive from it."""

    def __init__(self, console: Console, pages: int, volumes: int) -> None:
        self._console = console
        self._bars = shelf_bars(console)
        self._volumes = self._bars.add_task("volumes", total=volumes, unit="volumes")
        self._pages = self._bars.add_task("pages", total=pages, unit="pages")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def began(self, source: Source, pages: int) -> None:
        """Show which volume is being worked on."""
        self._bars.update(self._pages, description=printable(f"{source.place[-40:]} ({pages})"))

    def _say(self, line: str) -> None:
        self._console.print(printable(line), markup=False, soft_wrap=True)


class ShelfProgress(ShelfBars):
    """Listens to a run that colours; on anything but a terminal only the lines are printed."""

    def __init__(self, console: Console, plan: Plan) -> None:
        super().__init__(console, plan.pages, len(plan.to_do))

    def page_ended(self, source: Source, page: str, result: PageResult) -> None:
        """Count a page; tell one that failed."""
        self._bars.advance(self._pages)
        if result.verdict == "failed":
            words = f"{result.error.get('message', '')} {result.error.get('hint', '')}".strip()
            self._say(f"  {source.place}: {page}  failed: {words}")

    def ended(self, source: Source, record: VolumeRecord) -> None:
        """Count a volume and print its line."""
        self._bars.advance(self._volumes)
        if record.fault:
            self._say(f"{source.place}  failed: {record.fault}")
        for name, reason, lost in record.left_out:
            if lost:
                self._say(f"  {source.place}: {name}  left out: {reason}")
        for one in record.outputs:
            counts = [f"{one.coloured} coloured", f"{one.left} left"]
            counts += [f"{len(one.failed)} failed"] if one.failed else []
            where = one.path or "not written"
            self._say(f"{where}  {', '.join(counts)} of {one.pages}; {whose_colours(one)} {one.words}".rstrip("; "))
