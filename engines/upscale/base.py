"""The seam between whoever wants a larger picture and what makes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscalerInfo:
    """An upscaler. scale: how many times larger each side becomes. multiple: of what a tile's sides must be."""

    name: str
    scale: int
    multiple: int = 1


class Upscaler(ABC):
    """Makes pictures larger. Same picture, same weights, same machine: same pixels."""

    info: UpscalerInfo

    def close(self) -> None:  # noqa: B027 - interpolation holds nothing
        """Give its memory back; it is not asked again."""

    @abstractmethod
    def enlarge(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an `(h, w, 3)` uint8 picture, sides multiples of `info.multiple`, `info.scale` times as large.

        Raises:
            EngineOutOfMemory
        """
