"""The seam between the pipeline and everything that runs a network to make colour.

An engine only infers: it gets a `ColorizeRequest`, in which no engine-specific word stands, and gives
OKLab colour at a resolution of its own. The page's ink, its size and its protected pixels are the business of
`host.pipeline.compose`. This module imports neither numpy nor a network runtime (types apart), so that
listing engines stays cheap.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from engines.geometry import Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

DeviceKind = Literal["cpu", "cuda", "mps", "remote"]
Quality = Literal["preview", "standard", "best"]


class EngineError(Exception):
    """Root of what an engine raises; `hint` says what the reader can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class EngineUnavailable(EngineError):
    """The engine cannot run here: a library or a device is missing."""


class ModelMissing(EngineError):
    """Weights are not on this machine."""


class ModelInvalid(EngineError):
    """Weights are there, but they are not what they should be (digest, shape, format)."""


class EngineOutOfMemory(EngineError):
    """The device's memory did not suffice."""


class RequestUnsupported(EngineError):
    """The request asks for something that `EngineInfo.supports` rules out."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where an engine runs. `memory_mib` is the device's whole memory."""

    kind: DeviceKind
    name: str
    memory_mib: int


@dataclass(frozen=True, slots=True)
class Supports:
    """What an engine can take; the wire's `EngineInfo.supports`."""

    references_max: int
    preview: bool = False
    negative_prompt: bool = False
    lora: bool = False
    inpaint: bool = False
    seed: bool = True


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The facts of an engine; they stand here and nowhere else.

    `version` enters the cache key: raise it whenever the same request would give other pixels.
    `models` are ids of `models/catalog.toml`.
    """

    id: str
    label: str
    version: str
    licence: str
    supports: Supports
    models: tuple[str, ...]
    device: DeviceKind


@dataclass(frozen=True, slots=True)
class Viability:
    """Whether an engine can run here; `reason` and `fix` are empty when it can."""

    ok: bool
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to colour, fully resolved: nothing in it is None or left to an engine's taste.

    `strength_01` scales the chroma (0 grey, 1 as the engine gives it). `steps` is 0 where an engine has none.
    `engine_options` holds the reader's engine-specific keys, unread by the pipeline.
    """

    seed: int = 0
    strength_01: float = 1.0
    steps: int = 0
    prompt: str = ""
    quality: Quality = "standard"
    engine_options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorizeRequest:
    """One page to colour.

    page: `(H, W)` uint8, the page's grey in sRGB encoding (0 black ink, 255 paper), at the page's own size.
    protect: `(H, W)` bool, True where the page must stay as it is; engines may use it to ignore lettering.
    references: `(h, w, 3)` uint8 sRGB RGB pictures, best first, at most `supports.references_max` of them.
        Empty means: no reference, use what the engine has of its own.
    """

    page: NDArray[np.uint8]
    protect: NDArray[np.bool_]
    references: tuple[NDArray[np.uint8], ...]
    plan: Plan

    @property
    def size(self) -> Size:
        """The page's size."""
        height, width = self.page.shape
        return Size(height, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorizeResult:
    """The engine's picture.

    oklab: `(h, w, 3)` float32 OKLab (Ottosson 2020): L 0..1, a and b about -0.4..0.4, neither clipped nor
        gamut-mapped; same aspect ratio as the page, any resolution. An engine that only makes chroma repeats the
        page's own lightness in L.
    weights: SHA-256 (hex) of every weights file that took part, by file name.
    """

    oklab: NDArray[np.float32]
    weights: Mapping[str, str]


class OnStep(Protocol):
    """Called between an engine's steps: the caller reports progress and may raise to cancel.

    Whatever it raises passes through the engine untouched; the engine stays usable.
    """

    def __call__(self, step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        """Take that `step` of `steps` is done, and what can be seen so far."""


class ColorizeEngine(ABC):
    """One way to make colour. `load` before `colorize`; `unload` gives all memory back; both may be repeated."""

    info: EngineInfo

    @abstractmethod
    def viability(self) -> Viability:
        """Say whether this engine can run here, without importing anything heavy."""

    @abstractmethod
    def weights_digests(self) -> Mapping[str, str]:
        """Return SHA-256 by weights file name: known without loading, it is a part of the cache key.

        Raises:
            ModelMissing: a weights file is not there.
        """

    @abstractmethod
    def load(self, device: Device) -> None:
        """Bring the weights into memory; a second call does nothing.

        Raises:
            EngineUnavailable, ModelMissing, ModelInvalid, EngineOutOfMemory
        """

    @abstractmethod
    def colorize(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page. Same request and same weights give the same bytes on the same machine.

        Raises:
            RequestUnsupported, EngineOutOfMemory, and whatever `on_step` raises.
        """

    @abstractmethod
    def unload(self) -> None:
        """Drop weights and sessions; `load` may follow."""
