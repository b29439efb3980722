"""Colour hints on their way: a page's own, part of what identifies its result, and told in its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import pytest

from host.corrections import ColourHint, corrections_of
from host.errors import BadRequest
from host.messaging.messages import Page, PageDone, RunPage

if TYPE_CHECKING:
    from tests.host.jobs.conftest import Reader

pytestmark = pytest.mark.slow

MIDDLE = ColourHint(points=((0.5, 0.5),), rgb=(200, 80, 80))
LEFT = ColourHint(points=((0.3, 0.5),), rgb=(200, 80, 80))


def colour_in_the_middle(done: PageDone) -> tuple[int, ...]:
    picture = cv2.imdecode(np.frombuffer(done.image, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    return tuple(int(value) for value in picture[height // 2, width // 2, ::-1])


def test_one_picture_with_two_kinds_of_hints_has_two_results(reader: Reader) -> None:
    done = reader.run_corrected([1, 1, 1], "hints", (), (MIDDLE,), ())
    plain, hinted, again = (done[page_id] for page_id in ("p0", "p1", "p2"))
    assert again.image == plain.image
    red, green, blue = colour_in_the_middle(hinted)
    assert red > green + 20
    assert red > blue + 20
    assert colour_in_the_middle(plain) != (red, green, blue)


def test_a_hinted_page_is_found_in_the_cache_by_its_hints(reader: Reader) -> None:
    first = reader.run_corrected([1], "hints", (MIDDLE,))["p0"]
    again, other = (
        reader.run_corrected([1], "hints", (MIDDLE,))["p0"],
        reader.run_corrected([1], "hints", (LEFT,))["p0"],
    )
    assert again.cached
    assert again.image == first.image
    assert not other.cached


def test_hints_stand_in_the_record(reader: Reader) -> None:
    runmeta = reader.run_corrected([1], "hints", (MIDDLE,))["p0"].runmeta
    assert runmeta["hints"] == [{"points": [[0.5, 0.5]], "rgb": [200, 80, 80], "radius_01": 0.004, "region": []}]


def test_hints_come_along_with_a_single_page(reader: Reader) -> None:
    (page,) = reader.chapter([1]).pages
    image = reader.encoded["p0"]
    accepted = reader.board.run_page(RunPage(page_id="p0", sha256=page.sha256, image=image, hints=(MIDDLE,)))
    reader.listener.end_of(accepted.job_id)
    (done,) = reader.listener.of(PageDone)
    assert len(done.runmeta["hints"]) == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"points": [], "rgb": [1, 2, 3]}, "points"),
        ({"points": [[0.5, 1.5]], "rgb": [1, 2, 3]}, r"points\[0\]\[1\]"),
        ({"points": [[0.5]], "rgb": [1, 2, 3]}, r"points\[0\]"),
        ({"points": [[0.5, 0.5]], "rgb": [1, 2, 256]}, r"rgb\[2\]"),
        ({"points": [[0.5, 0.5]]}, "rgb"),
        ({"points": [[0.5, 0.5]], "rgb": [1, 2, 3], "radius": 0.5}, "radius"),
    ],
)
def test_a_hint_that_is_none_is_refused_with_the_place_of_the_fault(facts: dict[str, Any], words: str) -> None:
    page = {"page_id": "p", "index": 0, "sha256": "0" * 64, "hints": [facts]}
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(page, Page)


@pytest.mark.parametrize("where", [float("nan"), float("inf")])
def test_a_hint_that_lies_nowhere_is_refused(where: float) -> None:
    hint = ColourHint(points=((0.5, where),), rgb=(1, 2, 3))
    with pytest.raises(BadRequest):
        corrections_of(Page(page_id="p", index=0, sha256="0" * 64, hints=(hint,)))
