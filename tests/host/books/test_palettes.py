"""Palettes of figures from the command line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books.corrections import require_pages
from host.books.palettes import PALETTES
from host.corrections import FigurePalette
from host.errors import BadRequest

SHARES = st.floats(0, 1).map(lambda share: round(share, 6))
COLOURS = st.dictionaries(
    st.sampled_from(["hair", "skin", "clothes"]), st.tuples(*[st.integers(0, 255)] * 3), min_size=1
)


@given(st.text(st.characters(exclude_characters="\n"), min_size=1), SHARES, SHARES, COLOURS)
def test_a_palette_is_read_as_it_was_written(page, x, y, colours):
    said = ",".join(f"{name}=#{bytes(rgb).hex()}" for name, rgb in colours.items())
    palettes = PALETTES.read([f"{page}:{x:.6f},{y:.6f}:{said}"], None)
    assert palettes == {page: [FigurePalette(point=(x, y), **colours)]}


@given(st.text())
def test_any_text_is_a_palette_or_refused(text):
    try:
        ((page, (palette,)),) = PALETTES.read([text], None).items()
    except BadRequest:
        return
    assert page
    assert all(0 <= value <= 1 for value in palette.point)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.png",
        "1.png:0.5,0.5",
        "1.png:0.5,0.5:",
        "1.png:0.5,0.5=#ff0000",
        "1.png:0.5,0.5:hat=#ff0000",
        "1.png:0.5,0.5:hair=red",
        "1.png:0.5,0.5:hair=#ff0000,",
        "1.png:0.5,0.5:hair=#ff0000,hair=#00ff00",
        "1.png:0.5:hair=#ff0000",
        "1.png:2,0.5:hair=#ff0000",
        ":0.5,0.5:hair=#ff0000",
    ],
)
def test_what_is_no_palette_is_refused(text):
    with pytest.raises(BadRequest, match="is no palette"):
        PALETTES.read([text], None)


def test_palettes_of_a_file_come_first(tmp_path):
    file = tmp_path / "palettes.json"
    file.write_text(json.dumps({"1.png": [{"point": [0.1, 0.2], "skin": [1, 2, 3]}]}))
    first, second = PALETTES.read(["1.png:0.5,0.5:clothes=#ff0000"], file)["1.png"]
    assert first == FigurePalette(point=(0.1, 0.2), skin=(1, 2, 3))
    assert second == FigurePalette(point=(0.5, 0.5), clothes=(255, 0, 0))


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"1.png": [{"point": [0.1, 7], "hair": [1, 2, 3]}]}'])
def test_a_file_of_other_things_is_refused(tmp_path, content):
    file = tmp_path / "palettes.json"
    file.write_bytes(content)
    with pytest.raises(BadRequest, match="palettes"):
        PALETTES.read([], file)


def test_palettes_for_no_page_here_are_refused():
    with pytest.raises(BadRequest, match=r"a palette for .2\.png"):
        require_pages(PALETTES.read(["2.png:0.5,0.5:hair=#ff0000"], None), ["1.png"], "palette")


def test_more_palettes_than_a_page_takes_are_refused():
    with pytest.raises(BadRequest, match="palettes"):
        PALETTES.read(["1.png:0.5,0.5:hair=#ff0000"] * (PALETTES.most + 1), None)
