"""A chapter, from the request to the last page."""

from __future__ import annotations

from host.messaging.messages import PageDone
from tests.host.jobs.conftest import Reader


def test_a_chapter_is_coloured_end_to_end(reader: Reader) -> None:
    job_id = reader.run([1, 2, 3])
    end = reader.listener.end_of(job_id)
    assert (end.done, end.skipped, end.failed, end.cancelled) == (3, 0, 0, 0), reader.listener.messages
    pages = reader.listener.of(PageDone)
    assert {page.page_id for page in pages} == {"p0", "p1", "p2"}
    assert all((page.width, page.height, page.cached) == (80, 120, False) for page in pages)
    assert reader.listener.messages[-1] == end
