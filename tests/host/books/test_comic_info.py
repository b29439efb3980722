from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books.comic_info import PageFacts, made, read_comic_info, updated, xml_text

TEXT = """<?xml version="1.0"?>
<ComicInfo xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Series>Étoiles &amp; co</Series><Number>3</Number><Manga>YesAndRightToLeft</Manga>
  <BlackAndWhite>Yes</BlackAndWhite><PageCount>9</PageCount><Odd>kept</Odd>
  <Pages>
    <Page Image="0" Type="FrontCover" ImageSize="1" ImageWidth="10"/>
    <Page Image="1" DoublePage="true"/><Page Image="77" ImageSize="5"/>
  </Pages>
</ComicInfo>"""


def test_what_a_volume_says_of_itself_is_read() -> None:
    info = read_comic_info(TEXT.encode())
    assert info is not None
    assert (info.series, info.number, info.direction) == ("Étoiles & co", "3", "rtl")
    assert info.pages[0].kind == "FrontCover"
    assert info.pages[1].is_double
    for data in (TEXT.replace("utf-8", "utf-16").encode("utf-16"), TEXT.replace("<ComicInfo ", "<comicinfo ").encode()):
        again = read_comic_info(data.replace(b"</ComicInfo>", b"</comicinfo>") if b"<comicinfo" in data else data)
        assert again is not None
        assert again.series == info.series


def test_on_the_way_out_it_is_true_of_the_pages_and_keeps_the_rest() -> None:
    out = updated(TEXT.encode(), [100, 200], coloured=True)
    assert b"<Odd>kept</Odd>" in out
    assert b"<PageCount>2</PageCount>" in out
    assert b"<BlackAndWhite>No</BlackAndWhite>" in out
    assert b'ImageSize="100"' in out
    assert b'ImageSize="5"' in out
    assert b"<BlackAndWhite>Yes</BlackAndWhite>" in updated(TEXT.encode(), [1], coloured=False)
    assert updated(out, [100, 200], coloured=True) == out


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"<ComicInfo><Series>{text}</Series>".encode()))
def test_any_bytes_are_read_or_are_none_and_stay_as_they_are(data: bytes) -> None:
    if read_comic_info(data) is None:
        assert updated(data, [1], coloured=True) == data


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ComicInfo><Series>&a;</Series></ComicInfo>'
    assert read_comic_info(bomb) is None


@given(st.text(max_size=50))
def test_any_title_can_be_written(series: str) -> None:
    info = read_comic_info(made({"Series": series}, "rtl"))
    assert info is not None
    assert info.direction == "rtl"


def info(text: str) -> bytes:
    return f"<ComicInfo>{text}</ComicInfo>".encode()


@pytest.mark.parametrize(
    ("manga", "direction"),
    [("YesAndRightToLeft", "rtl"), ("yesandrighttoleft", "rtl"), ("No", "ltr"), ("Yes", "auto"), ("Unknown", "auto")],
)
def test_a_volume_says_which_way_it_is_read(manga: str, direction: str) -> None:
    found = read_comic_info(info(f"<Manga> {manga} </Manga>"))
    assert found is not None
    assert (found.direction, found.series, found.number, found.title, found.pages) == (direction, "", "", "", {})


@pytest.mark.parametrize(
    ("facts", "pages"),
    [
        ('Image="0"', {0: PageFacts()}),
        ('Image="7" Type="FrontCover"', {7: PageFacts("FrontCover")}),
        ('Image="7" Type="Story Other" DoublePage="true"', {7: PageFacts("Story", True)}),
        ('Image="7" DoublePage="1"', {7: PageFacts("", True)}),
        ('Image="7" DoublePage="TRUE"', {7: PageFacts("", True)}),
        ('Image="7" DoublePage="false"', {7: PageFacts("", False)}),
        ('Image="999999"', {999_999: PageFacts()}),
        ('Image="1000000"', {}),
        ('Image="-1"', {}),
        ('Image="x"', {}),
        ("", {}),
    ],
)
def test_what_is_said_of_pages_is_read_by_their_places(facts: str, pages: dict[int, PageFacts]) -> None:
    for tag in ("Page", "page", "x:Page"):
        data = f'<ComicInfo xmlns:x="urn:x"><Pages><{tag} {facts}/><Other Image="3"/></Pages></ComicInfo>'.encode()
        found = read_comic_info(data)
        assert found is not None
        assert found.pages == pages


def test_texts_are_cut_and_other_documents_are_none() -> None:
    found = read_comic_info(info(f"<Series>  {'x' * 5000}</Series><Number>7</Number><Title/>"))
    assert found is not None
    assert (len(found.series), found.number, found.title) == (4096, "7", "")
    assert read_comic_info(b"<Other/>") is None
    assert read_comic_info(b'<ComicInfo xmlns="urn:x"/>') is not None


def test_a_file_has_so_many_bytes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    data = info("<Series>S</Series>")
    monkeypatch.setattr("host.books.comic_info.INFO_BYTES_MAX", len(data))
    assert read_comic_info(data) is not None
    monkeypatch.setattr("host.books.comic_info.INFO_BYTES_MAX", len(data) - 1)
    assert read_comic_info(data) is None
    assert updated(data, [1], coloured=True) == data


@pytest.mark.parametrize(
    ("coloured", "before", "after"),
    [
        (True, "<BlackAndWhite>Yes</BlackAndWhite>", "<BlackAndWhite>No</BlackAndWhite>"),
        (False, "<BlackAndWhite>Yes</BlackAndWhite>", "<BlackAndWhite>Yes</BlackAndWhite>"),
        (True, "", ""),
    ],
)
def test_a_volume_is_coloured_once_a_page_is(before: str, after: str, *, coloured: bool) -> None:
    found = updated(info(before), [5, 6], coloured=coloured).decode()
    assert f"<ComicInfo>{after}<PageCount>2</PageCount></ComicInfo>" in found


def test_sizes_of_pages_are_those_that_they_have() -> None:
    pages = "".join(f'<Page Image="{place}" ImageSize="1" />' for place in (0, 1, 2)) + '<Page Image="0" />'
    found = updated(info(f"<Pages>{pages}</Pages><PageCount>9</PageCount>"), [50, 60], coloured=False).decode()
    assert '<Page Image="0" ImageSize="50" /><Page Image="1" ImageSize="60" />' in found
    assert '<Page Image="2" ImageSize="1" /><Page Image="0" />' in found
    assert "<PageCount>2</PageCount>" in found


@pytest.mark.parametrize(("direction", "manga"), [("rtl", "YesAndRightToLeft"), ("ltr", "No"), ("auto", "Unknown")])
def test_a_new_file_says_what_there_is_to_say(direction: Any, manga: str) -> None:
    found = made({"Series": "S\x00\x0b", "Number": "", "Notes": "a\tb"}, direction).decode()
    assert f"<Series>S</Series>\n  <Notes>a\tb</Notes>\n  <Manga>{manga}</Manga>" in found
    assert "Number" not in found


@pytest.mark.parametrize(
    ("code", "is_kept"),
    [
        (0x8, False), (0x9, True), (0xA, True), (0xB, False), (0xD, True), (0x1F, False), (0x20, True),
        (0xD7FF, True), (0xD800, False), (0xDFFF, False), (0xE000, True), (0xFFFD, True), (0xFFFE, False),
        (0xFFFF, False), (0x10000, True),
    ],
)  # fmt: skip
def test_what_xml_forbids_is_left_out(code: int, *, is_kept: bool) -> None:
    assert xml_text(f"a{chr(code)}b") == (f"a{chr(code)}b" if is_kept else "ab")
