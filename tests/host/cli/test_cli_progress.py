"""The bars of a book and of a shelf, on a terminal of our own and on none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from host.books.book import Book, BookPage
from host.books.run import Progress
from host.cli.library.progress import ShelfProgress, shelf_bars
from host.cli.progress import BookProgress
from host.library.colourer import PageResult
from host.library.manifest import OutputRecord, VolumeRecord
from host.library.plan import Plan, PlannedVolume
from host.library.shelf import Source

if TYPE_CHECKING:
    from rich.progress import Task

SOURCE = Source(Path("/shelf/v"), "Série/" + "v" * 50 + "[1]", "Série", 1, "stamp", Path("/out"))
RECORD = VolumeRecord(place=SOURCE.place, stamp="s", sha256="0", order="o")


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=300, highlight=False, color_system=None)


def lines(where: Console) -> list[str]:
    assert isinstance(where.file, io.StringIO)
    return where.file.getvalue().splitlines()


def page(name: str) -> BookPage:
    return BookPage(name, lambda: b"")


def book(*pages: BookPage) -> Book:
    return Book("B" * 60, pages, (), frozenset())


def bar(progress: BookProgress) -> Task:
    return progress._bars.tasks[0]


def test_a_book_s_bar_adds_up_what_each_page_has_and_tells_the_time_that_is_left() -> None:
    one, two = page("1.png"), page("2.png")
    with BookProgress(console(), book(one, two, page("3.png"))) as progress:
        assert (bar(progress).description, bar(progress).total, bar(progress).completed) == ("B" * 40, 3, 0)
        assert bar(progress).fields == {"pages": "0/3", "left": ""}
        progress.advance(Progress(one, 0.25, None))
        assert bar(progress).fields == {"pages": "0/3", "left": ""}
        progress.advance(Progress(two, 0.5, 12.6))
        assert bar(progress).completed == pytest.approx(0.75)
        assert bar(progress).fields == {"pages": "0/3", "left": "13 s left"}
        progress.end(one, "1.png  coloured")
        assert bar(progress).completed == pytest.approx(1.5)
        assert bar(progress).fields == {"pages": "1/3", "left": "13 s left"}
        progress.advance(Progress(two, 0.75, None))
        assert bar(progress).completed == pytest.approx(1.75)
        assert bar(progress).fields == {"pages": "1/3", "left": ""}


def test_where_there_is_no_terminal_only_lines_are_printed_as_they_are() -> None:
    where = console()
    line = "[red]1.png[/]  coloured " + "x" * 400
    with BookProgress(where, book(page("1.png"))) as progress:
        progress.end(page("1.png"), line)
    assert lines(where) == [line]
    assert progress._bars.disable


def test_on_a_terminal_bars_are_drawn_while_it_is_open_and_then_taken_away() -> None:
    where = console(terminal=True)
    with BookProgress(where, book(page("1.png"))) as progress:
        assert progress._bars.live.is_started
        progress.advance(Progress(page("1.png"), 0.5, 3.0))
        progress._bars.refresh()
    assert not progress._bars.live.is_started
    assert progress._bars.live.transient
    drawn = "\n".join(lines(where))
    for part in ("B" * 40, "0/1", "3 s left", "━"):
        assert part in drawn


def test_a_shelf_s_bars_count_with_their_unit_and_are_drawn_on_a_terminal_alone() -> None:
    assert shelf_bars(console()).disable
    where = console(terminal=True)
    bars = shelf_bars(where)
    assert (bars.disable, bars.live.transient) == (False, True)
    with bars:
        bars.add_task("[b]volumes[/b]", total=7, completed=2, unit="books")
        bars.refresh()
    drawn = "\n".join(lines(where))
    for part in ("[b]volumes[/b]", "2/7", "books", "0:00:00", "━", "-:--:--"):
        assert part in drawn


def test_what_has_ended_tells_how_long_it_took() -> None:
    assert shelf_bars(console()).columns[-1].elapsed_when_finished  # type: ignore[attr-defined]


def shelf(where: Console) -> ShelfProgress:
    done = PlannedVolume(SOURCE, 9, done=RECORD)
    volumes = (PlannedVolume(SOURCE, 3), done, PlannedVolume(SOURCE, 2))
    return ShelfProgress(where, Plan(volumes, 1.0, 1, 1, is_guess=False))


def counts(progress: ShelfProgress) -> dict[str, tuple[Any, ...]]:
    return {task.fields["unit"]: (task.completed, task.total) for task in progress._bars.tasks}


def test_volumes_and_pages_are_counted_that_are_to_do() -> None:
    with shelf(console()) as progress:
        assert counts(progress) == {"volumes": (0, 2), "pages": (0, 5)}
        assert [task.description for task in progress._bars.tasks] == ["volumes", "pages"]
        progress.began(SOURCE, 3)
        assert progress._bars.tasks[1].description == f"{SOURCE.place[-40:]} (3)"
        progress.page_ended(SOURCE, "1.png", PageResult(verdict="coloured"))
        progress.page_ended(SOURCE, "2.png", PageResult(verdict="skipped"))
        assert counts(progress) == {"volumes": (0, 2), "pages": (2, 5)}
        progress.ended(SOURCE, RECORD)
        assert counts(progress) == {"volumes": (1, 2), "pages": (2, 5)}


def test_the_bars_of_a_shelf_are_drawn_while_it_is_open() -> None:
    where = console(terminal=True)
    with shelf(where) as progress:
        assert progress._bars.live.is_started
    assert not progress._bars.live.is_started


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (PageResult(verdict="coloured"), []),
        (PageResult(verdict="skipped", reason="blank"), []),
        (PageResult(verdict="failed", error={"message": "Broken.", "hint": "Mend it."}), ["Broken. Mend it."]),
        (PageResult(verdict="failed", error={"hint": "Mend it."}), ["Mend it."]),
        (PageResult(verdict="failed"), [""]),
    ],
)
def test_a_page_that_failed_is_told(result: PageResult, expected: list[str]) -> None:
    where = console()
    with shelf(where) as progress:
        progress.page_ended(SOURCE, "[1].png", result)
    assert lines(where) == [f"  {SOURCE.place}: [1].png  failed: {words}" for words in expected]


def ended(**facts: Any) -> list[str]:
    where = console()
    with shelf(where) as progress:
        progress.ended(SOURCE, VolumeRecord(place=SOURCE.place, stamp="s", sha256="0", order="o", **facts))
    return lines(where)


def test_a_volume_tells_why_it_failed_what_it_may_have_lost_and_its_outputs() -> None:
    assert ended() == []
    assert ended(fault="It is empty.") == [f"{SOURCE.place}  failed: It is empty."]
    assert ended(left_out=(("a.txt", "no picture", False), ("b.png", "locked", True))) == [
        f"  {SOURCE.place}: b.png  left out: locked"
    ]


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (OutputRecord(path="v.cbz", pages=3, coloured=2, left=1), "v.cbz  2 coloured, 1 left of 3"),
        (OutputRecord(path="", pages=1), "not written  0 coloured, 0 left of 1"),
        (
            OutputRecord(path="v.cbz", pages=3, failed=(("1.png", "x"), ("2.png", "y")), reference="cover.jpg"),
            "v.cbz  0 coloured, 0 left, 2 failed of 3; cover.jpg",
        ),
        (
            OutputRecord(path="v.cbz", pages=1, coloured=1, palette="the palette", reference="a.jpg", words="Note."),
            "v.cbz  1 coloured, 0 left of 1; a.jpg; the palette Note.",
        ),
    ],
)
def test_an_output_has_a_line(output: OutputRecord, line: str) -> None:
    assert ended(outputs=(output,)) == [line]
