from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from host.books.comic_info import made, read_comic_info, updated

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
