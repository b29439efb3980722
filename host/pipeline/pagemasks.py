"""The masks of a page, and how they are recorded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from host.pipeline.pagemeta import MaskRecord

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.pagemeta import MaskName


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PageMasks:
    """Masks of a page, each `(H, W)` bool.

    balloons: balloon bodies to their outline. lettering: glyphs, inside balloons and free, with their soft edge.
    gutters: margins and the paper between panels.
    """

    balloons: NDArray[np.bool_]
    lettering: NDArray[np.bool_]
    gutters: NDArray[np.bool_]

    @property
    def protect(self) -> NDArray[np.bool_]:
        """What must stay as it is: the union of all."""
        return self.balloons | self.lettering | self.gutters


def record_masks(masks: PageMasks) -> dict[MaskName, MaskRecord]:
    """Return digest and coverage of every mask."""
    named: dict[MaskName, NDArray[np.bool_]] = {
        "protect": masks.protect,
        "balloons": masks.balloons,
        "lettering": masks.lettering,
        "gutters": masks.gutters,
    }
    return {name: _record(mask) for name, mask in named.items()}


def _record(mask: NDArray[np.bool_]) -> MaskRecord:
    digest = hashlib.sha256(np.packbits(mask, axis=1).tobytes()).hexdigest()
    return MaskRecord(sha256=digest, coverage=float(np.count_nonzero(mask) / mask.size))
