"""A page with the engine's colour, and the picture that was made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engines.base import ColorizeResult
    from engines.geometry import Size
    from host.pipeline.attempts import Attempt
    from host.pipeline.records.run_meta import RunMeta


@dataclass(frozen=True, slots=True, kw_only=True)
class ColouredPage:
    """What the engine made of a page, corrected where that was called for (`host.pipeline.generation.correct`).

    duplicate_of: the pixels' digest of the page that the engine saw, where that was a near-duplicate of this one.
    pieces: of a strip, what makes each piece's; None for one that stays as it is. The attempts are then all of theirs,
    for the record alone: without pictures and masks.
    """

    attempts: tuple[Attempt, ...]
    duplicate_of: str | None = None
    pieces: tuple[Callable[[], ColouredPage] | None, ...] = ()

    @property
    def result(self) -> ColorizeResult:
        """The picture that the page gets: the last attempt's."""
        return self.attempts[-1].result


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedPage:
    """A coloured, reviewed, encoded page, of the page's own size.

    rgb: its pixels, `(H, W, 3)` uint8 sRGB, where the job has a cast that learns from them. small: the same shrunk to
    the side that was asked for; None where none was.
    """

    image: bytes
    mime: str
    size: Size
    runmeta: RunMeta
    rgb: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)
    small: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)
