"""What an engine gets of a page's maps, and which way lettering votes: by table."""

from __future__ import annotations

import numpy as np
import pytest

from engines.base import FACE, FIGURE
from engines.geometry import Box, Size
from host.pipeline.analysis.layout.direction import DirectionVote, added, lettering_vote, shape_vote, winner
from host.pipeline.generation.figures import bind_regions
from host.pipeline.generation.masks import bind_panels, bind_parts, bind_protect, bind_tone
from host.pipeline.records.masks import PageMaps, PageMasks
from host.pipeline.records.page_meta import Character, Face, PageMeta

SIZE = (60, 80)


def meta(*, faces: tuple[Face, ...] = (), characters: tuple[Character, ...] = ()) -> PageMeta:
    return PageMeta(
        size=Size(*SIZE), pixels_sha256="0" * 64, kind="story", direction="rtl", faces=faces, characters=characters
    )


def maps(*, panels: int = 0, characters: tuple[int, ...] = ()) -> PageMaps:
    planes = [np.zeros(SIZE, np.uint8) for _ in range(4)]
    planes[0][0, 0] = panels
    for row, label in enumerate(characters):
        planes[1][10 * row : 10 * row + 10] = label
    return PageMaps(panels=planes[0], characters=planes[1], depth=planes[2], tone=planes[3])


def masks(*, screened: bool | None = None) -> PageMasks:
    planes = {name: np.zeros(SIZE, np.bool_) for name in ("balloons", "lettering", "gutters")}
    screentone = None if screened is None else np.full(SIZE, screened)
    return PageMasks(**planes, screentone=screentone)


def figure(index: int, depth: float) -> Character:
    return Character(box=Box(0, 0, 9, 9), index=index, depth_01=depth)


def test_regions_are_of_those_who_can_be_seen_the_nearest_first() -> None:
    page = meta(characters=(figure(0, 0.2), figure(1, 0.9), figure(2, 0.9), figure(3, 1.0)))
    seen = maps(characters=(1, 3, 2))
    assert [int(np.flatnonzero(one.mask[:, 0])[0]) // 10 for one in bind_regions(page, seen)] == [2, 1, 0]
    assert bind_regions(page, None) == ()


@pytest.mark.parametrize(("screened", "is_bound"), [(None, False), (False, False), (True, True)])
def test_tone_is_bound_where_there_are_screens(*, screened: bool | None, is_bound: bool) -> None:
    seen = maps()
    assert (bind_tone(seen, masks(screened=screened)) is seen.tone) == is_bound
    assert bind_tone(None, masks(screened=screened)) is None


@pytest.mark.parametrize(("panels", "is_bound"), [(0, False), (1, False), (2, True)])
def test_panels_are_bound_where_there_are_two(panels: int, *, is_bound: bool) -> None:
    seen = maps(panels=panels)
    assert (bind_panels(seen) is seen.panels) == is_bound
    assert bind_panels(None) is None


def test_what_is_bound_may_not_be_written_to() -> None:
    seen, page = maps(panels=2), masks(screened=True)
    bound = bind_protect(page), bind_tone(seen, page), bind_panels(seen)
    assert not any(one is None or one.flags.writeable for one in bound)


@pytest.mark.parametrize(("score", "is_seen"), [(0.5, True), (0.1, False)])
def test_faces_that_are_sure_lie_on_figures(score: float, *, is_seen: bool) -> None:
    from host.pipeline.generation import masks as module

    assert 0.1 < module._FACE_SURE <= 0.5
    faces = (
        Face(box=Box(20, 10, 60, 50), character=0, score=module._FACE_SURE if is_seen else module._FACE_SURE - 0.01),
    )
    found = bind_parts(meta(faces=faces, characters=(figure(0, 1),)), maps(characters=(1, 0, 1)))
    assert found is not None
    assert (found[30, 40] == FACE) == is_seen
    assert found[0, 0] == FIGURE
    assert found[15, 0] == 0
    share = module._FACE_SHARE
    row = found[30]
    wide = int((row == FACE).sum())
    assert wide == (pytest.approx(40 * share, abs=2) if is_seen else 0)
    assert (bind_parts(meta(faces=faces), maps()) is not None) == is_seen
    assert bind_parts(meta(), maps(characters=(1,))) is None
    assert bind_parts(meta(faces=faces, characters=(figure(0, 1),)), None) is None


@pytest.mark.parametrize(
    ("votes", "direction"),
    [
        ((0, 0, 0), "rtl"),
        ((1, 1, 1), "rtl"),
        ((1, 1.5, 1.5), "ltr"),
        ((1, 1, 1.1), "ttb"),
        ((2, 0, 1), "rtl"),
        ((0, 0, 0.1), "ttb"),
    ],
)
def test_most_votes_win_and_of_equals_right_to_left(votes: tuple[float, ...], direction: str) -> None:
    assert winner([DirectionVote(*votes)]) == direction
    assert added([DirectionVote(1, 2, 3), DirectionVote(0.5, 0, 1)]) == DirectionVote(1.5, 2, 4)
    assert added([]) == DirectionVote(0, 0, 0)


@pytest.mark.parametrize(("height", "vote"), [(2500, 0.0), (2501, 6.0)])
def test_a_page_as_long_as_two_and_a_half_widths_is_no_strip(height: int, vote: float) -> None:
    assert shape_vote(Size(height, 1000)) == DirectionVote(ttb=vote)


def written(rows: int, letters: int, between: int, apart: int) -> tuple[np.ndarray, Box]:
    """Return lines of letters of 10 px, so far between and apart."""
    ink = np.zeros((400, 400), np.bool_)
    for line in range(rows):
        for letter in range(letters):
            y, x = 20 + line * (10 + apart), 30 + letter * (10 + between)
            ink[y : y + 10, x : x + 10] = True
    return ink, Box(0, 0, 400, 400)


@pytest.mark.parametrize(
    ("body", "vote"),
    [
        (Box(0, 0, 115, 100), (0, 1.0)),
        (Box(0, 0, 114, 100), (0, 0.25)),
        (Box(0, 0, 91, 100), (0, 0.25)),
        (Box(0, 0, 90, 100), (0.5, 0)),
        (None, (0, 0.25)),
    ],
)
def test_rows_vote_by_the_shape_of_their_balloon(body: Box | None, vote: tuple[float, float]) -> None:
    ink, block = written(3, 6, 4, 12)
    assert lettering_vote(ink, [(block, body)]) == DirectionVote(*vote)
    assert lettering_vote(ink, [(block, body)] * 3) == DirectionVote(3 * vote[0], 3 * vote[1])


@pytest.mark.parametrize(
    ("facts", "vote"),
    [
        ((3, 6, 4, 12), (0, 1.0)),
        ((6, 3, 12, 4), (1.5, 0)),
        ((4, 4, 5, 5), (0, 0)),  # neither is clear
        ((1, 6, 4, 0), (0, 1.0)),  # one line
        ((6, 1, 0, 4), (1.5, 0)),
        ((1, 1, 0, 0), (0, 0)),
        ((2, 5, 4, 9), (0, 1.0)),
    ],
)
def test_lines_run_where_the_gaps_are_clearer(facts: tuple[int, ...], vote: tuple[float, float]) -> None:
    ink, block = written(*facts)
    assert lettering_vote(ink, [(block, Box(0, 0, 200, 100))]) == DirectionVote(*vote)
