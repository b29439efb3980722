"""The seam between analysis and the networks that look at a page. Neither knows what a panel is good for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from engines.geometry import Box


def unchecked() -> None:
    """Ask nobody whether to go on."""


Label = Literal["panel", "balloon", "text", "sfx", "face", "character"]
LABELS: Final[tuple[Label, ...]] = ("panel", "balloon", "text", "sfx", "face", "character")
"""In the order of the detector's classes. `balloon` is speech and caption; `sfx` a sound effect drawn into the art."""


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """The facts of a network that looks at pages. `version` enters the cache key."""

    id: str
    version: str


@dataclass(frozen=True, slots=True)
class Detection:
    """A thing found: its box in pixels of the picture, inside of it and not empty; `score` 0..1."""

    label: Label
    box: Box
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class PixelEvidence:
    """What every pixel may be, at the resolution of the network (same aspect ratio as the picture).

    balloon, lettering: `(h, w)` uint8, probability times 255. Lettering counts glyph strokes, sound effects included.
    """

    balloon: NDArray[np.uint8]
    lettering: NDArray[np.uint8]


class PageDetector(ABC):
    """Finds things by boxes."""

    info: DetectorInfo

    @abstractmethod
    def detect(self, grey: NDArray[np.uint8], check: Callable[[], None] = unchecked) -> tuple[Detection, ...]:
        """Return what is on a `(H, W)` uint8 page of any size, best first; tall strips are looked at in tiles.

        Same page, same detections. Never raises for a page's content. check: called between looks; what it raises
        ends them.

        Raises:
            ModelMissing, ModelInvalid: at the first call, when the weights are loaded.
        """


class PixelReader(ABC):
    """Tells balloons and lettering pixel by pixel."""

    info: DetectorInfo

    @abstractmethod
    def read_pixels(self, grey: NDArray[np.uint8], check: Callable[[], None] = unchecked) -> PixelEvidence:
        """Return the evidence for a `(H, W)` uint8 page of any size. Same page, same evidence.

        check: called between tiles; what it raises ends the reading.

        Raises:
            ModelMissing, ModelInvalid: at the first call, when the weights are loaded.
        """
