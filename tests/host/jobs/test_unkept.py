"""Pages whose results no disk takes: they are coloured and told all the same."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from host.errors import DiskFull
from host.messaging.messages import PageDone
from host.paths import state_paths
from host.store_records import ReferenceAdd
from tests.host.jobs.conftest import done, page_bytes, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow


def notes(reader: Reader, job_id: str) -> list[str]:
    return [note for page in reader.listener.of(PageDone, job_id=job_id) for note in page.runmeta["notes"]]


@pytest.fixture
def unwritable_home(irodori_home: Path) -> Path:
    """Return a home in which no folder can be made, whoever tries."""
    irodori_home.mkdir(exist_ok=True)
    for name in ("cache", "data", "logs"):
        (irodori_home / name).write_bytes(b"")
    return irodori_home


def test_a_home_that_takes_nothing_costs_no_page_and_is_told_once(
    unwritable_home: Path, open_reader: Callable[..., Reader]
) -> None:
    reader = open_reader()
    job_id = reader.run([1, 2, 3])
    assert reader.listener.end_of(job_id).done == 3
    assert [note.startswith("Pages are not kept in the cache: ") for note in notes(reader, job_id)] == [True]
    again = reader.run([1, 2])
    assert reader.listener.end_of(again).done == 2
    assert notes(reader, again) == []
    assert sorted(one.name for one in unwritable_home.iterdir() if one.is_dir()) == []


def test_a_cache_that_is_removed_at_work_takes_no_page_with_it(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    job_id = reader.run([1, 2, 3, 4])
    assert engine.began.wait(10)
    shutil.rmtree(state_paths().cache)
    engine.gate.set()
    assert reader.listener.end_of(job_id).done == 4
    assert reader.board.run_chapter(reader.chapter([1, 2, 3, 4])).need == []


def test_a_home_that_is_removed_at_work_takes_no_page_with_it(
    reader: Reader, engine: Watched, irodori_home: Path
) -> None:
    reader.listener.end_of(reader.run([9]))
    engine.gate.clear()
    engine.began.clear()
    job_id = reader.run([1, 2, 3])
    assert engine.began.wait(10)
    shutil.rmtree(irodori_home)
    engine.gate.set()
    assert reader.listener.end_of(job_id).done == 3
    assert reader.listener.end_of(reader.run([5])).done == 1


def test_a_disk_that_fills_up_later_costs_what_would_be_kept(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    store = reader.application.store

    def full(*args: object, **options: Any) -> bool:
        raise DiskFull("The disk has no room for a coloured page.", "Free some space.")

    monkeypatch.setattr(store.results, "put", full)
    job_id = reader.run([1, 2])
    assert reader.listener.end_of(job_id).done == 2
    assert done(reader.listener, job_id) == {"p0", "p1"}
    assert notes(reader, job_id) == [
        "Pages are not kept in the cache: The disk has no room for a coloured page. Free some space."
    ]


def test_captured_pages_that_no_disk_takes_are_held_until_they_are_dropped(
    unwritable_home: Path, open_reader: Callable[..., Reader]
) -> None:
    spool = open_reader().application.store.spool
    page = page_bytes(1)
    spool.put(sha256(page), page)
    assert spool.read(sha256(page)) == page
    spool.keep(sha256(page))
    assert sha256(page) not in spool
    assert spool.read(sha256(page)) == page
    spool.put(sha256(page), page)
    spool.drop(sha256(page))
    assert spool.read(sha256(page)) is None


def test_a_reference_for_now_is_held_where_the_disk_does_not_take_it(
    unwritable_home: Path, open_reader: Callable[..., Reader]
) -> None:
    references = open_reader().application.store.references
    request = ReferenceAdd(image=page_bytes(3), name="cover")
    with pytest.raises(Exception, match="reference"):
        references.add(request)
    added = references.add(request, for_now=True)
    references.require([added.reference_id])
    assert references.get(added.reference_id) == added
    assert (added.name, added.width, added.height) == ("cover", 80, 120)
    assert references.pixels(added.reference_id).shape == (120, 80, 3)
    assert references.list() == []
