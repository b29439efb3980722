"""Whose bytes are waited for, and what becomes of them once nobody does. The scheduler's lock guards it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.jobs.chapter_job import PageState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from host.jobs.chapter_job import JobPage
    from host.store.spool import Spool


class WantedBytes:
    """The pages that have not ended, by the SHA-256 of their bytes."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._pages: dict[str, set[JobPage]] = {}

    def want(self, pages: Iterable[JobPage]) -> None:
        """Note that the bytes of these pages are needed until they end."""
        for page in pages:
            self._pages.setdefault(page.sha256, set()).add(page)

    def drop_unwanted(self, sha256: str) -> None:
        """Drop bytes that came where nobody needs them."""
        if sha256 not in self._pages:
            self._spool.drop(sha256)

    def ended(self, page: JobPage) -> None:
        """Let go of a page's bytes, unless another page needs them; kept where an export has the page as it was."""
        wanting = self._pages.get(page.sha256, set())
        wanting.discard(page)
        if wanting:
            return
        self._pages.pop(page.sha256, None)
        if page.state in (PageState.FAILED, PageState.CANCELLED):
            self._spool.keep(page.sha256)
        else:
            self._spool.drop(page.sha256)
