"""Which page is shown first to whoever looks at it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from host.corrections import Corrections
from host.jobs.chapter_job import JobPage, PageState
from host.jobs.sights import Sights

JOB: Any = SimpleNamespace(about=("series", "1"))


def pages(count: int) -> list[JobPage]:
    return [JobPage(f"p{at}", at, "a", visible=True, corrections=Corrections()) for at in range(count)]


def taken(sights: Sights, *unripe: JobPage) -> list[str]:
    order = []
    while (sight := sights.take(lambda page: page not in unripe)) is not None:
        order.append(sight[1].page_id)
    return order


def test_what_was_looked_at_last_comes_first_in_the_order_in_which_it_is_seen() -> None:
    sights, all_pages = Sights(), pages(5)
    sights.see(JOB, all_pages[:3])
    sights.see(JOB, [all_pages[4], all_pages[1]])
    assert taken(sights) == ["p4", "p1", "p0", "p2"]


def test_a_page_is_looked_into_once_however_often_it_is_seen() -> None:
    sights, all_pages = Sights(), pages(2)
    sights.see(JOB, all_pages)
    assert taken(sights) == ["p0", "p1"]
    sights.see(JOB, all_pages)
    assert taken(sights) == []
    assert all(page.looked_into for page in all_pages)


def test_what_is_not_ripe_waits_and_what_ended_or_was_begun_elsewhere_is_left() -> None:
    sights, all_pages = Sights(), pages(4)
    sights.see(JOB, all_pages)
    all_pages[1].state = PageState.DONE
    all_pages[2].looked_into = True
    assert taken(sights, all_pages[0]) == ["p3"]
    assert taken(sights) == ["p0"]


def test_what_was_left_is_not_looked_into_until_it_is_seen_again() -> None:
    sights, all_pages, other = Sights(), pages(3), SimpleNamespace(about=("series", "2"))
    sights.see(JOB, all_pages[:2])
    sights.see(other, all_pages[2:])  # type: ignore[arg-type]
    sights.leave(JOB.about)
    sights.see(JOB, all_pages[1:2])
    assert taken(sights) == ["p1", "p2"]
