"""The seam between analysis, which knows where lettering is, and whatever can read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.geometry import Box


@dataclass(frozen=True, slots=True)
class Words:
    """What is written somewhere: its lines in reading order, joined by newlines; empty where nothing was read.

    score: how sure the reader is, 0..1.
    """

    text: str = ""
    score: float = 0.0


class WordReader(ABC):
    """Reads lettering. Same picture and same regions give the same words.

    id, version: what decides the words, besides the picture.
    """

    id: str
    version: str

    @abstractmethod
    def read(self, picture: NDArray[np.uint8], regions: Sequence[Box]) -> list[Words]:
        """Return what is written in each region.

        picture: `(h, w, 3)` uint8 sRGB RGB. regions: boxes in its pixels, within it and not empty.

        Raises:
            EngineUnavailable: a library is missing. ModelMissing, ModelInvalid: the weights are not there or no such.
        """
