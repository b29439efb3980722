"""What `irodori colorize` makes of what was asked for, before and after its pages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from host.books.layout import Layout
from host.cli.colorize import Request, _direction, _wish
from host.studio.elements.wishes import Wish

NOTHING = Request(inputs=(), layout=Layout(Path("out")))


def test_a_wish_is_taken_as_it_is_written_without_elements() -> None:
    assert _wish(NOTHING) is None
    asked = Request(inputs=(), layout=NOTHING.layout, wish="@Hero runs")
    assert _wish(asked) == Wish("@Hero runs", ())


def test_nothing_is_asked_for_that_nobody_said() -> None:
    assert (NOTHING.references, NOTHING.corrections, NOTHING.series, NOTHING.direction) == ((), {}, "", "auto")
    assert {NOTHING.wish, NOTHING.elements, NOTHING.preset, NOTHING.engine} == {None}
    assert {NOTHING.seed, NOTHING.strength, NOTHING.keep_coloured} == {None}
    assert {NOTHING.runmeta, NOTHING.report, NOTHING.json} == {False}


@pytest.mark.parametrize(
    ("wanted", "read", "direction"),
    [
        ("auto", {"rtl": 2, "ltr": 1, "": 9}, "rtl"),
        ("auto", {"rtl": 1, "ltr": 2}, "ltr"),
        ("auto", {"rtl": 2, "ltr": 2}, "auto"),
        ("auto", {}, "auto"),
        ("ltr", {"rtl": 2}, "ltr"),
    ],
)
def test_a_book_is_read_as_was_asked_for_or_as_most_of_its_pages(
    wanted: str, read: dict[str, int], direction: str
) -> None:
    assert _direction(wanted, Counter(read)) == direction  # type: ignore[arg-type]
