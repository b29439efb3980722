"""Two opinions weighed: what networks see and what is found without them."""

import json
import logging

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.base import ModelMissing
from engines.detect.base import (
    LABELS,
    Detection,
    DetectorInfo,
    PageDetector,
    PixelEvidence,
    PixelReader,
    unchecked,
)
from engines.geometry import Box
from host.pipeline.analysis.classical.glyphs import glyphs_by_pixels
from host.pipeline.analysis.classical.lettering import find_letters, mask_of, with_light
from host.pipeline.analysis.read import TwoOpinionReader
from tests.host.pipeline.drawn import PANELS, Told, balloon_mask, decoded, manga_page


class ToldPixels(PixelReader):
    """Knows balloons and lettering of the whole page, at half of its size."""

    info = DetectorInfo("told-pixels", "1")

    def __init__(self, balloon, lettering) -> None:
        self.evidence = PixelEvidence(balloon=balloon, lettering=lettering)

    def read_pixels(self, grey, check=unchecked):
        return self.evidence


class Absent(PageDetector):
    """Has no weights."""

    info = DetectorInfo("absent", "1")

    def detect(self, grey, check=unchecked):
        raise ModelMissing("there are no weights", "Install Irodori again.")


def read(grey, detector=None, pixels=None):
    return TwoOpinionReader(detector, pixels).read(decoded(grey), "ltr")


def panels_seen(score=0.9):
    return [Detection("panel", Box(*box), score) for box in PANELS]


def balloons_seen(score=0.8):
    return [
        Detection("balloon", Box(590, 120, 891, 321), score),
        Detection("balloon", Box(100, 770, 421, 991), score),
    ]


@pytest.mark.slow
def test_without_weights_the_classical_reader_goes_on_and_it_is_told_once(caplog):
    reader = TwoOpinionReader(Absent())
    with caplog.at_level(logging.WARNING):
        readings = [reader.read(decoded(manga_page()), "ltr") for _ in range(2)]
    assert [len(reading.meta.panels) for reading in readings] == [4, 4]
    assert all(reading.meta.balloons for reading in readings)
    assert len([one for one in caplog.records if "no weights" in one.getMessage()]) == 1


@pytest.mark.slow
def test_what_only_looks_like_a_balloon_is_left_to_colour():
    """A shop's sign, a word on white: the detector sees the two balloons, and no balloon there."""
    page = manga_page()
    cv2.rectangle(page, (600, 420), (860, 560), 0, 3)
    cv2.putText(page, "CAKE", (665, 505), cv2.FONT_HERSHEY_DUPLEX, 1.6, 0, 2, cv2.LINE_AA)
    sign = np.zeros(page.shape, np.bool_)
    sign[430:440, 610:850] = True
    assert read(page).masks.balloons[sign].mean() > 0.9
    weighed = read(page, Told(*panels_seen(), *balloons_seen()))
    assert weighed.masks.protect[sign].mean() < 0.05
    assert weighed.masks.balloons[balloon_mask(0)].mean() > 0.99
    assert len(weighed.meta.balloons) == 2


def test_writing_in_a_round_body_is_believed_against_the_detector():
    reading = read(manga_page(), Told(*panels_seen()))
    assert reading.masks.balloons[balloon_mask(0) | balloon_mask(1)].mean() > 0.99
    assert [one.score for one in reading.meta.balloons] == [0.8, 0.8]


def test_a_balloon_without_an_outline_is_protected_where_the_detector_sees_one():
    page = manga_page()
    page[708:1332, 528:932] = 235
    cv2.ellipse(page, (700, 900), (110, 80), 0, 0, 360, 252, -1)
    cv2.putText(page, "...", (660, 910), cv2.FONT_HERSHEY_DUPLEX, 1.6, 0, 3, cv2.LINE_AA)
    body = np.zeros(page.shape, np.uint8)
    cv2.ellipse(body, (700, 900), (105, 75), 0, 0, 360, 1, -1)
    seen = Detection("balloon", Box(590, 820, 811, 981), 0.7)
    weighed = read(page, Told(*panels_seen(), *balloons_seen(), seen))
    assert weighed.masks.balloons[body > 0].mean() > 0.98
    assert weighed.masks.balloons[708:1332, 528:580].mean() < 0.01


def test_a_balloon_whose_edge_cannot_be_found_is_protected_as_an_ellipse():
    page = np.random.default_rng(1).integers(0, 255, (1400, 1000), np.uint8)
    weighed = read(page, Told(Detection("balloon", Box(300, 300, 600, 500), 0.8)))
    assert weighed.masks.balloons[400, 320:580].all()
    assert weighed.masks.balloons.mean() < 0.06


