"""One computation for all the pages that wait for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from host.corrections import Corrections
from host.jobs.chapter_job import JobPage, PageState
from host.jobs.work import Work, WorksInFlight


def job(identity: str = "recipe") -> Any:
    return SimpleNamespace(recipe=SimpleNamespace(identity=identity))


def page(sha256: str = "a", corrections: Corrections | None = None, *, visible: bool = False) -> JobPage:
    return JobPage("p", 0, sha256, visible, corrections or Corrections())


def begun(works: WorksInFlight, sha256: str, identity: str = "recipe") -> tuple[Work, JobPage]:
    one = page(sha256)
    work = works.join(job(identity), one)
    assert work is not None
    return work, one


def test_the_same_bytes_by_the_same_recipe_are_computed_once() -> None:
    works = WorksInFlight()
    work, _ = begun(works, "a")
    again = page("a")
    assert works.join(job(), again) is None
    assert [one for _, one in work.waiting][-1] is again
    assert (len(works), list(works)) == (1, [work])


def test_other_bytes_another_recipe_or_other_corrections_are_another_computation() -> None:
    works = WorksInFlight()
    begun(works, "a")
    begun(works, "b")
    begun(works, "a", "other")
    assert len(works) == 3


def test_who_joins_a_computation_has_its_key() -> None:
    works = WorksInFlight()
    work, first = begun(works, "a")
    assert works.claim(work, "key")
    late = page("a")
    works.join(job(), late)
    assert (first.key, late.key) == ("key", "key")


def test_what_nobody_wants_any_more_is_computed_anew() -> None:
    works = WorksInFlight()
    work, first = begun(works, "a")
    first.state = PageState.CANCELLED
    assert not work.wanted
    again = works.join(job(), page("a"))
    assert again is not None
    works.remove(work)
    assert list(works) == [again]


def test_two_that_come_to_one_key_are_one_and_the_first_serves_both() -> None:
    works = WorksInFlight()
    (first, _), (second, late) = begun(works, "a"), begun(works, "b")
    assert works.claim(first, "key")
    assert works.claim(first, "key")  # it is its own
    assert not works.claim(second, "key")
    assert ([one for _, one in first.waiting][-1], second.waiting, late.key) == (late, [], "key")
    assert list(works) == [first]


def test_a_key_of_what_nobody_wants_is_free() -> None:
    works = WorksInFlight()
    (first, gone), (second, _) = begun(works, "a"), begun(works, "b")
    works.claim(first, "key")
    gone.state = PageState.CANCELLED
    assert works.claim(second, "key")
    works.remove(first)
    third, _ = begun(works, "c")
    assert not works.claim(third, "key")  # the second one's


def test_what_ended_keeps_no_pictures_and_its_key_is_free() -> None:
    works = WorksInFlight()
    work, _ = begun(works, "a")
    works.claim(work, "key")
    work.prepared = work.coloured = SimpleNamespace()  # type: ignore[assignment]
    works.remove(work)
    assert (work.prepared, work.coloured, len(works)) == (None, None, 0)
    other, _ = begun(works, "b")
    assert works.claim(other, "key")
    works.remove(work)  # once more changes nothing


def test_somebody_looks_at_it_while_a_seen_page_waits() -> None:
    unseen, seen = page(), page(visible=True)
    work = Work("a", job().recipe, [(job(), unseen), (job(), seen)], Corrections())
    assert work.is_looked_at
    seen.state = PageState.DONE
    assert (work.is_looked_at, work.wanted) == (False, True)


def test_who_becomes_another_result_on_its_way_gives_its_first_key_back() -> None:
    works = WorksInFlight()
    (first, one), (second, _) = begun(works, "a"), begun(works, "b")
    assert works.claim(first, "asked for")
    assert works.claim(first, "without its words")
    assert one.key == "without its words"
    assert works.claim(second, "asked for")
    assert list(works) == [first, second]
    works.remove(first)
    assert works.claim(second, "without its words")
