"""Manga109 XML: round trips of what it holds, real shapes of it, and hostile files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.annotations.annotations import AnnotatedBox, AnnotatedPage, Annotations, Rectangle
from host.annotations.manga109 import _around, _Attributes, read_manga109, write_manga109
from host.errors import BadRequest
from tests.host.annotations.strategies import annotations, polygons, refusal_of

BOOK = """<?xml version="1.0" encoding="utf-8"?>
<book title="ARMS & legs">
  <characters>
    <character id="00000003" name="女1"/>
    <character id="00000010" name="Kyo"/>
  </characters>
  <pages>
    <page index="0" width="1654" height="1170" />
    <page index="3" width="1654" height="1170">
      <body id="00000005" xmin="234" ymin="686" xmax="494" ymax="1170" character="00000003"/>
      <frame id="00000006" xmin="110" ymin="-2" xmax="811" ymax="1170"></frame>
      <text id="00000008" xmin="120" ymin="20" xmax="180" ymax="90">キャーッ
二行</text>
      <face id="00000004" xmin="243" ymin="686" xmax="264" ymax="720" character="00000003"/>
      <onomatopoeia id="10000000" x0="596" y0="313" x1="658" y1="321" x2="660" y2="328">ズーン</onomatopoeia>
      <speaker_to_text id="x" text_id="00000008" speaker_id="00000005"/>
    </page>
  </pages>
