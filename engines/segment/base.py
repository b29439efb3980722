"""The seam between whoever points at something and what finds its outline."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engines.memory_ledger import Holder, nobody_else

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray

    from engines.geometry import Box
    from engines.memory_ledger import Guest


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
    """Finds outlines. Same picture, same pointing, same weights, same machine: same mask.

    memory_mib: what it takes once it was asked; 0 for next to nothing.
    """

    name: str
    memory_mib: int = 0

    @abstractmethod
    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        """Return what is pointed at in an `(h, w, 3)` uint8 picture, as `(h, w)` bool; nothing, where it finds nothing.

        Raises:
            RequestUnsupported: it cannot be asked that way. EngineOutOfMemory
        """

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Give its memory back; it may be asked again."""

    def in_memory(
        self, guest: Guest = nobody_else, check: Callable[[], None] = lambda: None
    ) -> AbstractContextManager[None]:
        """Return a block in which it may be asked, closed afterwards. One that takes no memory waits for nobody.

        guest: gives memory to whom it is given, as `host.jobs.engine_room` does. check: called while it waits.

        Raises:
            EngineTooLarge: there is no room. What `check` raises.
        """
        if not self.memory_mib:
            return nullcontext()
        return guest(Holder("segment", self.name, self.memory_mib, self.close), check)
