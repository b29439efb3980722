"""The seam between the pipeline and everything that runs a network to make colour.

An engine only infers: it gets a `ColorizeRequest`, in which no engine-specific word stands, and gives
OKLab colour at a resolution of its own. The page's ink, its size and its protected pixels are the business of
`host.pipeline.compose`. This module imports neither numpy nor a network runtime (types apart), so that
listing engines stays cheap.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol

from engines.geometry import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.info import DeviceKind, EngineInfo, Quality


Told = tuple[str, ...]
"""What is told in the reader's language: the key of a sentence, then the values that it names; empty: there is none."""

MemoryPolicy = Literal["auto", "full", "model_offload", "group_offload", "layerwise_fp8"]
"""How an engine uses a device's memory, from the fastest to the leanest that it has; `auto`: as the device suggests."""


class EngineError(Exception):
    """Root of what an engine raises; `hint` says what the reader can do. told: both, in any language."""

    def __init__(self, message: str, hint: str = "", told: Told = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.told = told


class EngineUnavailable(EngineError):
    """The engine cannot run here: a library or a device is missing."""


class ModelMissing(EngineError):
    """Weights are not on this machine."""


class ModelInvalid(EngineError):
    """Weights are there, but they are not what they should be (digest, shape, format)."""


class EngineOutOfMemory(EngineError):
    """The device's memory did not suffice."""


class EngineTooLarge(EngineOutOfMemory):
    """The engine was not loaded at all: no way in which it can lie has room."""


class EngineRemoteFailed(EngineError):
    """A server that the engine works with failed or answered as it should not."""


class RequestUnsupported(EngineError):
    """The request asks for something that `EngineInfo.supports` rules out."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where an engine runs, and how it uses the memory there. `memory_mib` is the device's whole memory."""

    kind: DeviceKind
    name: str
    memory_mib: int
    policy: MemoryPolicy = "auto"


@dataclass(frozen=True, slots=True)
class Viability:
    """Whether an engine can run here; `reason`, `fix` and what is `told` of both are empty when it can."""

    ok: bool
    reason: str = ""
    fix: str = ""
    told: Told = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePlan:
    """One pass over the picture. An engine takes the fields that it has a use for and leaves the others.

    prompt, negative_prompt: what the picture shows, and what it must not. Comma-separated tags.
    guidance: classifier-free guidance, 1 for none. Distilled models take 1 whatever stands here.
    denoise_01: how much of what the stage is given is made anew; 1 starts from noise alone.
    steps: 0 for the engine's own number.
    structure, pose and style: how strongly the page's lines, the figures' poses and the references' style bind (0 for
        not at all), and up to which share of the steps (`*_end_01`).
    """

    prompt: str = ""
    negative_prompt: str = ""
    guidance: float = 1.0
    denoise_01: float = 1.0
    steps: int = 0
    structure_strength: float = 1.0
    structure_end_01: float = 1.0
    pose_strength: float = 0.0
    pose_end_01: float = 1.0
    style_weight: float = 1.0
    style_end_01: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraUse:
    """A LoRA and how strongly it acts (may be negative).

    name: what the reader calls it; on a remote engine the name that the server knows it by.
    path: the file on this machine, empty where it lies on a server. sha256: its digest in hex, a part of the cache key.
    """

    name: str
    weight: float = 1.0
    path: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to colour, fully resolved: nothing in it is None or left to an engine's taste.

    `strength_01` scales the chroma (0 grey, 1 as the engine gives it). `steps` is 0 where an engine has none.
    `stages` are the passes in their order; an engine that has fewer takes the first ones. Where none is planned,
    `stage` makes one of `prompt`, `negative_prompt` and `steps`, which are the reader's wish.
    `engine_options` holds the reader's engine-specific keys, unread by the pipeline.
    """

    seed: int = 0
    strength_01: float = 1.0
    steps: int = 0
    prompt: str = ""
    negative_prompt: str = ""
    quality: Quality = "standard"
    stages: tuple[StagePlan, ...] = ()
    loras: tuple[LoraUse, ...] = ()
    engine_options: Mapping[str, object] = field(default_factory=dict)

    def stage(self, index: int) -> StagePlan:
        """Return the plan of a pass, counted from 0; the last one also stands for those after it."""
        if self.stages:
            return self.stages[min(index, len(self.stages) - 1)]
        return StagePlan(prompt=self.prompt, negative_prompt=self.negative_prompt, steps=self.steps)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """A part of the page that has words or references of its own, a character as a rule.

    mask: `(H, W)` bool at the page's size. prompt: what is there. references: indices into the request's references
    that show it, best first; empty for all of them.
    """

    mask: NDArray[np.bool_]
    prompt: str = ""
    references: tuple[int, ...] = ()


PARTS: Final = ("background", "figure", "skin", "hair")
"""What `ColorizeResult.parts` tells apart; a figure is what is neither its skin nor its hair, clothes as a rule."""
FIGURE: Final = 1
FACE: Final = 2
"""What `ColorizeRequest.parts` holds; a face is the skin of it, hair belongs to the figure."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repair:
    """Colour only a part anew and keep the rest of a picture that is there.

    picture: `(h, w, 3)` uint8 sRGB RGB, the coloured page so far, of the page's aspect ratio.
    mask: `(H, W)` bool at the page's size, True where colour is made anew.
    """

    picture: NDArray[np.uint8]
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorizeRequest:
    """One page to colour.

    page: `(H, W)` uint8, the page's grey in sRGB encoding (0 black ink, 255 paper), at the page's own size.
    protect: `(H, W)` bool, True where the page must stay as it is; engines may use it to ignore lettering.
    references: `(h, w, 3)` uint8 sRGB RGB pictures, best first, at most `supports.references_max` of them.
        Empty means: no reference, use what the engine has of its own.
    regions: characters' masks with their prompts; engines without a use for them leave them.
    repair: only where `supports.inpaint`; colour outside its mask comes back as its picture has it.
    tone: `(H, W)` uint8, the page with its screentone made even and its lines kept; None: the page will do.
    parts: `(H, W)` uint8, what is known of what a pixel shows: `FIGURE`, `FACE` or, where nobody knows, 0.
    panels: `(H, W)` uint8, another number for every panel, 0 outside; None: the page is one scene.
    """

    page: NDArray[np.uint8]
    protect: NDArray[np.bool_]
    references: tuple[NDArray[np.uint8], ...]
    plan: Plan
    regions: tuple[Region, ...] = ()
    repair: Repair | None = None
    tone: NDArray[np.uint8] | None = None
    parts: NDArray[np.uint8] | None = None
    panels: NDArray[np.uint8] | None = None

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
    parts: `(h, w, 4)` float32, how much of a place the engine takes for `PARTS`, 1 in all; same aspect ratio as the
        page, any resolution. None where the engine does not say.
    """

    oklab: NDArray[np.float32]
    weights: Mapping[str, str]
    parts: NDArray[np.float32] | None = None


class OnStep(Protocol):
    """Called between an engine's steps: the caller reports progress and may raise to cancel.

    Whatever it raises passes through the engine untouched; the engine stays usable.
    """

    def __call__(self, step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        """Take that `step` of `steps` is done, and what can be seen so far."""


class ColorizeEngine(ABC):
    """One way to make colour. `load` before `colorize`; `unload` gives all memory back; both may be repeated."""

    info: EngineInfo
    policy: MemoryPolicy = "auto"
    """How it lies in memory since `load`; `auto` where it does not say."""
    is_reentrant: bool = False
    """Whether several threads may call `colorize` at once; `unload` may come meanwhile, and what has begun is done."""

    @abstractmethod
    def viability(self) -> Viability:
        """Say whether this engine can run here, without importing anything heavy."""

    @abstractmethod
    def weights_digests(self) -> Mapping[str, str]:
        """Return SHA-256 by weights file name: known without loading, it is a part of the cache key.

        Raises:
            ModelMissing: a weights file is not there.
        """

    def digests_for(self, options: Mapping[str, object]) -> Mapping[str, str]:
        """Return the digests for a job with these `Plan.engine_options`, where they choose other weights.

        Raises:
            ModelMissing: a weights file is not there.
        """
        del options
        return self.weights_digests()

    @abstractmethod
    def load(self, device: Device) -> None:
        """Bring the weights into memory; a second call does nothing.

        Raises:
            EngineUnavailable, ModelMissing, ModelInvalid, EngineOutOfMemory
        """

    def colorize(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page. Same request and same weights give the same bytes on the same machine.

        Raises:
            RequestUnsupported, EngineOutOfMemory, and whatever `on_step` raises.
        """
        require_supported(self.info, request)
        return self._infer(request, on_step)

    def colorize_several(
        self, requests: Sequence[ColorizeRequest], on_step: Callable[[int], OnStep]
    ) -> tuple[ColorizeResult, ...]:
        """Colour parts of one page, in their order; an engine that can makes several at once.

        on_step: gives who hears of the steps, by how many of the requests are done before them.

        Raises:
            as `colorize`.
        """
        return tuple(self.colorize(request, on_step(done)) for done, request in enumerate(requests))

    @abstractmethod
    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Do what `colorize` says, with a request that the engine's facts allow."""

    @abstractmethod
    def unload(self) -> None:
        """Drop weights and sessions; `load` may follow."""


class EngineSource(Protocol):
    """What gives engines: `engines.registry`, or a test's own."""

    def infos(self) -> tuple[EngineInfo, ...]:
        """Return the facts of all engines."""
        ...

    def get(self, engine_id: str) -> ColorizeEngine:
        """Return the engine of this id, always the same object; KeyError for a stranger."""
        ...


def require_supported(info: EngineInfo, request: ColorizeRequest) -> None:
    """Check a request against an engine's facts and against what a request is made of.

    Raises:
        RequestUnsupported
    """
    most = info.supports.references_max
    if len(request.references) > most:
        raise RequestUnsupported(
            f"{len(request.references)} references",
            f"{info.label} takes up to {most}.",
            told=("references_over", info.label, f"{most}"),
        )
    if request.repair is not None and not info.supports.inpaint:
        raise RequestUnsupported(
            f"{info.label} cannot repair a part of a page", "Use FLUX.2 klein 9B.", told=("cannot_repair", info.label)
        )
    if request.plan.loras and not info.supports.lora:
        raise RequestUnsupported(
            f"{info.label} takes no LoRAs", "Choose FLUX.2 klein.", told=("takes_no_loras", info.label)
        )
    if any(index >= len(request.references) for region in request.regions for index in region.references):
        raise RequestUnsupported("a region names a reference that is not there")
    if request.page.ndim != 2 or request.page.dtype != "uint8" or not request.page.size:
        raise RequestUnsupported("the page is not a grey picture of 8 bits")
    pictures = [*request.references, *([] if request.repair is None else [request.repair.picture])]
    for picture in pictures:
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != "uint8" or not picture.size:
            raise RequestUnsupported("a picture is not an RGB picture of 8 bits")
