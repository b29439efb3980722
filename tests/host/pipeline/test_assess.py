"""An engine's picture against the page that it should show."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.geometry import Box, Size
from engines.oklab import grey_to_lightness, srgb_to_oklab
from host.pipeline.attempts import PanelFigures
from host.pipeline.generation.assess import _grade, assess
from host.pipeline.records.page_meta import PageMeta, Panel
from tests.host.pipeline.drawn import PANELS, manga_page

PAGE = cv2.resize(manga_page(), (500, 700), interpolation=cv2.INTER_AREA)
NOTHING = np.zeros(PAGE.shape, np.bool_)
BOXES = [Box(*(edge // 2 for edge in box)) for box in PANELS]


def meta(*, coloured: tuple[int, ...] = (), boxes: list[Box] = BOXES) -> PageMeta:
    panels = tuple(
        Panel(box=box, order=order, score=0.9, coloured=order in coloured) for order, box in enumerate(boxes)
    )
    facts = {"size": Size(*PAGE.shape), "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl"}
    return PageMeta(panels=panels, **facts)  # type: ignore[arg-type]


def picture(chroma: float = 0.06, page: np.ndarray = PAGE) -> np.ndarray:
    """Return a true picture of the page, evenly coloured."""
    return np.dstack([grey_to_lightness(page), np.full(page.shape, chroma), np.full(page.shape, -chroma / 2)]).astype(
        np.float32
    )


def test_a_true_picture_keeps_every_line_and_is_acceptable() -> None:
    found = assess(PAGE, NOTHING, picture(), meta())
    assert found.grade == "acceptable"
    assert [panel.order for panel in found.panels] == [0, 1, 2, 3]
    for panel in found.panels:
        assert panel.line_recall == panel.line_iou == 1.0
        assert panel.structure == pytest.approx(1, abs=0.01)
        assert panel.unsound == 0
    assert found.chroma_mean == pytest.approx(float(np.hypot(0.06, 0.03)), rel=1e-3)
    assert found.drift is None
    assert not found.mask.any()


def test_a_picture_that_stayed_grey_is_of_no_use() -> None:
    assert assess(PAGE, NOTHING, picture(0.003), meta()).grade == "critical"
    assert assess(PAGE, NOTHING, picture(0.004), meta()).grade == "acceptable"


def test_a_panel_that_shows_something_else_is_found_there_alone() -> None:
    wrong = picture()
    box = BOXES[1]
    other = np.random.default_rng(3).random((box.height - 20, box.width - 20)).astype(np.float32)
    art = cv2.normalize(cv2.GaussianBlur(other, (0, 0), 4), None, 0, 1, cv2.NORM_MINMAX)
    wrong[box.top + 10 : box.bottom - 10, box.left + 10 : box.right - 10, 0] = art
    found = assess(PAGE, NOTHING, wrong, meta())
    assert found.grade == "critical"
    assert found.panels[1].line_iou < 0.3
    assert found.panels[1].unsound > 0.02
    for at in (0, 2, 3):
        assert (found.panels[at].line_iou, found.panels[at].unsound) == (1, 0)
    assert found.mask[box.top : box.bottom, box.left : box.right].any()
    assert not found.mask[:, : box.left - 20].any()


def test_noise_of_colour_on_even_ground_is_unsound_and_on_art_it_is_not() -> None:
    noisy = picture()
    chance = np.random.default_rng(2).normal(0, 0.12, (60, 60, 2)).astype(np.float32)
    noisy[560:620, 60:120, 1:] += chance  # white paper within the third panel
    found = assess(PAGE, NOTHING, noisy, meta())
    assert found.grade == "micro_inpaint"
    assert 0.02 < found.panels[2].unsound < 0.15
    assert found.mask[575:605, 75:105].all()
    protect = NOTHING.copy()
    protect[550:630, 50:130] = True
    spared = assess(PAGE, protect, noisy, meta())
    assert spared.grade == "acceptable"
    assert not spared.mask.any()


def test_a_shift_is_undone_before_anything_is_measured() -> None:
    moved = cv2.warpAffine(picture(), np.array([[1, 0, 4], [0, 1, -3]], np.float64), (500, 700), borderMode=1)
    found = assess(PAGE, NOTHING, moved, meta())
    assert found.shift == pytest.approx((4, -3), abs=0.3)
    assert found.grade == "acceptable"
    assert min(panel.line_recall for panel in found.panels) > 0.95


def test_a_page_without_panels_is_measured_whole_and_coloured_or_tiny_ones_not_at_all() -> None:
    for about in (meta(boxes=[]), meta(boxes=[Box(5, 5, 13, 300)]), meta(coloured=(0, 1, 2, 3))):
        assert [panel.order for panel in assess(PAGE, NOTHING, picture(), about).panels] == [None]
    assert [panel.order for panel in assess(PAGE, NOTHING, picture(), meta(coloured=(1,))).panels] == [0, 2, 3]


def test_a_page_of_nothing_but_protected_pixels_has_no_fault_but_no_colour_either() -> None:
    found = assess(PAGE, ~NOTHING, picture(), meta())
    assert (found.chroma_mean, found.grade) == (0.0, "critical")
    assert all(
        panel == PanelFigures(order=panel.order, line_recall=1, line_iou=1, structure=1, unsound=0)
        for panel in found.panels
    )


def test_drift_is_how_far_the_picture_s_colours_are_from_the_references_own() -> None:
    red, green = (200, 60, 50), (60, 160, 70)
    painted = picture(0)
    painted[..., 1:] = srgb_to_oklab(np.array([[red]], np.uint8))[0, 0, 1:]
    painted[..., 0] = np.clip(painted[..., 0], 0.3, 0.9)
    own = assess(PAGE, NOTHING, painted, meta(), [red, green]).drift
    other = assess(PAGE, NOTHING, painted, meta(), [green]).drift
    apart = srgb_to_oklab(np.array([[red, green]], np.uint8))[0, :, 1:]
    assert own == pytest.approx(0, abs=1e-3)
    assert other == pytest.approx(float(np.linalg.norm(apart[0] - apart[1])), rel=0.02)
    assert assess(PAGE, NOTHING, picture(0.01), meta(), [red]).drift is None  # nothing in it is vivid


def figures(**facts: float) -> PanelFigures:
    return PanelFigures(**{"order": 0, "line_recall": 1.0, "line_iou": 1.0, "structure": 1.0, "unsound": 0.0, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("panel", "grade"),
    [
        (figures(unsound=0.02), "acceptable"),
        (figures(unsound=0.021), "micro_inpaint"),
        (figures(unsound=0.149), "micro_inpaint"),
        (figures(unsound=0.15), "critical"),
        (figures(line_recall=0.45), "acceptable"),
        (figures(line_recall=0.44), "critical"),
        (figures(line_iou=0.3), "acceptable"),
        (figures(line_iou=0.29), "critical"),
    ],
)
def test_the_worst_panel_decides_what_becomes_of_a_picture(panel: PanelFigures, grade: str) -> None:
    assert _grade([figures(), panel, figures()], 0.05) == grade


def test_large_pages_are_measured_at_a_thousand_pixels() -> None:
    large = cv2.resize(PAGE, (1500, 2100), interpolation=cv2.INTER_LINEAR)
    facts = {"size": Size(2100, 1500), "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl"}
    found = assess(large, np.zeros(large.shape, np.bool_), picture(), PageMeta(**facts))  # type: ignore[arg-type]
    assert found.mask.shape == large.shape
    assert found.panels[0].line_recall > 0.95


@pytest.mark.slow
def test_a_picture_of_a_finer_resolution_is_measured_by_what_its_pixels_are_together() -> None:
    """A screen of colours that an eye mixes is no noise."""
    fine = cv2.resize(picture(), (1500, 2100), interpolation=cv2.INTER_NEAREST)
    rows, columns = np.indices(fine.shape[:2])
    fine[..., 1] += np.where((rows % 3 == 1) & (columns % 3 == 1) & ((rows // 3 + columns // 3) % 2 == 0), 0.5, 0)
    found = assess(PAGE, NOTHING, fine, meta())
    assert found.grade == "acceptable"
    assert not found.mask.any()


def test_nothing_protected_is_to_be_painted_anew_however_fine_it_is() -> None:
    """A page over a thousand pixels is measured smaller, where lines of one pixel are lost."""
    page = manga_page()
    protect = np.zeros(page.shape, np.bool_)
    protect[::4] = True
    wrong = picture(page=page)
    wrong[400:520, 100:240] = np.random.default_rng(0).random((120, 140, 3)) * 0.2
    facts = {"size": Size(*page.shape), "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl"}
    found = assess(page, protect, wrong, PageMeta(**facts))  # type: ignore[arg-type]
    assert found.mask.sum() > 1000
    assert not (found.mask & protect).any()
