"""The page generator: the same page for a seed, and labels that fit what is drawn to the pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engines.geometry import Box, Size
from training.pages.synth import LABELS, STYLES, ArtCrop, LabelledBox, SynthPage, crops, load_fonts, synth_page
from training.pages.synth.wear import worn

WIDTH = 416
SEEDS = range(40)


@pytest.fixture(scope="module")
def pages() -> list[SynthPage]:
    return [synth_page(seed, WIDTH) for seed in SEEDS]


def _covered(page: SynthPage, *labels: str, grow: int = 0) -> np.ndarray:
    mask = np.zeros(page.grey.shape, bool)
    for label, box in page.boxes:
        if label in labels:
            mask[max(0, box.top - grow) : box.bottom + grow, max(0, box.left - grow) : box.right + grow] = True
    return mask


def test_a_seed_gives_the_same_page_and_another_seed_another() -> None:
    first, again, other = synth_page(5, WIDTH), synth_page(5, WIDTH), synth_page(6, WIDTH)
    assert np.array_equal(first.grey, again.grey)
    assert np.array_equal(first.lettering_mask, again.lettering_mask)
    assert first.boxes == again.boxes
    assert first.grey.shape != other.grey.shape or not np.array_equal(first.grey, other.grey)


def test_boxes_lie_on_the_page_and_have_an_area(pages: list[SynthPage]) -> None:
    for page in pages:
        height, width = page.grey.shape
        for _, box in page.boxes:
            assert 0 <= box.left < box.right <= width
            assert 0 <= box.top < box.bottom <= height


def test_every_label_and_style_appears(pages: list[SynthPage]) -> None:
    assert {label for page in pages for label, _ in page.boxes} == set(LABELS)
    assert {page.style for page in pages} == set(STYLES)
    assert {page.direction for page in pages} == {"rtl", "ltr"}


@pytest.mark.parametrize("style", STYLES)
def test_a_style_can_be_asked_for(style: str) -> None:
    page = synth_page(3, WIDTH, style)  # type: ignore[arg-type]
    assert page.style == style
    assert page.grey.shape[1] == WIDTH
    assert (page.grey.shape[0] < WIDTH) == (style == "double")


def test_glyphs_lie_in_boxes_of_text_and_sound_words(pages: list[SynthPage]) -> None:
    # A box may be off by the pixel that a turned page rounds; what is mostly hidden has glyphs but no box.
    stray = sum(int((page.lettering_mask & ~_covered(page, "text", "sfx", grow=1)).sum()) for page in pages)
    assert stray < 0.005 * sum(int(page.lettering_mask.sum()) for page in pages)


def test_text_boxes_are_tight_round_glyphs(pages: list[SynthPage]) -> None:
    for page in pages:
        for _, box in page.of("text"):
            _assert_tight(page.lettering_mask, box)


def test_balloon_boxes_are_tight_round_their_mask(pages: list[SynthPage]) -> None:
    for page in pages:
        for _, box in page.of("balloon"):
            _assert_tight(page.balloon_mask, box)


def _assert_tight(mask: np.ndarray, box: Box) -> None:
    part = np.pad(mask, 2)[box.top + 1 : box.bottom + 3, box.left + 1 : box.right + 3]
    for edge in (part[:4], part[-4:], part[:, :4], part[:, -4:]):
        assert edge.any()


def test_panels_keep_their_place_in_reading_order(pages: list[SynthPage]) -> None:
    for page in pages:
        panels = page.of("panel")
        assert panels == page.boxes[: len(panels)]
        assert len(panels) == len(page.panel_polygons) >= 1
        for polygon, (_, box) in zip(page.panel_polygons, panels, strict=True):
            height, width = page.grey.shape
            assert min(box.width, box.height) > 10
            low, high = polygon.min(0), polygon.max(0)
            if low.min() > 15 and high[0] < width - 15 and high[1] < height - 15:  # not cut by the sheet's edge
                assert np.abs(np.array(box) - [*low, *high]).max() <= 3


def test_masks_say_what_is_ground_what_is_balloon_and_what_is_lettering(pages: list[SynthPage]) -> None:
    for page in pages:
        assert page.balloon_mask.shape == page.lettering_mask.shape == page.gutter_mask.shape == page.grey.shape
        assert not (
            page.gutter_mask & cv2.erode(page.balloon_mask.astype(np.uint8), np.ones((3, 3))).astype(bool)
        ).any()
    assert np.mean([page.gutter_mask.mean() for page in pages]) > 0.03
    assert np.mean([page.balloon_mask.mean() for page in pages]) > 0.03
    assert np.mean([page.lettering_mask.mean() for page in pages]) > 0.005


def test_balloons_are_pale_or_dark_and_their_lettering_stands_out(pages: list[SynthPage]) -> None:
    contrasts = []
    for page in pages:
        for _, box in page.of("balloon"):
            rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
            letters = page.lettering_mask[rows, columns]
            ground = page.balloon_mask[rows, columns] & ~cv2.dilate(letters.astype(np.uint8), np.ones((5, 5))).astype(
                bool
            )
            if letters.sum() > 20 and ground.sum() > 20:
                grey = page.grey[rows, columns]
                contrasts.append(abs(float(grey[letters].mean()) - float(np.median(grey[ground]))))
    assert len(contrasts) > 100
    assert np.median(contrasts) > 60


def test_wear_moves_nothing() -> None:
    drawn = np.full((300, 200), 255, np.uint8)
    drawn[100:180, 60:140] = 0
    for seed in range(30):
        found = worn(drawn, np.random.default_rng(seed))
        assert found.shape == drawn.shape
        rows, columns = np.nonzero(found < 128)
        central = np.abs(rows - 139.5) + np.abs(columns - 99.5) < 100
        assert abs(rows[central].mean() - 139.5) < 1
        assert abs(columns[central].mean() - 99.5) < 1


def test_faces_lie_within_characters(pages: list[SynthPage]) -> None:
    lost = sum(int((_covered(page, "face") & ~_covered(page, "character", grow=2)).sum()) for page in pages)
    assert lost < 0.02 * sum(int(_covered(page, "face").sum()) for page in pages)


def test_art_from_outside_fills_panels_and_brings_its_labels() -> None:
    asked: list[Size] = []

    def source(rng: np.random.Generator, size: Size) -> ArtCrop:
        asked.append(size)
        grey = np.full(size, 77, np.uint8)
        whole = Box(0, 0, size.width, size.height)
        return ArtCrop(grey, (LabelledBox("character", whole), LabelledBox("face", whole)))

    page = synth_page(2, WIDTH, "manga", art=[source], art_share=1.0)
    assert len(asked) == len(page.of("panel"))
    assert page.of("face")
    for _, box in page.of("face"):
        assert any(box.intersection(panel).area >= 0.98 * box.area for _, panel in page.of("panel"))


def test_crops_keep_boxes_on_what_they_mark() -> None:
    grey = np.zeros((400, 300), np.uint8)
    grey[150:250, 100:200] = 255
    source = crops([ArtCrop(grey, (LabelledBox("face", Box(100, 150, 200, 250)),))], ink_share=0.0)
    seen = 0
    for seed in range(30):
        crop = source(np.random.default_rng(seed), Size(120, 90))
        assert crop.grey.shape == (120, 90)
        for _, box in crop.boxes:
            seen += 1
            assert crop.grey[box.top : box.bottom, box.left : box.right].mean() > 200
            outside = crop.grey.astype(np.float64)
            outside[max(0, box.top - 2) : box.bottom + 2, max(0, box.left - 2) : box.right + 2] = 0
            assert outside.max() < 130
    assert seen > 10


def test_crops_stay_within_a_marked_panel() -> None:
    grey = np.zeros((400, 300), np.uint8)
    grey[40:200, 30:250] = 200
    source = crops([ArtCrop(grey, (LabelledBox("panel", Box(30, 40, 250, 200)),))], ink_share=0.0)
    for seed in range(20):
        crop = source(np.random.default_rng(seed), Size(120, 90))
        assert crop.grey.min() == 200
        assert not crop.boxes


def test_crops_are_drawn_in_ink_on_request() -> None:
    shaded = np.tile(np.linspace(80, 180, 300).astype(np.uint8), (400, 1))
    painted, inked = (crops([ArtCrop(shaded)], ink_share=share) for share in (0.0, 1.0))
    for seed in range(5):
        assert painted(np.random.default_rng(seed), Size(120, 90)).grey.min() > 70
    extreme = [inked(np.random.default_rng(seed), Size(120, 90)).grey for seed in range(12)]
    assert np.mean([(grey > 250).mean() + (grey < 30).mean() for grey in extreme]) > 0.4


def test_crops_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no pictures"):
        crops([])


def test_without_font_files_both_scripts_are_drawn() -> None:
    fonts = load_fonts()
    assert fonts.latin[0].cell("A", 20).max() > 100
    assert fonts.japanese[0].cell("語", 20).max() > 100
    assert not np.array_equal(fonts.japanese[0].cell("語", 20), fonts.japanese[0].cell("本", 20))


def test_a_file_that_is_no_font_is_left_out_with_a_warning(tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"not a font at all")
    assert load_fonts([tmp_path]) == load_fonts()
    assert "broken.ttf" in caplog.text
