"""A volume under way: where the records of its pages are, and which of them most others outvote."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from host.library.opening import open_source
from host.library.shelf import find_volumes
from host.library.understand.entries import META_SUFFIX, PageEntry
from host.library.understand.volume import Volume, volume_of
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ["1.png", "2.png", "3.png", "4.png"]


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    (tmp_path / "shelf").mkdir()
    make_cbz(tmp_path / "shelf" / "One.cbz", {name: picture(number) for number, name in enumerate(NAMES)})
    (source,) = find_volumes([tmp_path / "shelf"], tmp_path / "out").sources
    with closing(volume_of(source, open_source(source), tmp_path / "out", [source.place])) as opened:
        yield opened


def noted(volume: Volume, *directions: str, faults: tuple[str, ...] = ("",) * len(NAMES)) -> None:
    for place, (name, direction, fault) in enumerate(zip(NAMES, directions, faults, strict=True)):
        stem = volume.stems[0][place]
        volume.ledgers[0].add(PageEntry(id=name, name=name, stem=stem, number=place, direction=direction, fault=fault))


def test_records_lie_in_the_folder_of_the_book_under_the_name_of_the_page(volume: Volume, tmp_path: Path) -> None:
    entry = PageEntry(id="2", name="2.png", stem=volume.stems[0][1], number=1)
    path = volume.path(0, entry, META_SUFFIX)
    assert path.parent.is_dir()
    assert path.relative_to(tmp_path / "out").as_posix() == f"{volume.places[0]}/{entry.stem}{META_SUFFIX}"


@pytest.mark.parametrize(
    ("directions", "faults", "again"),
    [
        (("rtl", "rtl", "rtl", "ltr"), ("",) * 4, [(3, "rtl")]),
        (("ltr", "rtl", "ltr", "ltr"), ("",) * 4, [(1, "ltr")]),
        (("rtl", "rtl", "rtl", "rtl"), ("",) * 4, []),
        (("rtl", "", "ttb", "rtl"), ("",) * 4, []),  # nobody votes against
        (("rtl", "ltr", "ltr", "rtl"), ("",) * 4, [(0, "ltr"), (3, "ltr")]),  # level: always the same one
        (("rtl", "ltr", "ltr", "rtl"), ("", "lost", "", ""), [(2, "rtl")]),  # a page that failed has no vote
    ],
)
def test_pages_that_most_others_outvote_are_named_with_the_way_of_the_others(
    volume: Volume, directions: tuple[str, ...], faults: tuple[str, ...], again: list[tuple[int, str]]
) -> None:
    noted(volume, *directions, faults=faults)
    assert list(volume.outvoted(0)) == again


def test_what_is_noted_is_counted(volume: Volume) -> None:
    noted(volume, "rtl", "rtl", "rtl", "", faults=("", "", "", "lost"))
    volume.untold[0] = 2
    (told,) = volume.analyses()
    assert (told.pages, told.failed, told.told, told.untold, told.within) == (4, 1, 0, 2, 0)
    assert told.place == volume.places[0]