def test_panels_that_no_gutter_parts_are_the_detectors():
    page = np.random.default_rng(1).integers(0, 200, (1400, 1000), np.uint8)
    seen = [Detection("panel", box, 0.9) for box in (Box(0, 0, 1000, 700), Box(0, 700, 1000, 1400))]
    assert len(read(page).meta.panels) == 1
    assert [panel.box for panel in read(page, Told(*seen)).meta.panels] == [one.box for one in seen]


def test_where_both_see_a_panel_its_edge_is_the_exact_one():
    loose = [Detection("panel", Box(box[0] - 15, box[1] + 12, box[2] + 9, box[3] - 20), 0.9) for box in PANELS]
    panels = read(manga_page(), Told(*loose)).meta.panels
    assert all(np.abs(np.array(a.box) - b).max() <= 6 for a, b in zip(panels, PANELS, strict=True))


@pytest.mark.slow
def test_white_lettering_on_dark_art_is_protected_where_the_detector_reads():
    page = manga_page()
    page[708:1332, 528:932] = 60
    cv2.putText(page, "at night", (600, 1000), cv2.FONT_HERSHEY_DUPLEX, 1.2, 255, 2, cv2.LINE_AA)
    letters = (page > 200) & (np.indices(page.shape)[0] > 960) & (np.indices(page.shape)[0] < 1015)
    letters[:, :590] = letters[:, 800:] = False
    weighed = read(page, Told(*panels_seen(), *balloons_seen(), Detection("text", Box(595, 965, 765, 1012), 0.7)))
    assert weighed.masks.lettering[letters].mean() > 0.97
    assert [one.box for one in weighed.meta.text if one.balloon is None]


def test_the_pixel_network_gives_bodies_and_strokes():
    page = np.full((1400, 1000), 255, np.uint8)
    for left in range(0, 1000, 9):
        cv2.line(page, (left, 0), (left + 300, 1399), 90, 2)
    balloon, lettering = np.zeros((2, 700, 500), np.uint8)
    cv2.ellipse(balloon, (250, 200), (90, 60), 0, 0, 360, 240, -1)
    lettering[500:510, 100:300] = 220
    weighed = read(page, Told(Detection("balloon", Box(320, 280, 680, 520), 0.8)), ToldPixels(balloon, lettering))
    inside = cv2.resize(balloon, (1000, 1400)) > 200
    assert weighed.masks.balloons[inside].mean() > 0.98
    assert weighed.masks.lettering[1002:1018, 204:596].all()


def test_figures_faces_and_sounds_know_where_they_belong():
    seen = [
        Detection("character", Box(150, 250, 450, 640), 0.8),
        Detection("face", Box(220, 300, 380, 480), 0.7),
        Detection("face", Box(600, 1000, 700, 1100), 0.6),
        Detection("sfx", Box(560, 500, 760, 600), 0.6),
    ]
    meta = read(manga_page(), Told(*panels_seen(), *balloons_seen(), *seen)).meta
    assert [(one.panel, one.index) for one in meta.characters] == [(0, 0)]
    assert [(one.panel, one.character) for one in meta.faces] == [(0, 0), (3, None)]
    assert [one.panel for one in meta.sound_effects] == [1]


@pytest.mark.slow
def test_a_page_of_many_parts_is_shown_to_the_detector_once():
    page = np.vstack([manga_page()[:660]] * 6)
    detector = Told()
    assert len(read(page, detector).meta.parts) > 1
    assert detector.calls == 1


detections = st.builds(
    lambda label, x, y, w, h, score: Detection(label, Box(x, y, x + w, y + h), score),
    st.sampled_from(LABELS), st.integers(0, 80), st.integers(0, 80), st.integers(1, 90), st.integers(1, 90),
    st.floats(0, 1),
)  # fmt: skip


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    st.lists(detections, max_size=8), st.integers(1, 120), st.integers(1, 120), st.integers(0, 2**32 - 1),
    st.sampled_from(["rtl", "ltr", "auto"]),
)  # fmt: skip
def test_whatever_the_networks_say_a_page_is_read(seen, height, width, seed, direction):
    page = np.random.default_rng(seed).integers(0, 255, (height, width), np.uint8)
    if seed % 3 == 0:
        page[:] = 255
    pixels = ToldPixels(page[:: 1 + seed % 2], page) if seed % 2 else None
    reading = TwoOpinionReader(Told(*seen), pixels).read(decoded(page), direction)
    assert reading.masks.protect.shape == (height, width)
    json.loads(reading.meta.model_dump_json())


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (2000, 1), (6000, 300), (300, 3000)])
@pytest.mark.parametrize("level", [0, 255, None])
def test_odd_pages_are_read_with_a_detector_too(shape, level):
    page = np.full(shape, level or 0, np.uint8)
    if level is None:
        page = np.random.default_rng(3).integers(0, 255, shape, np.uint8)
    seen = [Detection(label, Box(0, 0, 250, 250), 0.9) for label in LABELS]
    assert read(page, Told(*seen)).masks.protect.shape == shape


