"""Which page is next."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from host.jobs.queue import PageQueue, QueuedPage

PAGES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.booleans()), max_size=40, unique_by=lambda one: one[:2]
).map(lambda rows: [queued(job, index, visible) for job, index, visible in rows])


def queued(job: str, index: int, visible: bool = False) -> QueuedPage:
    """A page of a chapter of its own."""
    return QueuedPage(job, f"{job}{index}", index, visible, ("series", job))


def drained(queue: PageQueue) -> list[str]:
    order = []
    while (page := queue.pop()) is not None:
        order.append(page.page_id)
    return order


def of_one_job(*indexes: int, visible: tuple[int, ...] = ()) -> PageQueue:
    queue = PageQueue()
    for index in indexes:
        queue.add(queued("a", index, index in visible))
    return queue


def test_pages_come_in_reading_order_visible_ones_first() -> None:
    assert drained(of_one_job(3, 0, 2, 1, visible=(2, 3))) == ["a2", "a3", "a1", "a0"]


def test_named_pages_come_first_in_the_order_named_and_the_latest_call_wins() -> None:
    queue = of_one_job(0, 1, 2, 3, 4, visible=(0,))
    queue.prioritize("a", ["a4", "a3"], ("series", "a"))
    queue.prioritize("a", ["a2", "a4"], ("series", "a"))
    assert drained(queue) == ["a2", "a4", "a3", "a0", "a1"]


def test_a_preferred_chapter_goes_before_others_but_not_before_what_is_looked_at() -> None:
    queue = of_one_job(0, 1)
    for job in "bcd":
        for index in range(2):
            queue.add(queued(job, index, job == "d" and index == 1))
    queue.prefer("b", ("series", "b"))
    queue.prefer("c", ("series", "c"))
    assert drained(queue) == ["d1", "c0", "c1", "b0", "b1", "a0", "d0", "a1"]
    queue.add(queued("a", 5))
    queue.add(queued("c", 5))
    assert drained(queue) == ["c5", "a5"]


def test_a_page_may_be_named_before_it_comes() -> None:
    queue = of_one_job(0, 1)
    queue.prioritize("a", ["a7"], ("series", "a"))
    queue.add(queued("a", 7))
    assert drained(queue) == ["a7", "a0", "a1"]


def test_chapters_take_turns() -> None:
    queue = of_one_job(0, 1, 2)
    assert queue.pop() == queued("a", 0)
    for index in range(2):
        queue.add(queued("b", index))
    assert drained(queue) == ["b0", "a1", "b1", "a2"]


@given(PAGES, st.lists(st.integers(0, 30)), st.sets(st.integers(0, 39)))
def test_every_page_leaves_once_in_the_order_of_its_rank(
    pages: list[QueuedPage], named: list[int], removed: set[int]
) -> None:
    queue = PageQueue()
    for page in pages:
        queue.add(page)
        queue.add(page)
    queue.prioritize("a", [f"a{index}" for index in named], ("series", "a"))
    gone = {pages[place].page_id for place in removed if place < len(pages)}
    for page_id in gone:
        queue.remove(page_id[0], page_id)
    order = drained(queue)
    assert sorted(order) == sorted(page.page_id for page in pages if page.page_id not in gone)
    by_id = {page.page_id: page for page in pages}
    places = {f"a{index}": place for place, index in reversed(list(enumerate(named)))}

    def rank(page_id: str) -> tuple[int, int, int]:
        page = by_id[page_id]
        if page_id in places:
            return 0, places[page_id], 0
        place = max((each.index for each in pages if each.visible and each.job_id == page.job_id), default=-1)
        return (1, 0, page.index) if page.visible else (2, page.index < place, abs(page.index - place))

    for job in "ab":
        ranks = [rank(page_id) for page_id in order if page_id.startswith(job)]
        assert ranks == sorted(ranks)


def test_a_chapter_that_somebody_looks_at_goes_before_those_that_nobody_does() -> None:
    queue = of_one_job(0, 1, 2)
    for index in range(3):
        queue.add(queued("b", index, index > 0))
    assert queue.is_looked_at
    assert drained(queue) == ["b1", "b2", "a0", "b0", "a1", "a2"]
    assert not queue.is_looked_at


def test_where_somebody_has_just_looked_is_the_next_turn() -> None:
    queue = of_one_job(0, 1, visible=(0, 1))
    for index in range(2):
        queue.add(queued("b", index, visible=True))
        queue.add(queued("c", index))
    queue.prioritize("b", ["b1"], ("series", "b"))
    queue.prioritize("c", ["c1"], ("series", "c"))
    assert drained(queue) == ["c1", "b1", "a0", "b0", "a1", "c0"]


@given(PAGES, st.booleans())
def test_no_chapter_waits_for_more_than_one_page_of_another(pages: list[QueuedPage], visible: bool) -> None:
    queue = PageQueue()
    for page in pages:
        queue.add(replace(page, visible=visible))
    order = [page_id[0] for page_id in drained(queue)]
    both = 2 * min(order.count("a"), order.count("b"))
    assert all(order[place] != order[place + 1] for place in range(both - 1))


def test_what_follows_the_place_comes_first_the_nearest_before_the_others_and_then_what_is_behind() -> None:
    queue = of_one_job(0, 1, 2, 3, 4, 5, 6)
    assert queue.prioritize("a", ["a3"], ("series", "a"), 4)
    assert drained(queue) == ["a3", "a4", "a5", "a6", "a2", "a1", "a0"]


def test_the_jobs_of_a_chapter_are_one_line() -> None:
    queue = PageQueue()
    for job, indexes in (("a", (0, 3, 6)), ("b", (1, 4)), ("c", (2, 5))):
        for index in indexes:
            queue.add(QueuedPage(job, f"p{index}", index, chapter=("series", "1")))
    assert queue.prioritize("c", ["p5"], ("series", "1"), 5)
    assert not queue.prioritize("a", ["p3"], ("series", "1"), 5)
    assert drained(queue) == ["p3", "p5", "p6", "p4", "p2", "p1", "p0"]


def test_who_moves_on_leaves_what_was_in_view_and_what_was_named() -> None:
    queue = of_one_job(0, 1, 2, 3, 4, visible=(0,))
    assert queue.prioritize("a", ["a1"], ("series", "a"), 1)
    assert queue.is_looked_at
    assert queue.prioritize("a", [], ("series", "a"), 3)
    assert not queue.is_looked_at
    assert drained(queue) == ["a3", "a4", "a2", "a1", "a0"]


def test_what_comes_in_view_tells_the_place_until_the_reader_does() -> None:
    queue = of_one_job(0, 1, 2, 3, 4, visible=(2, 3))
    assert drained(queue) == ["a2", "a3", "a4", "a1", "a0"]


def test_the_place_of_a_chapter_is_kept_as_long_as_one_of_its_jobs_and_no_longer() -> None:
    queue, chapter = PageQueue(), ("series", "1")
    for job in "ab":
        queue.prioritize(job, [f"{job}2"], chapter, 2)
    queue.add(QueuedPage("a", "a9", 9, True, chapter))
    queue.forget("a")
    for index in range(4):
        queue.add(QueuedPage("b", f"b{index}", index, chapter=chapter))
    assert (len(queue), drained(queue)) == (4, ["b2", "b3", "b1", "b0"])
    queue.forget("b")
    for index in range(3):
        queue.add(QueuedPage("b", f"b{index}", index, chapter=chapter))
    assert drained(queue) == ["b0", "b1", "b2"]


def test_what_is_known_of_a_job_is_dropped_with_it_and_nothing_of_another_of_the_chapter() -> None:
    queue = PageQueue()
    about = ("series", "1")
    seen, named = (QueuedPage("a", f"a{at}", at, at == 0, about) for at in (0, 1))
    for page in (seen, named, QueuedPage("b", "b5", 5, False, about)):
        queue.add(page)
    queue.prioritize("a", ["a1"], about)
    queue.forget("a")
    assert len(queue) == 1
    assert not queue.is_looked_at
    for page in (replace(seen, visible=False), named):
        queue.add(page)
    assert not queue.is_looked_at, "nobody looks at pages of the same names that come later"
    queue.forget("b")
    assert len(queue) == 2
