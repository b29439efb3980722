"""Panels reach the compact network as shares of its cells."""

import numpy as np

from engines.base import ColorizeRequest, Plan
from engines.colorize.compact.engine import CompactEngine
from engines.colorize.compact.panels import membership_of
from engines.geometry import Size
from engines.testing import PROCESSOR, drawn_page, flat_reference, ignore_step


def test_every_cell_belongs_to_one_panel_or_to_what_lies_outside() -> None:
    panels = np.zeros((96, 64), np.uint8)
    panels[4:46, 4:60] = 3
    panels[50:92, 4:60] = 7
    member = membership_of(panels, Size(192, 128), Size(224, 128))
    assert member.shape == (1, 3, 28, 16)
    assert (member.sum(1) == 1).all()
    assert member[0, 1, 2:11, 2:14].all()
    assert member[0, 2, 13:22, 2:14].all()
    assert member[0, 0, :, 0].all()


def test_a_page_without_panels_is_one_scene() -> None:
    assert np.array_equal(membership_of(None, Size(64, 64), Size(64, 96)), np.ones((1, 1, 8, 12), np.float32))


def test_what_a_panel_holds_changes_the_colour_of_another_only_where_they_are_one_scene() -> None:
    page = drawn_page()
    half = page.shape[0] // 2 // 64 * 64
    other = page.copy()
    other[half + 64 :] = np.where(other[half + 64 :] > 128, 40, 220).astype(np.uint8)
    panels = np.ones(page.shape, np.uint8)
    panels[half:] = 2
    engine = CompactEngine()
    engine.load(PROCESSOR)
    reference = np.vstack([flat_reference(0.3), flat_reference(2.0)])

    def upper(drawn: np.ndarray, known: np.ndarray | None) -> np.ndarray:
        request = ColorizeRequest(
            page=drawn,
            protect=np.zeros(page.shape, np.bool_),
            references=(reference,),
            plan=Plan(),
            panels=known,
        )
        lab = engine.colorize(request, ignore_step).oklab
        return lab[: lab.shape[0] // 4, :, 1:]

    apart, together = (np.abs(upper(page, known) - upper(other, known)).mean() for known in (panels, None))
    assert apart < 0.5 * together


def test_parts_are_shares_of_every_place() -> None:
    engine = CompactEngine()
    engine.load(PROCESSOR)
    page = drawn_page()
    request = ColorizeRequest(
        page=page, protect=np.zeros(page.shape, np.bool_), references=(flat_reference(1.0),), plan=Plan()
    )
    result = engine.colorize(request, ignore_step)
    assert result.parts is not None
    assert result.parts.shape == (*result.oklab.shape[:2], 4)
    assert result.parts.min() >= 0
    assert np.allclose(result.parts.sum(-1), 1, atol=1e-3)
