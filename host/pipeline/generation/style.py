"""StyleBinder: the pixels of the references that retrieve chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import ReferenceUse
    from host.pipeline.series import ReferencePicture


_COLOURED_SHARE: Final = 0.05
_GREY_SPREAD: Final = 24
_SAMPLE_SIDE: Final = 128


def bind_references(
    uses: Sequence[ReferenceUse], references: Sequence[ReferencePicture]
) -> tuple[ReferencePicture, ...]:
    """Return the references that are used, in that order."""
    by_id = {reference.reference_id: reference for reference in references}
    return tuple(by_id[use.reference_id] for use in uses)


def any_coloured(references: Sequence[ReferencePicture]) -> bool:
    """Tell whether one of them has colour at all: more than a twentieth of it, not a grey model sheet."""
    return any(_coloured_share(reference.pixels) > _COLOURED_SHARE for reference in references)


def _coloured_share(rgb: NDArray[np.uint8]) -> float:
    sample = rgb[:: max(1, rgb.shape[0] // _SAMPLE_SIDE), :: max(1, rgb.shape[1] // _SAMPLE_SIDE)]
    return float(np.mean(np.ptp(sample, axis=2) > _GREY_SPREAD))
