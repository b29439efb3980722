"""A strip's record by those of its pieces: everything is moved down, and counted on."""

from __future__ import annotations

import numpy as np
import pytest

from engines.geometry import Box
from host.pipeline.decode import as_page
from host.pipeline.records.page_meta import Balloon, Character, Face, PageMeta, Panel, SoundEffect, TextBlock
from host.pipeline.records.run_meta import Verdicts
from host.pipeline.strips.joined import join_meta, join_verdicts

PAGE = as_page(None, np.full((300, 50), 255, np.uint8))
BOXES = [Box(0, 0, 50, 110), Box(0, 90, 50, 200), Box(0, 200, 50, 300)]
BOX = Box(1, 2, 9, 10)


def piece(kind: str = "story", **things: object) -> PageMeta:
    facts = {"size": (110, 50), "pixels_sha256": "0" * 64, "kind": kind, "direction": "ltr"}
    return PageMeta.model_validate(facts | things)


FULL = {
    "panels": (
        Panel(box=BOX, order=0, score=1),
        Panel(box=BOX, order=1, score=1, polygon=((1, 2), (8, 2), (8, 9), (1, 9))),
    ),
    "balloons": (Balloon(box=BOX, order=0, panel=1, text=(Box(2, 3, 4, 5),)), Balloon(box=BOX, order=1)),
    "text": (TextBlock(box=BOX, balloon=1), TextBlock(box=BOX)),
    "sound_effects": (SoundEffect(box=BOX, panel=0), SoundEffect(box=BOX)),
    "characters": (Character(box=BOX, index=0, panel=1), Character(box=BOX, index=1)),
    "faces": (Face(box=BOX, panel=1, character=1), Face(box=BOX)),
}


def test_what_a_piece_has_is_moved_to_its_place_and_counted_on_from_the_pieces_before() -> None:
    joined = join_meta(PAGE, BOXES, [piece(**FULL), piece(), piece(**FULL)], "rtl")
    assert (joined.size, joined.direction, joined.kind) == ((300, 50), "rtl", "story")
    moved = Box(1, 202, 9, 210)
    for name, things in FULL.items():
        assert [one.box for one in getattr(joined, name)] == [BOX] * len(things) + [moved] * len(things)
        assert getattr(joined, name)[: len(things)] == things
    assert [one.order for one in joined.panels] == [0, 1, 2, 3]
    assert joined.panels[3].polygon == ((1, 202), (8, 202), (8, 209), (1, 209))
    assert joined.panels[2].polygon is None
    assert [(one.order, one.panel) for one in joined.balloons[2:]] == [(2, 3), (3, None)]
    assert joined.balloons[2].text == (Box(2, 203, 4, 205),)
    assert [one.balloon for one in joined.text[2:]] == [3, None]
    assert [one.panel for one in joined.sound_effects[2:]] == [2, None]
    assert [(one.index, one.panel) for one in joined.characters[2:]] == [(2, 3), (3, None)]
    assert [(one.panel, one.character) for one in joined.faces[2:]] == [(3, 3), (None, None)]


def test_parts_are_the_pieces_without_what_they_share() -> None:
    joined = join_meta(PAGE, BOXES, [piece()] * 3, "ltr")
    assert joined.parts == (Box(0, 0, 50, 100), Box(0, 100, 50, 200), Box(0, 200, 50, 300))


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (("story", "blank", "text"), "story"),
        (("cover", "blank", "blank"), "story"),
        (("blank", "blank", "blank"), "blank"),
        (("text", "blank", "blank"), "text"),
        (("text", "advertisement", "blank"), "advertisement"),
        (("already_coloured", "story", "story"), "story"),
        (("already_coloured", "already_coloured", "story"), "already_coloured"),
        (("already_coloured", "blank", "text"), "already_coloured"),
        (("already_coloured", "story", "blank"), "already_coloured"),  # half of what is drawn
        (("story", "blank", "already_coloured"), "story"),  # a little less
    ],
)
def test_a_strip_is_what_most_of_its_drawn_pieces_are(kinds: tuple[str, ...], kind: str) -> None:
    assert join_meta(PAGE, BOXES, [piece(one) for one in kinds], "ltr").kind == kind


def verdicts(**facts: float) -> Verdicts:
    zero = dict.fromkeys(("protected_share", "coloured_share", "chroma_mean", "spill"), 0.0)
    return Verdicts(**{"line_dice": 1.0, "protected_changed": 0, **zero, **facts})  # type: ignore[arg-type]


def test_verdicts_are_the_worst_ink_and_shares_by_how_large_each_piece_is() -> None:
    one = verdicts(line_dice=0.9, protected_changed=2, protected_share=0.4, panels_line_dice=(0.9, 1.0))
    other = verdicts(line_dice=0.8, protected_changed=3, coloured_share=0.8, chroma_mean=0.04, spill=0.02)
    joined = join_verdicts([(300, one), (100, other)])
    assert (joined.line_dice, joined.protected_changed, joined.panels_line_dice) == (0.8, 5, (0.9, 1.0))
    assert joined.protected_share == pytest.approx(0.3)
    assert joined.coloured_share == pytest.approx(0.2)
    assert joined.chroma_mean == pytest.approx(0.01)
    assert joined.spill == pytest.approx(0.005)
