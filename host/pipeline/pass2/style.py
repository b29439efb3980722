"""StyleBinder: the pixels of the references that retrieve chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from host.pipeline.job import Reference
    from host.pipeline.pagemeta import PageMeta


def bind_references(meta: PageMeta, references: Sequence[Reference]) -> tuple[NDArray[np.uint8], ...]:
    """Return the pixels of `meta.references`, in that order."""
    by_id = {reference.reference_id: reference.pixels for reference in references}
    return tuple(by_id[use.reference_id] for use in meta.references)
