"""Which references serve a page. Written into `PageMeta.references` before pass2, never after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from host.pipeline.pagemeta import ReferenceUse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import Reference
    from host.pipeline.pagemeta import PageMeta


class Retriever(Protocol):
    """Chooses among the reader's references; one that searches an index has the same face."""

    def choose(
        self, page: DecodedPage, meta: PageMeta, references: Sequence[Reference], limit: int
    ) -> tuple[ReferenceUse, ...]:
        """Return at most `limit` of the references, best first, each at most once."""
        ...


class ReaderOrder:
    """Takes the references in the order in which the reader gave them; measures no similarity."""

    def choose(
        self, page: DecodedPage, meta: PageMeta, references: Sequence[Reference], limit: int
    ) -> tuple[ReferenceUse, ...]:
        """Return the first `limit` different references, without a score."""
        del page, meta
        ids = dict.fromkeys(reference.reference_id for reference in references)
        return tuple(ReferenceUse(reference_id=reference_id) for reference_id in list(ids)[:limit])
