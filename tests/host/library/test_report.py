"""What became of a shelf, in counts, in words and as a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from host.books.book import LeftOut
from host.library.manifest import OutputRecord, VolumeRecord
from host.library.report import ShelfReport, thumb_name

if TYPE_CHECKING:
    from collections.abc import Sequence

NOWHERE = Path("/nowhere")
GOOD = OutputRecord(
    path="A/v1.cbz", pages=5, coloured=3, left=2, written=5, left_reasons={"already_coloured": 1, "blank": 1},
    reference="v1, page 2", words="As it was said."
)  # fmt: skip
BAD = OutputRecord(path="A/<v2>.cbz", pages=4, coloured=1, failed=(("2.png", "<damaged>"),), written=2)


def record(place: str, *outputs: OutputRecord, **facts: object) -> VolumeRecord:
    return VolumeRecord(place=place, stamp="s", sha256="0", order="o", outputs=outputs, **facts)  # type: ignore[arg-type]


def report(
    records: Sequence[VolumeRecord] = (), left_out: Sequence[LeftOut] = (), seconds: float = 1.0, earlier: int = 0
) -> ShelfReport:
    return ShelfReport(records, left_out, seconds, earlier, "compact")


RECORDS = [
    record("A/v1", GOOD, seconds=12.34),
    record("A/v2", BAD, left_out=(("x.txt", "no page", False), ("y.zip", "damaged", True))),
    record("A/v3", fault="It is <broken>."),
]


def test_counts_are_those_of_all_volumes() -> None:
    told = report(RECORDS, [LeftOut("notes.txt", "no volume")], earlier=1)
    assert told.counts() == {
        "volumes": 3, "volumes_with_failures": 2, "volumes_done_before": 1, "pages": 9, "coloured": 4, "left": 2,
        "failed": 1, "written": 7, "left_out": 3,
    }  # fmt: skip
    assert told.summary() == (
        "3 volumes (1 done before), 9 pages in: 4 coloured, 2 left as they are, 1 failed, 2 not in the output, "
        "1 volume could not be read or written"
    )
    assert report([RECORDS[0]]).summary() == "1 volume, 5 pages in: 3 coloured, 2 left as they are"


@pytest.mark.parametrize(
    ("records", "left_out", "failed"),
    [
        ([RECORDS[0]], [], False),
        ([RECORDS[0]], [LeftOut("x", "no volume")], False),
        ([RECORDS[0]], [LeftOut("x", "unreadable", lost=True)], True),
        ([RECORDS[1]], [], True),
        ([RECORDS[2]], [], True),
    ],
)
def test_a_run_failed_where_a_page_did_or_may_be_lost(
    records: list[VolumeRecord], left_out: list[LeftOut], *, failed: bool
) -> None:
    assert report(records, left_out).has_failures == failed


def test_everything_is_told_as_json_has_it() -> None:
    plain = report(RECORDS, [LeftOut("n", "why", lost=True)], seconds=1.23456).plain()
    assert (plain["seconds"], plain["engine"]) == (1.235, "compact")
    assert plain["left_out"] == [{"name": "n", "reason": "why", "lost": True}]
    assert plain["volumes"][1]["outputs"][0]["failed"] == [{"page": "2.png", "reason": "<damaged>"}]
    assert plain["volumes"][1]["left_out"][1] == {"name": "y.zip", "reason": "damaged", "lost": True}


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_page_has_a_row_for_each_output_and_each_fault_and_names_are_no_markup() -> None:
    html = report(RECORDS, [], seconds=3725).html(NOWHERE)
    assert 'href="A/%3Cv2%3E.cbz"' in html
    assert "&lt;v2&gt;" in html
    assert "<v2>" not in html
    assert "It is &lt;broken&gt;." in html
    words = text_of(html)
    for told in ("12.3", "v1, page 2", "As it was said.", "left: 1 has colour already", "2 went wrong", "1 h 2 min"):
        assert told in words, told
    assert words.count("x.txt") == 0  # nothing is lost with it
    assert "2.png: &lt;damaged&gt;" in html
    assert "y.zip: damaged" in html


@pytest.mark.parametrize(("seconds", "words"), [(3.4, "3 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"), (7260, "2 h 1")])
def test_how_long_it_took_is_told_in_the_largest_units(seconds: float, words: str) -> None:
    assert f", in {words}" in report([RECORDS[0]], seconds=seconds).html(NOWHERE)


def test_other_files_are_counted_and_listed_up_to_a_bound_and_not_named_where_there_are_none() -> None:
    others = [LeftOut(f"<{number}>.txt", "no & volume") for number in range(250)]
    html = report([RECORDS[0]], others).html(NOWHERE)
    assert "250 other files are no volumes" in html
    assert "<li>&lt;199&gt;.txt: no &amp; volume</li>" in html
    assert "&lt;200&gt;.txt" not in html
    assert "other files are no volumes" not in report([RECORDS[0]]).html(NOWHERE)


def test_small_pictures_are_shown_where_they_are_and_there_are_not_too_many(tmp_path: Path) -> None:
    (tmp_path / thumb_name(GOOD.path)).write_bytes(b"webp")
    assert report([RECORDS[0]]).html(tmp_path).count("data:image/webp;base64,d2VicA==") == 1
    assert "<img" not in report([RECORDS[1]]).html(tmp_path)
    many = [record(f"v{number}", GOOD) for number in range(301)]
    assert "<img" in report(many[:300]).html(tmp_path)
    assert "<img" not in report(many).html(tmp_path)


def test_no_two_paths_have_one_small_picture() -> None:
    assert thumb_name("a") != thumb_name("b")
    assert thumb_name("\udc83.cbz").endswith(".webp")
