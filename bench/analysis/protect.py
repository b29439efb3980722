"""The protect mask against exact masks, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from bench.analysis.truth import TrueMasks


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectTally:
    """Pixels that are there, and how many of them are protected; `art` should not be."""

    lettering: int = 0
    lettering_kept: int = 0
    spoken: int = 0
    spoken_kept: int = 0
    free: int = 0
    free_kept: int = 0
    balloons: int = 0
    balloons_kept: int = 0
    art: int = 0
    art_kept: int = 0

    def __add__(self, other: ProtectTally) -> ProtectTally:
        """Return both together."""
        return ProtectTally(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def shares(self) -> dict[str, float | None]:
        """Return what became of the pixels, 0..1; None where there are none.

        lettering, of it `spoken` within balloons and `free` outside; balloons; art_wrong: art that is protected;
        precision: of what is protected, gutters and edges apart, the share that is lettering or balloon; None on pages
        without any.
        """
        due = self.balloons_kept + self.free_kept
        return {
            "lettering": _share(self.lettering_kept, self.lettering),
            "spoken": _share(self.spoken_kept, self.spoken),
            "free": _share(self.free_kept, self.free),
            "balloons": _share(self.balloons_kept, self.balloons),
            "art_wrong": _share(self.art_kept, self.art),
            "precision": _share(due, due + self.art_kept) if self.balloons + self.free else None,
        }


def count(protect: NDArray[np.bool_], truth: TrueMasks) -> ProtectTally:
    """Count a page's pixels."""
    parts = {
        "lettering": truth.lettering,
        "spoken": truth.lettering & truth.balloons,
        "free": truth.lettering & ~truth.balloons,
        "balloons": truth.balloons,
        "art": truth.art,
    }
    there = {name: int(np.count_nonzero(mask)) for name, mask in parts.items()}
    kept = {f"{name}_kept": int(np.count_nonzero(mask & protect)) for name, mask in parts.items()}
    return ProtectTally(**there, **kept)


def total(tallies: Iterable[ProtectTally]) -> ProtectTally:
    """Return all of them together."""
    return sum(tallies, ProtectTally())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