</book>
""".replace("& legs", "&amp; legs")

XML_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)
XML_NAMES = XML_TEXT.filter(bool)
HELD = {"panel", "text", "face", "character", "sfx"}


def as_held(box):
    """Return what of a box Manga109 has a place for."""
    left, top, right, bottom = box.box.corners[0], box.box.corners[1], box.box.corners[4], box.box.corners[5]
    left, top, right, bottom = (float(round(side)) for side in (left, top, right, bottom))
    outline = ()
    if box.label == "sfx" and box.polygons and box.polygons[0]:
        outline = tuple(float(round(side)) for side in box.polygons[0])
        across, down = outline[::2], outline[1::2]
        left, top, right, bottom = min(across), min(down), max(across), max(down)
    rectangle = Rectangle(left, top, right - left, bottom - top)
    return AnnotatedBox(
        id=box.id,
        label=box.label,
        box=rectangle,
        character=box.character if box.label in ("face", "character") else None,
        text=(box.text or None) if box.label in ("text", "sfx") else None,
        polygons=() if outline in ((), rectangle.corners) else (outline,),
    )


@given(annotations(XML_NAMES, XML_TEXT))
def test_a_book_written_and_read_again_is_the_same_as_far_as_the_format_goes(book) -> None:
    spoken = [
        page.model_copy(update={"boxes": tuple(box.model_copy(update={"text": "ア\nb"}) for box in page.boxes)})
        for page in book.pages
    ]
    book = book.model_copy(update={"pages": tuple(spoken)})
    data, left_out = write_manga109(book)
    reading = read_manga109(data)
    assert reading.left_out == {}
    expected = [
        AnnotatedPage(
            number=page.number,
            name=f"{page.number:03d}.jpg",
            width=page.width,
            height=page.height,
            boxes=tuple(as_held(box) for box in page.boxes if box.label in HELD),
        )
        for page in book.pages
    ]
    assert list(reading.annotations.pages) == expected
    assert (reading.annotations.title, reading.annotations.characters) == (book.title, book.characters)
    assert sum(left_out.values()) == sum(box.label == "balloon" for page in book.pages for box in page.boxes)


@given(annotations())
def test_any_book_is_written_so_that_it_can_be_read(book) -> None:
    data, _ = write_manga109(book)
    refusal = refusal_of(read_manga109, data)
    if refusal is not None:  # ids that only differ by what XML cannot say
        assert "given twice" in refusal.hint or "is missing" in refusal.message
        return
    written, _ = write_manga109(read_manga109(data).annotations)
    assert read_manga109(written).annotations == read_manga109(data).annotations


@given(polygons(st.integers(0, 500).map(float)))
def test_outlines_of_sound_words_are_kept(outline) -> None:
    across, down = outline[::2], outline[1::2]
    box = Rectangle(min(across), min(down), max(across) - min(across), max(down) - min(down))
    kept = () if outline == box.corners else (outline,)
    word = AnnotatedBox(id="a", label="sfx", box=box, polygons=kept, text="ドン")
    page = AnnotatedPage(number=0, name="000.jpg", width=600, height=600, boxes=(word,))
    data, _ = write_manga109(Annotations(pages=(page,)))
    assert read_manga109(data).annotations.pages == (page,)


def test_a_file_as_the_data_set_has_it_is_read_whole() -> None:
    reading = read_manga109(BOOK.encode())
    book = reading.annotations
    assert book.title == "ARMS & legs"
    assert book.characters == {"00000003": "女1", "00000010": "Kyo"}
    assert [(page.number, page.name, page.width, page.height) for page in book.pages] == [
        (0, "000.jpg", 1654, 1170),
        (3, "003.jpg", 1654, 1170),
    ]
    body, frame, text, face, word = book.pages[1].boxes
    assert (body.label, body.box, body.character) == ("character", (234, 686, 260, 484), "00000003")
    assert (frame.label, frame.box, frame.text) == ("panel", (110, -2, 701, 1172), None)
    assert (text.label, text.text) == ("text", "キャーッ\n二行")
    assert (face.label, face.character) == ("face", "00000003")
    assert (word.label, word.text, word.box) == ("sfx", "ズーン", (596, 313, 64, 15))
    assert reading.left_out == {"in <speaker_to_text>": 1}


def test_a_file_as_the_data_set_has_it_is_written_again_with_the_same_elements() -> None:
    book = read_manga109(BOOK.encode()).annotations
    written, left_out = write_manga109(book)
    assert left_out == {}
    for line in BOOK.splitlines():
        if "<body" in line or "<face" in line or "<onomatopoeia" in line or "<character " in line:
            assert line.strip().replace('"/>', '" />') in written.decode()
    assert read_manga109(written).annotations == book


BILLION = (
    '<?xml version="1.0"?><!DOCTYPE book [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {one} "{f"&{before};" * 10}">' for before, one in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><book title="&i;"/>'
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BILLION, "document type or entities"),
        ('<!DOCTYPE book SYSTEM "http://127.0.0.1:9/x.dtd"><book/>', "document type or entities"),
        ('<!DOCTYPE book [<!ENTITY x SYSTEM "file:///etc/passwd">]><book title="&x;"/>', "document type or entities"),
        ('<book title="&x;"/>', "no XML"),
        ("<book>" * 100_000, "nested too deeply"),
        ("<html><body/></html>", "its root is <html>"),
        ("", "no XML"),
        ("<book>", "no XML"),
        ('<?xml version="1.0" encoding="rot13"?><book/>', "no XML"),
        ('<?xml version="1.0" encoding="utf-7"?><book/>', "no XML"),
        ('<book><pages><page index="0" width="9"/></pages></book>', "<page>: height is missing"),
        ('<book><pages><page index="x" width="9" height="9"/></pages></book>', "<page>: index is 'x'"),
        ('<book><pages><page index="1.5" width="9" height="9"/></pages></book>', "<page>: index is '1.5'"),
        ('<book><characters><character name="x"/></characters></book>', "<character>: id is missing"),
    ],
)
def test_hostile_and_malformed_files_are_refused(data, words) -> None:
    with pytest.raises(BadRequest) as refusal:
        read_manga109(data.encode())
    assert words in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('xmin="234"', 'xmin="nan"', "Line 10: <body>: xmin is 'nan'"),
        ('xmin="234"', 'xmin="1e9"', "Line 10: <body>: xmin is '1e9'"),
        ('xmin="234"', 'xmin="' + "9" * 5000 + '"', "Line 10: <body>: xmin is '999"),
        ('xmin="234"', 'xmin="600"', "Line 10: <body>: it ends before it begins"),
        ('xmin="234"', "", "Line 10: <body>: xmin is missing"),
        ('id="00000006"', "", "Line 11: <frame>: id is missing"),
        ('y2="328"', "", "<onomatopoeia>: y2 is missing"),
        ('x0="596"', "", "<onomatopoeia>: x0 is missing"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(before, after, words) -> None:
    with pytest.raises(BadRequest) as refusal:
        read_manga109(BOOK.replace(before, after).encode())
    assert refusal.value.message.startswith("Line ")
    assert words in refusal.value.message


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('index="3"', 'index="0"', "the page number 0 is given twice"),
        ('id="00000006"', 'id="00000005"', "the box id '00000005' is given twice"),
        ('width="1654"', 'width="0"', "pages[0].width"),
    ],
)
def test_contradictions_are_refused(before, after, words) -> None:
    with pytest.raises(BadRequest) as refusal:
        read_manga109(BOOK.replace(before, after).encode())
    assert words in refusal.value.hint


@given(st.binary(max_size=80))
def test_bytes_that_are_no_xml_are_refused(data) -> None:
    with pytest.raises(BadRequest):
        read_manga109(data)


@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_trips(data) -> None:
    whole = BOOK.encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = data.draw(st.integers(0, 40))
    damaged = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + cut :]
    refusal = refusal_of(read_manga109, damaged)
    assert refusal is None or (refusal.message and refusal.hint)


def test_utf_16_is_read() -> None:
    data = BOOK.replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16")
    assert read_manga109(data).annotations == read_manga109(BOOK.encode()).annotations


def attributes(**given: str) -> _Attributes:
    return _Attributes("body", given, 7)


@pytest.mark.parametrize(
    ("xmax", "ymax", "rectangle"),
    [
        ("10", "20", Rectangle(10, 20, 0, 0)),
        ("13", "24.5", Rectangle(10, 20, 3, 4.5)),
        ("9", "20", None),
        ("10", "19", None),
    ],
)
def test_a_box_ends_where_it_begins_or_after_it_along_both_sides(
    xmax: str, ymax: str, rectangle: Rectangle | None
) -> None:
    element = attributes(xmin="10", ymin="20", xmax=xmax, ymax=ymax)
    if rectangle is not None:
        assert element.rectangle() == rectangle
    else:
        with pytest.raises(BadRequest) as told:
            element.rectangle()
        assert told.value.message == "Line 7: <body>: it ends before it begins."
        assert told.value.hint == "xmax and ymax are the larger ones."


@pytest.mark.parametrize(
    ("given", "call", "message", "hint"),
    [
        ({}, lambda one: one.required("id"), "id is missing", 'Add id="…".'),
        ({"id": ""}, lambda one: one.required("id"), "id is missing", 'Add id="…".'),
        ({"a": "x" * 90}, lambda one: one.number("a"), f"a is {'x' * 40!r}", "Give a number of pixels."),
        ({"a": "1.5"}, lambda one: one.whole("a"), "a is '1.5'", "Give a whole number."),
        ({"a": "-1"}, lambda one: one.whole("a"), "a is '-1'", "Give a whole number."),
        ({"y0": "1"}, lambda one: one.polygon(), "x0 is missing", 'Add x0="…".'),
        ({"x0": "1", "y0": "2", "x1": "3"}, lambda one: one.polygon(), "y1 is missing", 'Add y1="…".'),
    ],
)
def test_an_attribute_that_is_not_as_it_must_be_is_named_with_its_line(given, call, message, hint) -> None:
    with pytest.raises(BadRequest) as told:
        call(attributes(**given))
    assert (told.value.message, told.value.hint) == (f"Line 7: <body>: {message}.", hint)


def test_an_outline_goes_as_far_as_it_is_numbered() -> None:
    sides = {"x0": "1", "y0": "-2.5", "x1": "3", "y1": "4", "x3": "5", "y3": "6"}
    assert attributes(**sides).polygon() == (1, -2.5, 3, 4)
    assert _around((1, -2.5, 3, 4, 2, 9)) == Rectangle(1, -2.5, 2, 11.5)
