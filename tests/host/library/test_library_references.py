"""Whose colours a volume takes, case by case; covers are read from volumes on the disk."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.books.book import Book, BookPage, UnreadablePage
from host.errors import BadRequest
from host.library.references import Chosen, References, read_mapping, read_named
from host.library.shelf import Source, find_volumes
from tests.host.library.shelves import Inline, make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Callable

GREY, COVER, OTHER = picture(1), picture(2, coloured=True), picture(3, coloured=True)
NAMED = Chosen((object(),), "named")  # type: ignore[arg-type]


def source(place: str, series: str = "") -> Source:
    return Source(Path(f"/s/{place}.cbz"), place, series, 1, "", Path("/out"))


@pytest.mark.parametrize(
    ("pattern", "place", "series", "own_series", "fits"),
    [
        ("A/1", "A/1", "A", "", True),
        ("A", "A/1", "A", "", True),
        ("A/*", "A/1", "A", "", True),
        ("Rain*", "A/1", "A", "Rain Town", True),
        ("a/1", "A/1", "A", "", False),
        ("*", "x", "", "", True),
        ("", "x", "", "", False),
    ],
)
def test_a_pattern_fits_a_volume_its_folder_or_what_its_books_call_their_series(
    pattern: str, place: str, series: str, own_series: str, fits: bool
) -> None:
    mapped = Chosen((), "mapped")
    references = References(NAMED, {"no": Chosen(), pattern: mapped}, [], lambda _: False)
    assert references.told(source(place, series), own_series) is (mapped if fits else NAMED)


def test_the_first_pattern_that_fits_decides_and_then_what_was_named_for_all() -> None:
    first, second = Chosen((), "first"), Chosen((), "second")
    references = References(NAMED, {"A*": first, "*1": second}, [], lambda _: False)
    assert references.told(source("A1")) is first
    assert references.told(source("B1")) is second
    assert references.told(source("B2")) is NAMED
    assert References(Chosen(words="none"), {}, [], lambda _: False).told(source("B2")) is None


def book(*pages: bytes | None, covers: dict[int, str] | None = None) -> Book:
    def unreadable() -> bytes:
        raise UnreadablePage("torn")

    def page(number: int, data: bytes | None) -> BookPage:
        return BookPage(f"{number}.png", unreadable if data is None else lambda: data)

    facts: Any = {place: SimpleNamespace(kind=kind) for place, kind in (covers or {}).items()}
    info: Any = SimpleNamespace(pages=facts, series="") if covers is not None else None
    return Book("B", tuple(page(*each) for each in enumerate(pages)), (), frozenset(), info=info)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (book(COVER, OTHER), "its page 0.png"),
        (book(GREY, GREY, COVER), "its page 2.png"),
        (book(GREY, GREY, GREY, COVER), None),
        (book(), None),
        (book(None, b"no picture", COVER), "its page 2.png"),
        (book(COVER, GREY, GREY, OTHER, covers={3: "FrontCover"}), "its page 3.png"),
        (book(COVER, OTHER, covers={1: "FrontCover", 0: "Story"}), "its page 1.png"),
        (book(COVER, OTHER, covers={1: "FrontCover", 0: "FrontCover"}), "its page 0.png"),
        (book(COVER, GREY, covers={1: "FrontCover"}), None),
        (book(COVER, covers={7: "FrontCover"}), None),
        (book(COVER, covers={}), "its page 0.png"),
        (book(COVER, covers={0: "Story"}), "its page 0.png"),
    ],
)
def test_a_cover_is_the_first_page_in_colour_of_those_that_may_be_one(made: Book, words: str | None) -> None:
    chosen = References(Chosen(), {}, [], Inline().has_colour).of(source("v"), made)
    assert chosen.words == (words or "no reference: no cover in colour")
    assert len(chosen.pictures) == (1 if words else 0)


def shelf(folder: Path, **volumes: dict[str, bytes]) -> tuple[Source, ...]:
    for place, files in volumes.items():
        make_cbz(folder / "shelf" / f"{place.replace('_', '/')}.cbz", files)
    return find_volumes([folder / "shelf"], folder / "out").sources


def asking(has_colour: Callable[[bytes], bool]) -> tuple[list[bytes], Callable[[bytes], bool]]:
    asked: list[bytes] = []

    def ask(encoded: bytes) -> bool:
        asked.append(encoded)
        return has_colour(encoded)

    return asked, ask


def test_a_series_lends_the_first_cover_that_one_of_its_first_volumes_has(tmp_path: Path) -> None:
    volumes = {f"A_{number}": {"0.png": GREY} for number in range(1, 5)}
    sources = shelf(
        tmp_path, **volumes, A_5={"0.png": GREY, "1.png": COVER}, A_6={"0.png": OTHER}, B_1={"0.png": OTHER}
    )
    (tmp_path / "shelf" / "A" / "2.cbz").write_bytes(b"PK\3\4")
    asked, ask = asking(Inline().has_colour)
    references = References(Chosen(), {}, sources, ask)
    by_place = {one.place: one for one in sources}
    assert references.of(by_place["A/1"], book(GREY)).words == "page 1.png of 5.cbz"
    count = len(asked)
    assert references.of(by_place["A/3"], book(GREY)).words == "page 1.png of 5.cbz"
    assert len(asked) == count + 1  # its own page alone: the series was looked at
    assert references.of(by_place["B/1"], book(GREY)).words == "page 0.png of 1.cbz"


def test_no_more_than_five_volumes_of_a_series_are_asked(tmp_path: Path) -> None:
    volumes = {f"A_{number}": {"0.png": GREY} for number in range(1, 6)}
    sources = shelf(tmp_path, **volumes, A_6={"0.png": COVER})
    references = References(Chosen(), {}, sources, Inline().has_colour)
    assert references.of(sources[0], book(GREY)).words == "no reference: no cover in colour"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", " is no mapping."),
        ('{"a": 1}', ": 'a' names no pictures."),
        ('{"a": []}', ": 'a' names no pictures."),
        ('{"a": ["x", 1]}', ": 'a' names no pictures."),
    ],
)
def test_what_is_no_mapping_is_named(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(text)
    with pytest.raises(BadRequest) as told:
        read_mapping(tmp_path / "map.json")
    assert told.value.message == f"{tmp_path / 'map.json'}{words}"
    assert told.value.hint == 'A JSON object: {"Series/*": ["cover.jpg"]}, with paths from its own folder.'


@pytest.mark.parametrize("content", [None, b"{", b'{"a": "' + b"x" * (1 << 20)])
def test_a_mapping_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "map.json").write_bytes(content)
    with pytest.raises(BadRequest, match=r"map\.json cannot be read: ") as told:
        read_mapping(tmp_path / "map.json")
    assert told.value.hint.startswith("A JSON object")


def test_a_mapping_s_pictures_lie_beside_it(tmp_path: Path) -> None:
    assert read_mapping(None) == {}
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.png").write_bytes(COVER)
    (tmp_path / "two.png").write_bytes(OTHER)
    (tmp_path / "map.json").write_text(json.dumps({"A*": "a/one.png", "B": ["two.png", "a/one.png"]}))
    mapping = read_mapping(tmp_path / "map.json")
    assert [(pattern, one.words, len(one.pictures)) for pattern, one in mapping.items()] == [
        ("A*", "one.png", 1),
        ("B", "two.png, one.png", 2),
    ]


def test_of_what_is_named_those_without_colour_are_left_out_and_said(tmp_path: Path) -> None:
    for name, data in {"a.png": COVER, "grey.png": GREY}.items():
        (tmp_path / name).write_bytes(data)
    chosen, said = read_named([tmp_path / "a.png", tmp_path / "grey.png"])
    assert (chosen.words, len(chosen.pictures)) == ("a.png", 1)
    assert len(said) == 1
    assert "grey.png" in said[0]
