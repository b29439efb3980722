"""What became of pages, in words for people and as JSON for programs."""

from __future__ import annotations

from typing import Any

import pytest

from host.books.book import BookPage
from host.books.run import PageEnd
from host.cli.outcome import LeftRecord, Outcome, PageRecord
from tests.host.library.shelves import picture

GONE = {"code": "E_IMAGE", "message": "It is damaged.", "hint": "Get it again."}


def record(
    page: str = "1.png", verdict: Any = "coloured", output: str | None = "out/1.png", **facts: Any
) -> PageRecord:
    return PageRecord("book", page, verdict, output, **facts)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (record(), ""),
        (record(reason="blank", verdict="skipped"), "it is blank"),
        (record(reason="of_a_kind", verdict="skipped"), "it of a kind"),
        (record(error=GONE, reason="blank"), "It is damaged. Get it again."),
        (record(error=GONE | {"hint": ""}), "It is damaged."),
        (record(runmeta={"notes": ["a note"], "palettes": [{"fault": ""}, {"fault": "a fault"}]}), "a note a fault"),
    ],
)
def test_a_page_says_what_is_not_as_wanted(made: PageRecord, words: str) -> None:
    assert made.words == words


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (record(), "  1.png  coloured"),
        (record(verdict="failed", error=GONE), "  1.png  failed: It is damaged. Get it again."),
        (record(verdict="failed", output=None), "  1.png  failed (not in the output)"),
        (record(verdict="skipped", output=None, reason="blank"), "  1.png  skipped: it is blank"),
    ],
)
def test_a_page_s_line_says_where_it_is_not(made: PageRecord, line: str) -> None:
    assert made.line == line


def test_of_a_page_what_is_known_is_told() -> None:
    assert record().plain() == {"book": "book", "page": "1.png", "verdict": "coloured", "output": "out/1.png"}
    told = record(verdict="failed", output=None, error=GONE, reason="blank", runmeta={"a": 1}).plain()
    assert told.keys() == {"book", "page", "verdict", "reason", "error", "runmeta"}


def outcome(*records: PageRecord, left: tuple[LeftRecord, ...] = (), pictures: bool = False) -> Outcome:
    made = Outcome(pictures=pictures)
    for one in records:
        page = BookPage(one.page, lambda: picture(1))
        made.add(one, PageEnd(page, one.verdict, image=picture(2, coloured=True)))
    for each in left:
        made.leave_out(each)
    return made


def test_what_came_in_is_counted_with_the_reasons() -> None:
    made = outcome(
        record("1.png"),
        record("2.png", "cached"),
        record("3.png", "skipped", reason="blank"),
        record("4.png", "skipped", reason="blank", output=None),
        record("5.png", "failed", None, error=GONE),
        left=(LeftRecord("book", "a.txt", "not a picture"),),
    )
    counts = {"pages": 5, "coloured": 1, "cached": 1, "skipped": 2, "failed": 1, "written": 3, "left_out": 1}
    reasons = {"skipped": {"blank": 2}, "failed": {"It is damaged.": 1}, "left_out": {"not a picture": 1}}
    assert made.counts() == counts
    assert made.reasons() == reasons
    told = made.plain()
    assert told["counts"] == counts
    assert told["reasons"] == reasons
    assert [one["page"] for one in told["pages"]] == [f"{number}.png" for number in range(1, 6)]
    assert told["left_out"] == [{"book": "book", "name": "a.txt", "reason": "not a picture"}]
    assert told["duration_s"] >= 0
    words, _, seconds = made.summary().rpartition(" in ")
    assert words == (
        "5 pages in: 1 coloured, 1 from the cache, 2 left as they are (2 is blank), 1 failed (1 It is damaged),"
        " 1 left out (1 not a picture), 2 not in the output"
    )
    assert seconds.endswith(" s")


def test_of_one_page_all_is_well() -> None:
    made = outcome(record())
    assert made.summary().startswith("1 page in: 1 coloured in ")
    assert made.reasons() == {}
    assert not made.has_failures
    made.unwritten("another")
    assert made.counts()["written"] == 1
    made.unwritten("book")
    assert made.counts()["written"] == 0


@pytest.mark.parametrize(("length", "shown"), [(80, 80), (81, 80)])
def test_a_long_reason_is_cut(length: int, shown: int) -> None:
    summary = outcome(record(verdict="failed", error=GONE | {"message": "x" * length})).summary()
    assert ("x" * 80 in summary) == (length == 80)
    assert len(summary.partition("(1 ")[2].partition(")")[0]) == shown


def test_what_fails_and_what_may_hold_pages_counts_as_failure() -> None:
    assert outcome(record(verdict="failed")).has_failures
    assert outcome(left=(LeftRecord("b", "n", "r", lost=True),)).has_failures
    assert not outcome(left=(LeftRecord("b", "n", "r"),)).has_failures


def test_the_report_shows_pages_in_their_order_and_the_coloured_beside_the_grey() -> None:
    made = outcome(record("2.png"), record("1.png", "skipped", reason="blank"), pictures=True)
    html = made.report({"book": ["1.png", "2.png"]}, "toy", [("cover", picture(3))])
    assert html.index("1.png") < html.index("2.png")
    assert html.count("data:image/") == 4  # two as they were, one coloured, a reference
    assert "It is blank" in html
    assert "<title>book" in html
    assert "2 books" in outcome(pictures=True).report({"a": [], "b": []}, "toy", [])
