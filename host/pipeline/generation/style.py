"""The pixels of the references that retrieval chose, and whether they have any colour to give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from host.pipeline.series import coloured_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.pipeline.records.page_meta import ReferenceUse
    from host.pipeline.series import ReferencePicture

_COLOURED_SHARE: Final = 0.05


def bind_references(
    uses: Sequence[ReferenceUse], references: Sequence[ReferencePicture]
) -> tuple[ReferencePicture, ...]:
    """Return the references that are used, in that order.

    Raises:
        KeyError: one of them is not among `references`.
    """
    by_id = {reference.reference_id: reference for reference in references}
    return tuple(by_id[use.reference_id] for use in uses)


def any_coloured(references: Sequence[ReferencePicture]) -> bool:
    """Tell whether one of them has colour on more than a twentieth of its pixels; a grey model sheet has not."""
    return any(coloured_share(reference.pixels) > _COLOURED_SHARE for reference in references)
