"""The seam between retrieval and whatever tells how alike two pictures are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """The facts of an embedder. An index is only valid for one id and version; `width` is the vectors' length.

    floor: likeness below which two pages have nothing to teach each other; every kind of vector has its own.
    """

    id: str
    version: str
    width: int
    floor: float


class Embedder(ABC):
    """Turns pictures into vectors whose dot product is their likeness, 1 for the same picture."""

    info: EmbedderInfo

    @abstractmethod
    def embed(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return `(n, width)` float32, each row of length 1, for n pictures of any size.

        pictures: uint8, `(h, w, 3)` sRGB RGB or `(h, w)` grey, which counts as three equal channels. Same pictures give
        the same bytes.
        """

    def embed_words(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Return `(n, width)` rows for texts, comparable with those of pictures; None where it knows no words."""
        del texts
        return None
