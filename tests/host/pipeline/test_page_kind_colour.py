"""What a page with colour of its own is taken for: all of it, some of its panels, or what lies over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.pipeline.analysis import page_kind
from host.pipeline.analysis.page_kind import classify_page
from host.pipeline.records.masks import PageMasks
from host.pipeline.records.page_meta import Panel

HEIGHT, WIDTH = 1000, 1000
GREY = np.full((HEIGHT, WIDTH), 255, np.uint8)
GREY[::4] = 0  # drawn all over
NOTHING = np.zeros((HEIGHT, WIDTH), np.bool_)


class Colour:
    """Says of each panel, by its top, how much of it has colour and traces of it, and whether that reaches over it."""

    def __init__(self, *shares: float, traces: float = 1.0, everywhere: bool = False, own: float = 0.0) -> None:
        self._shares, self._traces = shares, traces
        self.is_everywhere, self.is_somewhere = everywhere, True
        self.coloured = "coloured"
        self._own = own
        self.spanning = True

    def share_of(self, box: Box, page: Size) -> float:
        assert page == Size(HEIGHT, WIDTH)
        return self._shares[box.top // 100]

    def traces_of(self, box: Box, page: Size) -> float:
        return self._traces if self._shares[box.top // 100] < 0.4 else 1.0

    def spans(self, box: Box, page: Size) -> bool:
        return self.spanning

    def mask(self, page: Size) -> Any:
        mask = NOTHING.copy()
        mask[: round(self._own * HEIGHT)] = True
        return mask


def panels(count: int = 10) -> tuple[Panel, ...]:
    return tuple(Panel(box=Box(0, 100 * row, WIDTH, 100 * (row + 1)), order=row, score=1.0) for row in range(count))


def judged(
    colour: Colour | None, monkeypatch: pytest.MonkeyPatch, *, laid_over: bool = False, blank: bool = False,
    count: int = 10, letters: int = 0, grey: Any = GREY, balloons: Any = NOTHING,
) -> Any:  # fmt: skip
    """Return the verdict: the kind, which panels are marked, and how much of the page is kept for its colour."""
    monkeypatch.setattr(page_kind, "colour_of", lambda rgb: colour)
    monkeypatch.setattr(page_kind, "is_laid_over", lambda rgb, coloured: coloured == "coloured" and laid_over)
    monkeypatch.setattr(page_kind, "_is_blank", lambda grey: blank)
    masks = PageMasks(balloons=balloons, lettering=NOTHING, gutters=NOTHING)
    found: Any = page_kind_findings(masks, letters)
    verdict = classify_page(np.dstack([grey] * 3), grey, found, panels(count))
    kept = 0.0 if verdict.masks.coloured is None else float(verdict.masks.coloured.mean())
    return verdict.kind, [panel.order for panel in verdict.panels if panel.coloured], kept


def page_kind_findings(masks: PageMasks, letters: int) -> Any:
    from dataclasses import make_dataclass

    fields = ["balloons", "sound", "free", "letters", "masks"]
    return make_dataclass("Findings", fields, frozen=True)((), (), (), letters, masks)


FULL, NONE = 0.4, 0.39


def test_a_page_without_colour_is_a_page_in_grey(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(None, monkeypatch) == ("story", [], 0)
    assert judged(None, monkeypatch, blank=True) == ("blank", [], 0)


@pytest.mark.parametrize(("coloured", "kind"), [(8, "already_coloured"), (7, "story"), (1, "story")])
def test_a_page_is_coloured_whose_panels_are_in_four_fifths(
    coloured: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    colour = Colour(*[FULL] * coloured, *[NONE] * (10 - coloured))
    assert judged(colour, monkeypatch)[:2] == (kind, list(range(coloured)))


def test_a_panel_has_colour_that_reaches_over_what_is_drawn_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    colour = Colour(*[1.0] * 10)
    colour.spanning = False
    assert judged(colour, monkeypatch)[:2] == ("story", [])


@pytest.mark.parametrize(
    ("coloured", "traces", "kind"),
    [
        (6, 0.04, "story"),  # four tenths are grey to the last bit
        (6, 0.05, "already_coloured"),
        (7, 0.0, "already_coloured"),  # three tenths
        (0, 0.0, "already_coloured"),  # no panel is coloured beside them
    ],
)
def test_colour_everywhere_makes_a_coloured_page_unless_panels_are_grey_beside_coloured_ones(
    coloured: int, traces: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    colour = Colour(*[FULL] * coloured, *[0.0] * (10 - coloured), traces=traces, everywhere=True)
    assert judged(colour, monkeypatch)[0] == kind


@pytest.mark.parametrize("everywhere", [True, False])
def test_what_is_laid_over_a_page_is_no_colour_of_its_panels(everywhere: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = [0.0] * 10 if everywhere else [FULL] * 10
    assert judged(Colour(*shares, everywhere=everywhere), monkeypatch, laid_over=True)[:2] == ("story", [])


def test_where_no_panel_has_colour_nothing_is_asked_about_what_lies_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(Colour(*[0.0] * 10), monkeypatch, laid_over=True) == ("story", [], 0)


def test_coloured_panels_and_whatever_else_has_colour_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    colour = Colour(NONE, NONE, FULL, *[NONE] * 7, own=0.05)
    assert judged(colour, monkeypatch) == ("story", [2], pytest.approx(0.15))
    colour.is_somewhere = False
    assert judged(colour, monkeypatch) == ("story", [2], 0)


def test_a_page_without_panels_is_judged_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judged(Colour(everywhere=True), monkeypatch, count=0)[0] == "already_coloured"
    assert judged(Colour(), monkeypatch, count=0)[0] == "story"


@pytest.mark.parametrize(("own", "kind"), [(0.03, "already_coloured"), (0.029, "blank")])
def test_light_art_that_is_all_in_colour_is_a_coloured_page(
    own: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    white = np.full((HEIGHT, WIDTH), 255, np.uint8)
    assert judged(Colour(own=own), monkeypatch, grey=white, count=0)[0] == kind
    assert judged(Colour(own=own), monkeypatch, grey=white, count=0, letters=1)[0] == kind.replace("blank", "text")
    under = NOTHING.copy()
    under[:500] = True  # what lies in balloons is writing
    assert judged(Colour(own=own), monkeypatch, grey=white, count=0, balloons=under)[0] == "blank"


@pytest.mark.parametrize(("own", "kind"), [(0.03, "already_coloured"), (0.029, "blank")])
def test_an_even_page_is_blank_unless_it_is_a_picture_in_colour(
    own: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    colour = Colour(*[0.0] * 10, everywhere=True, own=own)
    assert judged(colour, monkeypatch, blank=True)[0] == kind
