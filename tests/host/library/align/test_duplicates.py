"""Doubles: exact and near ones, every near pair found, one page of a group kept."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import BadRequest
from host.library.align.duplicates import near_pairs, read_table, tag_duplicates, write_rows

if TYPE_CHECKING:
    from pathlib import Path


def row(page_id: str, md5: str = "", phash: str = "", kind: str = "story") -> dict[str, object]:
    return {"page_id": page_id, "image_path": f"/{page_id}", "md5": md5, "phash": phash, "kind": kind}


@given(st.integers(0, 6), st.integers(0, 999))
def test_every_pair_within_the_distance_is_joined_and_no_other(distance: int, seed: int) -> None:
    dice = random.Random(seed)
    hashes: list[int | None] = [dice.getrandbits(64) for _ in range(6)]
    for base in list(hashes):
        value = base or 0
        for bit in dice.sample(range(64), dice.randint(0, 8)):
            value ^= 1 << bit
        hashes.append(value)
    hashes.append(None)
    found = {tuple(sorted(pair)) for pair in near_pairs(hashes, distance)}
    expected = {
        (one, other)
        for other in range(len(hashes))
        for one in range(other)
        if hashes[one] is not None and hashes[other] is not None
        and (hashes[one] ^ hashes[other]).bit_count() <= distance  # type: ignore[operator]
    }  # fmt: skip
    assert found <= expected
    assert joined(found, len(hashes)) == joined(expected, len(hashes))


def joined(pairs: set[tuple[int, int]], count: int) -> list[int]:
    first = list(range(count))
    for _ in range(count):
        for one, other in pairs:
            first[one] = first[other] = min(first[one], first[other])
    return first


def test_columns_say_which_page_is_kept_and_why_others_are_not() -> None:
    rows = [
        row("b/1", "m1", "00ff00ff00ff00ff"),
        row("a/1", "m1", "00ff00ff00ff00ff"),
        row("c/1", "m2", "00ff00ff00ff00fe"),
        row("d/1", "m3", "ff00ff00ff00ff00"),
        row("e/blank", "m4", "0123456789abcdef", "blank"),
        row("f/blank", "m5", "0123456789abcdef", "blank"),
        row("g/unread"),
    ]
    tagged = {str(one["page_id"]): one for one in tag_duplicates(rows, perceptual=True)}
    assert list(tagged) == [one["page_id"] for one in rows]
    assert [tagged[page]["dup_canonical_key"] for page in ("a/1", "b/1", "c/1")] == ["a/1"] * 3
    assert [tagged[page]["dup_reason"] for page in ("a/1", "b/1", "c/1", "d/1")] == ["", "exact", "phash", ""]
    assert tagged["a/1"]["dup_group_exact"] == tagged["b/1"]["dup_group_exact"] == 1
    assert tagged["c/1"]["dup_group_exact"] is None
    assert len({tagged[page]["dup_group_phash"] for page in ("a/1", "b/1", "c/1")}) == 1
    assert tagged["d/1"]["dup_group_phash"] is None
    assert tagged["f/blank"]["dup_reason"] == ""
    for column in ("md5", "phash"):
        assert [one[f"dup_{column}"] for one in tagged.values()] == [one[column] for one in rows]
    assert tagged["g/unread"]["dup_canonical_key"] == "g/unread"
    plain = {str(one["page_id"]): one for one in tag_duplicates(rows, perceptual=False)}
    assert plain["c/1"]["dup_reason"] == ""
    assert plain["c/1"]["dup_phash"] == ""
    assert plain["b/1"]["dup_md5"] == "m1"


def test_a_page_whose_hashes_nobody_knows_has_empty_ones() -> None:
    for unknown in ({"page_id": "a"}, {"page_id": "a", "md5": None, "phash": None}):
        (tagged,) = tag_duplicates([unknown], perceptual=True)
        assert (tagged["dup_md5"], tagged["dup_phash"]) == ("", "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"page_id,other\na,b\n", " has no column 'image_path'."),
        (b"other,image_path\na,b\n", " has no column 'page_id'."),
        (None, " cannot be read: "),
    ],
)
def test_a_table_that_is_none_is_named(content: bytes | None, words: str, tmp_path: Path) -> None:
    pytest.importorskip("polars")
    path = tmp_path / "table.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadRequest) as told:
        read_table(path)
    assert told.value.message.startswith(f"{path}{words}")
    assert told.value.hint == "Name the CSV that `library align` wrote."


def test_a_table_is_texts_and_nothing_is_an_empty_one(tmp_path: Path) -> None:
    pytest.importorskip("polars")
    (tmp_path / "t.csv").write_bytes(b"page_id,image_path,score\na,/a,007\nb,,\n")
    rows = read_table(tmp_path / "t.csv")
    assert rows == [
        {"page_id": "a", "image_path": "/a", "score": "007"}, {"page_id": "b", "image_path": "", "score": ""},
    ]  # fmt: skip
    assert write_rows([{"a": 1, "b": None}, {"a": None, "b": "x,y"}]) == b'a,b\n1,\n,"x,y"\n'
