"""What is known of pages, books and volumes, as lines of the ledgers have it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from host.library.understand.entries import BookAnalysis, PageEntry, VolumeAnalysis, page_entry, volume_analysis


def book(**facts: Any) -> BookAnalysis:
    return BookAnalysis(place="S/v1", within=0, pages=3, **facts)


def volume(**facts: Any) -> VolumeAnalysis:
    return VolumeAnalysis(place="S/v1", path="/s/v1.cbz", stamp="1", order="one", **facts)


def test_a_line_without_more_says_that_all_is_well_and_nothing_was_told() -> None:
    found = volume_analysis(
        {"place": "a", "path": "/a", "stamp": "", "order": "", "books": [{"place": "a", "within": 1, "pages": 2}]}
    )
    assert found == VolumeAnalysis(
        place="a", path="/a", stamp="", order="", teller="", is_folder=False, series="", fault="", seconds=0.0,
        books=(BookAnalysis(place="a", within=1, pages=2, failed=0, told=0, untold=0, series="", issue="", title="",
                            direction="auto", kinds={}),),
    )  # fmt: skip
    assert not found.has_failures
    assert volume_analysis({"place": "a", "path": "/a", "stamp": "", "order": ""}).books == ()
    page = page_entry({"id": "a/1", "name": "1", "stem": "1", "number": 4})
    assert page == PageEntry(
        id="a/1", name="1", stem="1", number=4, sha256="", md5="", order="", direction="", story="", fault="",
        story_fault="",
    )  # fmt: skip
    assert [one for one in asdict(book()).values() if one not in ("", (), {})] == ["S/v1", 0, 3, 0, 0, 0, "auto"]


def test_what_is_written_is_read_again() -> None:
    whole = volume(books=(book(failed=1, told=2, untold=3, kinds={"0": "Story"}), book()), seconds=1.5, fault="f")
    assert volume_analysis(asdict(whole)) == whole
    page = PageEntry(id="a", name="b", stem="c", number=1, sha256="d", story="e")
    assert page_entry(asdict(page)) == page


@pytest.mark.parametrize(
    ("facts", "fails"),
    [
        ({}, False),
        ({"fault": "gone"}, True),
        ({"books": (book(told=3),)}, False),
        ({"books": (book(), book(failed=1))}, True),
        ({"books": (book(), book(untold=1))}, True),
    ],
)
def test_a_volume_fails_with_any_of_its_pages(facts: dict[str, Any], fails: bool) -> None:
    assert volume(**facts).has_failures is fails
