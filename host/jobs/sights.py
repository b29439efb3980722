"""Which page is shown first to whoever looks at it. Pure: no threads, no clock.

What was looked at last comes first, whatever job it is of: a reader who jumps waits for nothing that they left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from host.jobs.chapter_job import ChapterJob, JobPage, Waiting


class Sights:
    """Pages that somebody looks at and of which nothing has been shown. The scheduler's lock guards it."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []

    def see(self, job: ChapterJob, pages: Iterable[JobPage]) -> None:
        """Note that somebody looks at these pages of a job now, first things first."""
        seen = [(job, page) for page in pages if not page.looked_into and not page.ended]
        fresh = {page for _, page in seen}
        self._waiting = seen + [one for one in self._waiting if one[1] not in fresh]

    def leave(self, chapter: tuple[str, str]) -> None:
        """Forget what was looked at of a chapter: the reader is somewhere else in it now."""
        self._waiting = [one for one in self._waiting if one[0].about != chapter]

    def take(self, is_ripe: Callable[[JobPage], bool]) -> Waiting | None:
        """Take out the first page of which something can be shown; None where there is none."""
        self._waiting = [one for one in self._waiting if not one[1].looked_into and not one[1].ended]
        found = next((one for one in self._waiting if is_ripe(one[1])), None)
        if found is not None:
            found[1].looked_into = True
            self._waiting.remove(found)
        return found
