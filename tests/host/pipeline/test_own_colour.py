"""Colour that is the author's, told from what paper, ink, scanner and JPEG do to a grey page."""

from functools import cache

import cv2
import numpy as np
import pytest

from bench.analysis import scans
from host.pipeline.analysis.own_colour import colour_of
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import decode_page
from tests.host.pipeline.drawn import PANELS, manga_page

pytestmark = pytest.mark.slow  # reads some fifty whole pages

READER = TwoOpinionReader()
GREY = np.dstack([manga_page()] * 3)


def decoded(page):
    """Return the page as it comes from a file."""
    return decode_page(cv2.imencode(".png", cv2.cvtColor(page, cv2.COLOR_RGB2BGR))[1].tobytes())


def once(draw):
    """Have a page drawn once; who would change it takes a copy."""

    @cache
    def drawn():
        page = draw()
        page.setflags(write=False)
        return page

    return drawn


@once
def shaded() -> np.ndarray:
    """Return a page with soft tones in its panels, as painted pages have, grey."""
    rows, columns = np.mgrid[: GREY.shape[0], : GREY.shape[1]]
    tone = 150 + 60 * np.sin(rows / 37) * np.cos(columns / 53)
    page = GREY.astype(np.float64)
    for left, top, right, bottom in PANELS:
        inside = np.s_[top + 4 : bottom - 4, left + 4 : right - 4]
        page[inside] *= tone[inside][..., None] / 255
    return page.astype(np.uint8)


@once
def painted() -> np.ndarray:
    """Return the same in colours that change from thing to thing."""
    page = shaded().astype(np.float64)
    for number, (left, top, right, bottom) in enumerate(PANELS):
        for place, colour in enumerate(((1, 0.6, 0.5), (0.5, 0.8, 1), (0.7, 1, 0.5), (1, 0.9, 0.4))):
            edge = top + (bottom - top) * place // 4, top + (bottom - top) * (place + 1) // 4
            page[edge[0] + 4 : edge[1] - 4, left + 4 : right - 4] *= np.roll(colour, number)
    return page.astype(np.uint8)


@pytest.mark.parametrize("white", [0.0, 0.4, 0.6, 0.75])
def test_a_pale_page_is_a_coloured_page(white):
    assert colour_of(scans.jpeg(scans.pale(painted(), white), 80)).is_everywhere


@pytest.mark.parametrize("grey", [0.5, 0.65, 0.7, 0.75])
def test_a_faded_page_is_a_coloured_page(grey):
    assert READER.read(decoded(scans.jpeg(scans.faded(painted(), grey), 80)), "ltr").meta.kind == "already_coloured"


@pytest.mark.parametrize(("white", "grey"), [(0.3, 0.75), (0.5, 0.7)])
def test_a_page_that_was_pale_before_it_faded_is_a_coloured_page(white, grey):
    """It changes no more from thing to thing than a grey page does whose channels lie apart; its own lie together."""
    page = cv2.resize(painted(), (900, 1260), interpolation=cv2.INTER_AREA)
    colour = colour_of(scans.jpeg(scans.faded(scans.pale(page, white), grey), 90))
    assert colour.is_everywhere
    assert colour.lies_together


@once
def in_flames() -> np.ndarray:
    """Return the same in warm colours alone, which grow lighter as a brown filter's do."""
    page, fire = (
        shaded().astype(np.float64),
        np.array([(1, 0.55, 0.15), (0.95, 0.3, 0.1), (1, 0.8, 0.3), (0.6, 0.35, 0.3)]),
    )
    for number, (left, top, right, bottom) in enumerate(PANELS):
        for place, colour in enumerate(np.roll(fire, number, axis=0)):
            edge = top + (bottom - top) * place // 4, top + (bottom - top) * (place + 1) // 4
            page[edge[0] + 4 : edge[1] - 4, left + 4 : right - 4] *= colour
    return page.astype(np.uint8)


@pytest.mark.parametrize("grey", [0.6, 0.7])
def test_a_faded_page_in_warm_colours_alone_is_no_brown_filter(grey):
    assert colour_of(scans.jpeg(scans.faded(in_flames(), grey), 80)).is_everywhere


