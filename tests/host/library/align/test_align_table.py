"""The alignment's table and lists: which page stands where, how scores are spread, how many rows."""

from __future__ import annotations

import csv
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.library.align import table
from host.library.align.pairs import PagePair
from host.library.align.table import COLUMNS, Distribution, TableFiles, csv_bytes, write_table

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("polars")


def found(score: int, *, perfect: bool = False, near: bool = False) -> Any:
    return SimpleNamespace(
        score=score, is_perfect=perfect, is_near=near, detector_panels=3, model_panels=2, panel_ratio=2 / 3,
        text_coverage=0.5, order_coherence=None, ocr_coverage=0.25, reason=f"why {score}",
    )  # fmt: skip


PAIRS = [
    PagePair(id=f"p{number}", picture_path=f"/pages/p{number}.png", number=number, md5=f"m{number}")
    for number in range(5)
]
ENDS = [found(4, perfect=True), found(3, near=True), found(2), found(4), found(0)]


@pytest.fixture
def agreed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let pages agree as told; return the bounds that were asked for."""
    bounds: list[float] = []
    by_id = {pair.id: end for pair, end in zip(PAIRS, ENDS, strict=True)}
    monkeypatch.setattr(table, "agreement", lambda pair, least: bounds.append(least) or by_id[pair.id])
    return bounds


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def test_every_page_has_a_row_and_stands_in_the_lists_that_it_belongs_to(tmp_path: Path, agreed: list[float]) -> None:
    path = tmp_path / "t.csv"
    write_table(iter(PAIRS), path, 0.75)
    assert agreed == [0.75] * 5
    written = rows(path)
    assert list(written[0]) == list(COLUMNS)
    assert [one["page_id"] for one in written] == ["p0", "p1", "p2", "p3", "p4"]
    first = written[0]
    assert (first["image_path"], first["page_num"], first["score"], first["reason"]) == (
        "/pages/p0.png",
        "1",
        "4",
        "why 4",
    )
    assert (first["detector_panels"], first["model_panels"], first["panel_ratio"]) == ("3", "2", "0.666667")
    assert (first["text_coverage"], first["order_coherence"], first["ocr_text_coverage"]) == (
        "0.500000",
        "",
        "0.250000",
    )
    assert first["md5"] == "m0"
    assert lines(tmp_path / "t_perfect_matches.txt") == lines(tmp_path / "t_high_quality.txt") == ["/pages/p0.png"]
    assert lines(tmp_path / "t_near_perfect.txt") == ["/pages/p1.png"]
    assert [one["page_id"] for one in rows(tmp_path / "t_perfect_match_training_manifest.csv")] == ["p0"]


def test_the_spread_counts_pages_by_their_scores(tmp_path: Path, agreed: list[float]) -> None:
    assert write_table(iter(PAIRS), tmp_path / "t.csv").rows() == [
        ("perfect matches", 1, 0.2),
        ("near-perfect", 1, 0.2),
        ("high quality (score 4)", 2, 0.4),
        ("medium quality (score 3)", 1, 0.2),
        ("low quality (score 0-2)", 2, 0.4),
    ]
    assert {share for _, _, share in Distribution().rows()} == {0.0}


@pytest.mark.parametrize(("limit", "count"), [(None, 5), (0, 0), (2, 2), (9, 5)])
def test_so_many_pages_and_no_more(limit: int | None, count: int, tmp_path: Path, agreed: list[float]) -> None:
    asked: list[str] = []
    pairs = (asked.append(pair.id) or pair for pair in PAIRS)
    assert write_table(pairs, tmp_path / "t.csv", limit=limit).pages == count
    assert len(rows(tmp_path / "t.csv")) == count


@pytest.mark.parametrize("at_once", [1, 2, 5, 6])
def test_rows_are_written_a_part_at_a_time_each_once(
    at_once: int, tmp_path: Path, agreed: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_ROWS_AT_ONCE", at_once)
    held: list[int] = []
    whole = csv_bytes

    def noted(some: list[dict[str, Any]], *, header: bool = False) -> bytes:
        held.append(len(some))
        return whole(some, header=header)

    monkeypatch.setattr(table, "csv_bytes", noted)
    write_table(iter(PAIRS), tmp_path / "t.csv")
    assert [one["page_id"] for one in rows(tmp_path / "t.csv")] == ["p0", "p1", "p2", "p3", "p4"]
    assert max(held[:-1]) <= at_once


def test_no_rows_are_nothing_and_with_a_header_a_header() -> None:
    assert csv_bytes([]) == b""
    assert csv_bytes([], header=True).decode() == ",".join(COLUMNS) + "\n"


def test_files_stand_beside_the_table_and_are_called_like_it(tmp_path: Path) -> None:
    assert TableFiles(tmp_path / "a.b.csv").beside("_x.txt") == tmp_path / "a.b_x.txt"


def test_a_name_that_is_no_text_is_written_as_far_as_it_is(tmp_path: Path, agreed: list[float]) -> None:
    odd = replace(PAIRS[0], picture_path="/pages/\udcff.png")
    write_table([odd], tmp_path / "t.csv")
    assert (tmp_path / "t_perfect_matches.txt").read_bytes() == b"/pages/\xff.png\n"
    assert len(rows(tmp_path / "t.csv")) == 1
