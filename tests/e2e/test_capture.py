"""How pictures are taken: with how many requests, from sites that give each one once, and never another one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tests.e2e.habits import PAGES, Habits
from tests.e2e.reading import Reader, colourfulness, images, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.browser

COLOURED = 8.0


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


@pytest.fixture
def forbidden(reader: Reader) -> Iterator[Reader]:
    """Have the reader not let us look at what a page holds."""
    reader.forbid_page_capture()
    yield reader
    reader.forbid_page_capture(allow=True)


def colour(reader: Reader, habits: Habits, path: str) -> tuple[list[int], list[str]]:
    """Colour a chapter; how often each of its pictures was asked for, and the digests of what was coloured."""
    before = habits.asked.copy()
    page = reader.open(f"{habits.origin}/{path}")
    page.wait_for_load_state("load")
    reader.colorize(page).close()
    page.bring_to_front()
    digests = [each["sha256"] for each in reader.wait_until_done(page, len(PAGES))]
    for image in images(page).all():
        until(lambda image=image: colourfulness(image) > COLOURED, lambda image=image: colourfulness(image))
    page.close()
    asked = habits.asked - before
    return [times for name, times in asked.items() if name.endswith(PAGES)], digests


def digests_of(folder: Path) -> list[str]:
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PAGES]


@pytest.mark.parametrize("path", ["once", "nostore", "cached", "open", "rate", "cut", "decoy"])
def test_pictures_of_another_site_are_taken_as_they_are_without_a_request(
    reader: Reader, habits: Habits, pages_folder: Path, path: str
) -> None:
    asked, digests = colour(reader, habits, path)
    assert asked == [1] * len(PAGES)
    assert digests == digests_of(pages_folder)


@pytest.mark.parametrize("path", ["own-once", "own-decoy"])
def test_own_pictures_that_come_once_are_read_from_the_page(reader: Reader, habits: Habits, path: str) -> None:
    asked, _ = colour(reader, habits, path)
    assert asked == [1] * len(PAGES)


def test_where_the_page_s_copy_is_closed_each_picture_is_asked_for_once_more(
    forbidden: Reader, habits: Habits, pages_folder: Path
) -> None:
    for path, most in (("nostore", 2), ("cached", 2), ("open", 2), ("cut", 3), ("rate", 4)):
        asked, digests = colour(forbidden, habits, path)
        assert max(asked) <= most, path
        assert digests == digests_of(pages_folder), path


def test_site_that_gives_each_picture_once_is_named_with_what_to_do(forbidden: Reader, habits: Habits) -> None:
    page = forbidden.open(f"{habits.origin}/once")
    page.wait_for_load_state("load")
    forbidden.colorize(page).close()
    notes = {each["note"] for each in forbidden.wait_until_over(page, len(PAGES))}
    assert notes == {"localhost refused the picture (HTTP 403)."}