@pytest.mark.parametrize("dark", [0.45, 0.55])
@pytest.mark.parametrize("quality", [60, 85])
def test_a_pale_flat_over_a_night_is_kept(dark, quality):
    night = (shaded() * dark).astype(np.uint8)
    printed = scans.printed(night, scans.PALE_INKS[2])
    page, area = scans.spotted(night, printed, np.random.default_rng(2), 0.05)
    colour = colour_of(scans.jpeg(page, quality))
    assert not colour.is_everywhere
    there = cv2.resize(area.view(np.uint8), colour.coloured.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    assert colour.coloured[there].mean() > 0.75
    assert colour.coloured[~there].mean() < 0.01


@pytest.mark.parametrize(("px", "width"), [(1, 500), (2, 700), (3, 700), (4, 1200)])
def test_a_lens_that_draws_channels_in_several_sizes_colours_nothing(px, width):
    page = cv2.resize(shaded(), (width, width * 7 // 5), interpolation=cv2.INTER_AREA)
    scale = [1 + 2 * px / width, 1, 1 - 2 * px / width]
    middle = np.array([width / 2, width * 0.7])
    apart = [
        cv2.warpAffine(
            np.ascontiguousarray(page[..., channel]),
            np.column_stack([np.eye(2) * one, middle * (1 - one)]),
            page.shape[1::-1],
            borderMode=cv2.BORDER_REPLICATE,
        )
        for channel, one in enumerate(scale)
    ]
    colour = colour_of(scans.jpeg(np.dstack(apart), 75))
    assert not colour.is_everywhere
    assert colour.coloured.mean() < 0.01


@pytest.mark.parametrize("ink", scans.INKS)
@pytest.mark.parametrize("gradient", [0.0, 0.6])
def test_a_tinted_scan_has_no_colour_of_its_own(ink, gradient):
    page = scans.jpeg(scans.tinted(shaded(), ink, np.random.default_rng(3), gradient), 75)
    colour = colour_of(page)
    assert not colour.is_everywhere
    assert colour.coloured.mean() < 0.02


@pytest.mark.parametrize("px", [1, 2, 3])
def test_channels_that_lie_apart_are_no_colour(px):
    colour = colour_of(scans.jpeg(scans.misregistered(shaded(), px), 85))
    assert not colour.is_everywhere
    assert colour.coloured.mean() < 0.03


def test_stains_and_noise_are_no_colour():
    rng = np.random.default_rng(5)
    page = scans.jpeg(scans.noisy(scans.stained(shaded(), rng), rng, 6), 60)
    colour = colour_of(page)
    assert not colour.is_everywhere
    assert colour.coloured.mean() < 0.02


@pytest.mark.parametrize("count", [3, 6])
@pytest.mark.parametrize("page", [shaded(), GREY], ids=["shaded", "line art"])
def test_many_stains_are_no_colour(page, count):
    colour = colour_of(scans.jpeg(scans.stained(page, np.random.default_rng(count), count), 75))
    assert not colour.is_everywhere
    assert colour.coloured.mean() < 0.02


@pytest.mark.parametrize("change", [
    lambda rng: scans.misregistered(GREY, 1), lambda rng: scans.misregistered(GREY, 3),
    lambda rng: scans.tinted(GREY, "red ink", rng), lambda rng: scans.tinted(GREY, "blue", rng),
], ids=["1 px", "3 px", "red ink", "blue ink"])  # fmt: skip
@pytest.mark.parametrize(("width", "quality"), [(500, 60), (1000, 75)])
def test_fringes_of_black_lines_on_white_are_no_colour(change, width, quality):
    page = cv2.resize(change(np.random.default_rng(3)), (width, width * 7 // 5), interpolation=cv2.INTER_AREA)
    colour = colour_of(scans.jpeg(page, quality))
    assert not colour.is_everywhere
    assert colour.coloured.mean() < 0.02


@pytest.mark.parametrize("split", [True, False])
@pytest.mark.parametrize("ink", [(214, 48, 52), (40, 92, 200), (232, 128, 40)])
def test_a_second_ink_is_the_authors_colour(ink, split):
    page = scans.jpeg(scans.two_inks(shaded(), ink, split=split), 80)
    assert READER.read(decoded(page), "ltr").meta.kind == "already_coloured"


def test_a_coloured_object_is_kept_to_the_last_bit_and_the_rest_is_coloured():
    page, area = scans.spotted(shaded(), painted(), np.random.default_rng(2), 0.05)
    reading = READER.read(decoded(page), "ltr")
    own = area & (np.ptp(page, axis=2) > 24)
    assert reading.meta.kind == "story"
    assert reading.masks.protect[own].mean() > 0.98
    assert reading.masks.coloured.mean() < 0.15


def test_a_banner_outside_of_every_panel_is_kept():
    page, banner = scans.bannered(shaded(), np.random.default_rng(1))
    reading = READER.read(decoded(page), "ltr")
    assert reading.meta.kind == "story"
    assert reading.masks.protect[banner.top + 4 : banner.bottom].mean() > 0.99


def test_a_coloured_title_is_kept():
    page, strokes = scans.titled(shaded(), np.random.default_rng(1))
    reading = READER.read(decoded(page), "ltr")
    assert reading.meta.kind == "story"
    assert reading.masks.protect[strokes].mean() > 0.98


def test_white_writing_on_black_is_text_as_black_on_white_is():
    page = np.full((1400, 1000, 3), 255, np.uint8)
    for row in range(12):
        cv2.putText(page, "Long ago, in a distant land", (120, 200 + 80 * row), 0, 1.4, (0, 0, 0), 3, cv2.LINE_AA)
    assert READER.read(decoded(page), "ltr").meta.kind == "text"
    assert READER.read(decoded(255 - page), "ltr").meta.kind == "text"


@pytest.mark.parametrize(("width", "quality"), [(500, 60), (1000, 85)])
@pytest.mark.parametrize("page", [shaded(), GREY], ids=["shaded", "line art"])
def test_a_filter_that_clips_its_whites_is_a_tint(page, width, quality):
    page = cv2.resize(scans.sepia_filtered(page), (width, width * 7 // 5), interpolation=cv2.INTER_AREA)
    colour = colour_of(scans.jpeg(page, quality))
    assert not colour.is_everywhere
    assert colour.coloured.mean() < 0.02


@pytest.mark.parametrize("side", ["left", "foot"])
def test_colour_laid_over_a_part_of_a_panel_is_kept_and_the_rest_of_the_panel_is_coloured(side):
    left, top, right, bottom = PANELS[0]
    page, colour = shaded().copy(), painted()
    part = np.s_[top : top + (bottom - top) * 6 // 10, left:right]
    if side == "left":
        part = np.s_[top:bottom, left : left + (right - left) * 6 // 10]
    page[part] = colour[part]
    reading = READER.read(decoded(scans.jpeg(page, 90)), "ltr")
    assert not reading.meta.panels[0].coloured
    laid = np.zeros(page.shape[:2], np.bool_)
    laid[part] = True
    assert reading.masks.protect[laid & (np.ptp(page, axis=2) > 24)].mean() > 0.98
    rest = np.s_[top + 20 : bottom - 20, right - (right - left) // 4 : right - 20]
    rest = np.s_[bottom - (bottom - top) // 4 : bottom - 20, left + 20 : right - 20] if side == "foot" else rest
    assert not reading.masks.coloured[rest].any()


@pytest.mark.parametrize("px", [2, 3])
def test_line_drawings_with_channels_far_apart_are_grey(px):
    rain, dice = GREY.copy(), np.random.default_rng(4)
    for _ in range(900):
        x, y = (int(dice.integers(0, side)) for side in (1000, 1400))
        cv2.line(rain, (x, y), (x - 12, y + 40), (90, 90, 90), 2, cv2.LINE_AA)
    small = cv2.resize(rain, (500, 700), interpolation=cv2.INTER_AREA)
    reading = READER.read(decoded(scans.jpeg(scans.misregistered(small, px), 60)), "ltr")
    assert reading.meta.kind != "already_coloured"
    assert reading.masks.coloured is None or reading.masks.coloured.mean() < 0.02


def test_light_and_ink_in_several_strong_hues_are_no_tint():
    """What a curve of the tones explains as well is colour all the same, where no paper and no ink has so many hues."""
    across = np.linspace(0, 1, 600)
    hsv = np.broadcast_to(np.stack([120 - 105 * across, 0 * across + 150, 60 + 170 * across], -1), (800, 600, 3))
    page = cv2.cvtColor(np.ascontiguousarray(hsv.astype(np.uint8)), cv2.COLOR_HSV2RGB)
    for row in range(40, 780, 60):
        cv2.line(page, (20, row), (580, row), (0, 0, 0), 3)
    assert colour_of(page).is_everywhere