def test_black_art_at_the_edge_of_a_night_panel_is_no_gutter():
    page = np.full((1400, 1000), 6, np.uint8)
    page[60:1340, 60:940] = 80
    page[60:500, 60:400] = 8
    cv2.circle(page, (650, 900), 200, 200, -1)
    panel = Box(60, 60, 940, 1340)
    told = TwoOpinionReader(Told(Detection("panel", panel, 0.9))).read(decoded(page), "ltr").masks.gutters
    assert told[:50].all()
    assert not told[80:480, 80:380].any()


def test_what_does_not_stand_out_from_a_dark_page_is_not_read_but_for_what_the_detector_sees():
    page = np.full((400, 300), 30, np.uint8)
    page[20:60, 20:280] = 250
    evidence = np.zeros(page.shape, np.uint8)
    for top, level in ((100, 70), (200, 245), (300, 70)):
        page[top : top + 30 : 6, 50:250] = level
        evidence[top : top + 30, 50:250] = 255
    found = glyphs_by_pixels(evidence, page, [Box(40, 290, 260, 340)], [])
    assert not found[100:130].any()
    assert found[205:225, 60:240].all()
    assert found[305:325, 60:240].all()


@pytest.mark.slow
def test_highlights_beside_white_words_on_black_are_no_words():
    page = np.full((1400, 1000), 255, np.uint8)
    page[30:-30, 30:-30] = 8
    cv2.putText(page, "MEET ME AT NINE TONIGHT", (120, 200), cv2.FONT_HERSHEY_DUPLEX, 1.2, 255, 2, cv2.LINE_AA)
    words = page > 100
    words[:40] = words[-40:] = words[:, :40] = words[:, -40:] = False
    dice = np.random.default_rng(3)
    for _ in range(260):
        x, y = (int(dice.integers(60, side)) for side in (940, 1340))
        if not 155 < y < 222:
            cv2.ellipse(page, (x, y), (int(dice.integers(4, 12)), int(dice.integers(3, 9))), 30, 0, 360, 240, -1)

    class Reader(PixelReader):
        info = DetectorInfo("told", "1")

        def read_pixels(self, grey, check=unchecked):
            return PixelEvidence(balloon=np.zeros_like(grey), lettering=words.astype(np.uint8) * 255)

    lettering = TwoOpinionReader(None, Reader()).read(decoded(page), "ltr").masks.lettering
    assert lettering[words].mean() > 0.95
    assert lettering[320:-40, 40:-40].mean() < 0.02


def test_light_mark_that_dark_ones_cover_is_listed_and_has_no_pixel():
    page = np.full((400, 400), 200, np.uint8)
    cv2.rectangle(page, (100, 100), (105, 106), 20, -1)
    dark = find_letters(page)
    # A light mark in the very place of the dark one: the last of its labels.
    both = with_light(dark, dark)
    assert both.label_count == int(both.ids.max()) + 1 > int(both.labels.max()) + 1
    covered = np.flatnonzero(both.light)
    assert covered.size
    assert not mask_of(both, [covered]).any()
    assert mask_of(both, [np.flatnonzero(~both.light)]).sum() == 6 * 7


ROUND = [(700 + 110 * np.cos(turn), 900 + 80 * np.sin(turn)) for turn in np.linspace(0, 2 * np.pi, 60)]
STAR = [
    (700 + 110 * far * np.cos(turn), 900 + 80 * far * np.sin(turn))
    for turn, far in zip(np.linspace(0, 2 * np.pi, 17), [0.45, 1] * 8 + [0.45], strict=True)
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outline", "mark", "score", "is_kept"),
    [
        (ROUND, "!?", 0.6, True),
        (ROUND, "!?", 0.5, True),
        (ROUND, "!?", 0.49, False),
        (ROUND, "", 0.6, False),
        (STAR, "!?", 0.6, False),
    ],
    ids=["round, marked", "as sure as need be", "less sure", "without a mark", "ragged"],
)
def test_a_mark_that_the_pixel_network_does_not_know_makes_a_balloon_of_round_even_ground_alone(
    outline, mark, score, is_kept
):
    page = manga_page()
    page[708:1332, 528:932] = 200
    body = np.zeros(page.shape, np.uint8)
    cv2.fillPoly(body, [np.array(outline, np.int32)], 1)
    page[body > 0] = 252
    cv2.putText(page, mark, (675, 915), cv2.FONT_HERSHEY_DUPLEX, 1.4, 0, 3, cv2.LINE_AA)
    nothing = np.zeros((700, 500), np.uint8)
    seen = Detection("balloon", Box(590, 820, 811, 981), score)
    weighed = read(page, Told(*panels_seen(), *balloons_seen(), seen), ToldPixels(nothing, nothing.copy()))
    inner = cv2.erode(body, np.ones((9, 9), np.uint8)) > 0
    assert weighed.masks.balloons[inner].mean() == (1.0 if is_kept else 0.0)
