"""Whose bytes are waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.corrections import Corrections
from host.jobs.chapter_job import JobPage, PageState
from host.jobs.wanted_bytes import WantedBytes
from host.store.spool import Spool
from tests.host.jobs.conftest import page_bytes, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BYTES = page_bytes(1)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path, 1 << 20)
    made.put(sha256(BYTES), BYTES)
    yield made
    made.close()


def page(name: str, state: PageState = PageState.QUEUED) -> JobPage:
    return JobPage(name, 0, sha256(BYTES), visible=False, corrections=Corrections(), state=state)


def test_bytes_that_nobody_wants_are_dropped_and_those_that_somebody_does_are_not(spool: Spool) -> None:
    wanted = WantedBytes(spool)
    wanted.want([page("a")])
    wanted.drop_unwanted(sha256(BYTES))
    assert spool.holds(sha256(BYTES))
    WantedBytes(spool).drop_unwanted(sha256(BYTES))
    assert not spool.holds(sha256(BYTES))


def test_they_stay_until_the_last_page_that_wants_them_has_ended(spool: Spool) -> None:
    wanted, first, second = WantedBytes(spool), page("a"), page("b")
    wanted.want([first, second])
    for one, is_held in ((first, True), (second, False)):
        one.state = PageState.DONE
        wanted.ended(one)
        assert spool.holds(sha256(BYTES)) == is_held
    wanted.want([page("c")])
    spool.put(sha256(BYTES), BYTES)
    wanted.drop_unwanted(sha256(BYTES))
    assert spool.holds(sha256(BYTES))


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [(PageState.DONE, False), (PageState.SKIPPED, False), (PageState.FAILED, True), (PageState.CANCELLED, True)],
)
def test_what_ended_without_a_picture_is_kept_for_an_export(spool: Spool, state: PageState, is_kept: bool) -> None:
    wanted, one = WantedBytes(spool), page("a", state)
    wanted.want([one])
    wanted.ended(one)
    assert (spool.read(sha256(BYTES)) is not None) == is_kept
