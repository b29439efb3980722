"""Colour hints from the command line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.books.corrections import require_pages
from host.books.hints import HINTS
from host.corrections import ColourHint
from host.errors import BadRequest

SHARES = st.floats(0, 1).map(lambda share: round(share, 6))


@given(
    st.text(st.characters(exclude_characters="\n"), min_size=1),
    st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=4),
    st.tuples(*[st.integers(0, 255)] * 3),
)
def test_a_hint_is_read_as_it_was_written(page, points, rgb):
    where = ";".join(f"{x:.6f},{y:.6f}" for x, y in points)
    hints = HINTS.read([f"{page}:{where}=#{bytes(rgb).hex()}"], None)
    assert hints == {page: [ColourHint(points=tuple(points), rgb=rgb)]}


@given(st.text())
def test_any_text_is_a_hint_or_refused(text):
    try:
        ((page, (hint,)),) = HINTS.read([text], None).items()
    except BadRequest:
        return
    assert page
    assert all(0 <= value <= 1 for point in hint.points for value in point)


@pytest.mark.parametrize(
    "text",
    ["", "1.png", "1.png:0.5,0.5", "1.png:0.5,0.5=red", "1.png:0.5=#ff0000", ":0.5,0.5=#ff0000", "1.png:2,0.5=#ff0000"],
)
def test_what_is_no_hint_is_refused(text):
    with pytest.raises(BadRequest, match="is no hint"):
        HINTS.read([text], None)


def test_hints_of_a_file_come_first(tmp_path):
    file = tmp_path / "hints.json"
    file.write_text(json.dumps({"1.png": [{"points": [[0.1, 0.2], [0.3, 0.4]], "rgb": [1, 2, 3], "radius": 0.02}]}))
    hints = HINTS.read(["1.png:0.5,0.5=#ff0000"], file)
    assert [hint.rgb for hint in hints["1.png"]] == [(1, 2, 3), (255, 0, 0)]
    assert hints["1.png"][0] == ColourHint(points=((0.1, 0.2), (0.3, 0.4)), rgb=(1, 2, 3), radius_01=0.02)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"1.png": [{"points": [[0.1, 7]], "rgb": [1, 2, 3]}]}'])
def test_a_file_of_other_things_is_refused(tmp_path, content):
    file = tmp_path / "hints.json"
    file.write_bytes(content)
    with pytest.raises(BadRequest, match="hints"):
        HINTS.read([], file)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadRequest, match="cannot be read"):
        HINTS.read([], tmp_path / "none.json")


def test_hints_for_no_page_here_are_refused():
    hints = HINTS.read(["2.png:0.5,0.5=#ff0000"], None)
    require_pages(hints, ["1.png", "2.png"], "hint")
    with pytest.raises(BadRequest, match=r"a hint for .2\.png"):
        require_pages(hints, ["1.png"], "hint")


def test_more_hints_than_a_page_takes_are_refused():
    with pytest.raises(BadRequest, match="hints"):
        HINTS.read(["1.png:0.5,0.5=#ff0000"] * (HINTS.most + 1), None)
