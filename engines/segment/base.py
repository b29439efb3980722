"""The seam between whoever points at something and what finds its outline."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engines.geometry import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointing:
    """What is pointed at, in pixels of the picture.

    inside, outside: places (x, y) that belong to it, and that do not. box: around it. words: what it is called.
    """

    inside: tuple[tuple[int, int], ...] = ()
    outside: tuple[tuple[int, int], ...] = ()
    box: Box | None = None
    words: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is pointed at."""
        return not self.inside and self.box is None and not self.words


class Segmenter(ABC):
    """Finds outlines. Same picture, same pointing, same weights, same machine: same mask."""

    name: str

    @abstractmethod
    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        """Return what is pointed at in an `(h, w, 3)` uint8 picture, as `(h, w)` bool; nothing, where it finds nothing.

        Raises:
            RequestUnsupported: it cannot be asked that way. EngineOutOfMemory
        """

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Give its memory back; it may be asked again."""
