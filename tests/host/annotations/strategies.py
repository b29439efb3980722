"""Annotations of every kind, for property tests."""

from hypothesis import strategies as st

from engines.detect.base import LABELS
from host.annotations.annotations import (
    OWN_ATTRIBUTES,
    AnnotatedBox,
    AnnotatedPage,
    Annotations,
    Rectangle,
    RunLengths,
)
from host.errors import BadRequest

WORDS = st.text(max_size=12)
NAMES = st.text(min_size=1, max_size=12)
WHOLE = st.integers(-9999, 9999).map(float)
FRACTIONS = st.floats(-9999, 9999)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=4,
)
ATTRIBUTES = st.dictionaries(WORDS.filter(lambda name: name not in OWN_ATTRIBUTES), JSON, max_size=2)


def rectangles(sides):
    return st.builds(Rectangle, sides, sides, sides.map(abs), sides.map(abs))


def polygons(sides):
    return st.lists(st.tuples(sides, sides), min_size=1, max_size=6).map(lambda points: sum(points, ()))


@st.composite
def boxes(draw, characters):
    outline = draw(st.sampled_from(["none", "polygons", "mask"]))
    runs = st.builds(RunLengths, size=st.tuples(st.integers(1, 99), st.integers(1, 99)), counts=WORDS)
    return AnnotatedBox(
        id="-",
        label=draw(st.sampled_from(LABELS)),
        box=draw(rectangles(FRACTIONS)),
        score=draw(st.none() | st.floats(0, 1)),
        order=draw(st.none() | st.integers(0, 99)),
        character=draw(st.none() | st.sampled_from(characters)) if characters else None,
        text=draw(st.none() | WORDS),
        polygons=draw(st.lists(polygons(FRACTIONS), max_size=2)) if outline == "polygons" else (),
        mask=draw(runs) if outline == "mask" else None,
        crowd=draw(st.booleans()),
        area_px=draw(st.none() | st.floats(0, 1e6)),
        attributes=draw(ATTRIBUTES),
    )


@st.composite
def annotations(draw, names=NAMES, words=WORDS):
    """Return any book; `names` are ids, `words` its title and names."""
    characters = draw(st.dictionaries(names, words, max_size=3))
    pages = draw(st.lists(st.integers(0, 2**59), unique=True, max_size=3))
    drawn = [draw(st.lists(boxes(list(characters)), max_size=4)) for _ in pages]
    count = sum(map(len, drawn))
    plain = st.just([str(one) for one in range(1, count + 1)])
    ids = iter(draw(plain | st.lists(names, unique=True, min_size=count, max_size=count)))
    return Annotations(
        title=draw(words),
        characters=characters,
        pages=tuple(
            AnnotatedPage(
                number=number,
                name=draw(NAMES),
                width=draw(st.integers(1, 9999)),
                height=draw(st.integers(1, 9999)),
                boxes=tuple(box.model_copy(update={"id": next(ids)}) for box in of_page),
                attributes=draw(ATTRIBUTES),
            )
            for number, of_page in zip(pages, drawn, strict=True)
        ),
    )


def refusal_of(call, *arguments):
    """Return the refusal that a call ends with, None where it ends well."""
    try:
        call(*arguments)
    except BadRequest as refusal:
        return refusal
    return None
