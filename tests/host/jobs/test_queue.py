"""Which page is next."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from host.jobs.queue import PageQueue, QueuedPage

PAGES = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 30), st.booleans()), max_size=40, unique_by=lambda one: one[:2]
).map(lambda rows: [QueuedPage(job, f"{job}{index}", index, visible) for job, index, visible in rows])


def drained(queue: PageQueue) -> list[str]:
    order = []
    while (page := queue.pop()) is not None:
        order.append(page.page_id)
    return order


def of_one_job(*indexes: int, visible: tuple[int, ...] = ()) -> PageQueue:
    queue = PageQueue()
    for index in indexes:
        queue.add(QueuedPage("a", f"a{index}", index, index in visible))
    return queue


def test_pages_come_in_reading_order_visible_ones_first() -> None:
    assert drained(of_one_job(3, 0, 2, 1, visible=(2, 3))) == ["a2", "a3", "a0", "a1"]


def test_named_pages_come_first_in_the_order_named_and_the_latest_call_wins() -> None:
    queue = of_one_job(0, 1, 2, 3, 4, visible=(0,))
    queue.prioritize("a", ["a4", "a3"])
    queue.prioritize("a", ["a2", "a4"])
    assert drained(queue) == ["a2", "a4", "a3", "a0", "a1"]


def test_a_page_may_be_named_before_it_comes() -> None:
    queue = of_one_job(0, 1)
    queue.prioritize("a", ["a7"])
    queue.add(QueuedPage("a", "a7", 7))
    assert drained(queue) == ["a7", "a0", "a1"]


def test_jobs_take_turns() -> None:
    queue = of_one_job(0, 1, 2)
    assert queue.pop() == QueuedPage("a", "a0", 0)
    for index in range(2):
        queue.add(QueuedPage("b", f"b{index}", index))
    assert drained(queue) == ["b0", "a1", "b1", "a2"]


@given(PAGES, st.lists(st.integers(0, 30)), st.sets(st.integers(0, 39)))
def test_every_page_leaves_once_in_the_order_of_its_rank(
    pages: list[QueuedPage], named: list[int], removed: set[int]
) -> None:
    queue = PageQueue()
    for page in pages:
        queue.add(page)
        queue.add(page)
    queue.prioritize("a", [f"a{index}" for index in named])
    gone = {pages[place].page_id for place in removed if place < len(pages)}
    for page_id in gone:
        queue.remove(page_id[0], page_id)
    order = drained(queue)
    assert sorted(order) == sorted(page.page_id for page in pages if page.page_id not in gone)
    by_id = {page.page_id: page for page in pages}
    places = {f"a{index}": place for place, index in reversed(list(enumerate(named)))}

    def rank(page_id: str) -> tuple[int, int, int]:
        page = by_id[page_id]
        return (0, places[page_id], 0) if page_id in places else (1 if page.visible else 2, 0, page.index)

    for job in "ab":
        ranks = [rank(page_id) for page_id in order if page_id.startswith(job)]
        assert ranks == sorted(ranks)


def test_a_job_that_somebody_looks_at_goes_before_those_that_nobody_does() -> None:
    queue = of_one_job(0, 1, 2)
    for index in range(3):
        queue.add(QueuedPage("b", f"b{index}", index, visible=index > 0))
    assert queue.is_looked_at
    assert drained(queue) == ["b1", "b2", "a0", "b0", "a1", "a2"]
    assert not queue.is_looked_at


def test_where_somebody_has_just_looked_is_the_next_turn() -> None:
    queue = of_one_job(0, 1, visible=(0, 1))
    for index in range(2):
        queue.add(QueuedPage("b", f"b{index}", index, visible=True))
        queue.add(QueuedPage("c", f"c{index}", index))
    queue.prioritize("b", ["b1"])
    queue.prioritize("c", ["c1"])
    assert drained(queue) == ["c1", "b1", "a0", "b0", "a1", "c0"]


@given(PAGES, st.booleans())
def test_no_job_waits_for_more_than_one_page_of_another(pages: list[QueuedPage], visible: bool) -> None:
    queue = PageQueue()
    for page in pages:
        queue.add(replace(page, visible=visible))
    order = [page_id[0] for page_id in drained(queue)]
    both = 2 * min(order.count("a"), order.count("b"))
    assert all(order[place] != order[place + 1] for place in range(both - 1))
