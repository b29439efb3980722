"""The studio: what else is done with a page than colouring it, and how that goes."""

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from host.messaging.wire.records import WireError
from host.messaging.wire.values import Message
from host.vocabulary import (
    CameraMove,
    Count,
    Direction,
    FilmKind,
    Fraction,
    Identifier,
    Mover,
    Sha256,
    StudioTool,
    Text,
)

Place = tuple[Count, Count]


class FilterStep(Message, frozen=True, kw_only=True):
    """A filter and how much of it; `levels` takes `black`, `white` and `gamma`, the others `amount`."""

    filter: Literal["brightness", "contrast", "saturation", "blur", "sharpen", "levels"]
    amount: Annotated[float, Meta(ge=0, le=100)] = 1.0
    black: Annotated[int, Meta(ge=0, le=254)] = 0
    white: Annotated[int, Meta(ge=1, le=255)] = 255
    gamma: Annotated[float, Meta(ge=0.1, le=10)] = 1.0


class StudioTask(Message, frozen=True, kw_only=True):
    """Do something with a page's picture; which keys count hangs on the tool. `task_id` is the caller's own.

    filter: `filters`. cut_out: `figures`, by their index, else all. animate: `panels` (numbers as they are read, else
    all), `film`, `seconds` for each, `size_px`, `move`, `loop`; `by` a network `words` say what happens, and `steps`
    and `seed` count. outline: `inside` and `outside`, places [x, y] in pixels, or `words`, or `figures`. parts: its
    `record` tells the `figures`, each with `index`, `panel` and `box`. inpaint: `mask`, a picture of the page's size
    whose white is made anew; `extend`: the sides. Both take `words`, `references`, `engine` (`fill`: without a
    network) and `seed`. upscale: `scale`, or `model`, a network of the catalogue that has a scale of its own; what is
    lettering stays interpolated. `series`: whose elements the trigger words of `words`, and a storyboard's shots, mean.
    vectorise takes nothing more, nor does words: what is written on the page. storyboard: no image, but `pages` of a
    chapter in reading order, by the SHA-256 of bytes that `page.keep` brought, and its title as `words`.
    """

    task_id: Identifier
    tool: StudioTool
    image: bytes
    direction: Direction = "auto"
    filters: Annotated[list[FilterStep], Meta(max_length=64)] = field(default_factory=list)
    figures: Annotated[list[Count], Meta(max_length=256)] = field(default_factory=list)
    panels: Annotated[list[Annotated[int, Meta(ge=1)]], Meta(max_length=256)] = field(default_factory=list)
    film: FilmKind = "webm"
    seconds: Annotated[float, Meta(ge=0.1, le=60)] = 4.0
    size_px: Annotated[int, Meta(ge=64, le=2160)] = 960
    move: CameraMove = "auto"
    by: Mover = "camera"
    steps: Annotated[int, Meta(ge=1, le=100)] = 30
    loop: bool = False
    inside: Annotated[list[Place], Meta(max_length=64)] = field(default_factory=list)
    outside: Annotated[list[Place], Meta(max_length=64)] = field(default_factory=list)
    mask: bytes | None = None
    left: Annotated[int, Meta(ge=0, le=20_000)] = 0
    right: Annotated[int, Meta(ge=0, le=20_000)] = 0
    top: Annotated[int, Meta(ge=0, le=20_000)] = 0
    bottom: Annotated[int, Meta(ge=0, le=20_000)] = 0
    words: Text = ""
    series: Text = ""
    references: Annotated[list[Identifier], Meta(max_length=64)] = field(default_factory=list)
    engine: Identifier | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    scale: Annotated[int, Meta(ge=2, le=8)] = 2
    model: Identifier | None = None
    pages: Annotated[list[Sha256], Meta(max_length=1000)] = field(default_factory=list)


class StudioAccepted(Message, frozen=True, kw_only=True):
    """The task waits its turn; `ahead` are before it."""

    ahead: int


class StudioCancel(Message, frozen=True, kw_only=True):
    """Stop a task, or take it out of the queue."""

    task_id: Identifier


class StudioFirst(Message, frozen=True, kw_only=True):
    """Put a task before all others that wait; the one under way goes on."""

    task_id: Identifier


class StudioNetwork(Message, frozen=True, kw_only=True):
    """A network that a tool can work with, and whether it can run here; `error`: why not, and what to do."""

    tool: StudioTool
    name: str
    ready: bool
    error: WireError | None = None


class StudioCancelled(Message, frozen=True, kw_only=True):
    """Whether there was such a task that had not ended; it ends as failed, with E_CANCELLED."""

    cancelled: bool


class StudioLook(Message, frozen=True, kw_only=True):
    """Lay filters over a small picture at once, to be looked at. `scale`: how large it is compared to the page."""

    image: bytes
    filters: Annotated[list[FilterStep], Meta(max_length=64)]
    scale: Annotated[float, Meta(gt=0, le=1)] = 1.0


class StudioPicture(Message, frozen=True, kw_only=True):
    """A picture and what it is encoded as."""

    image: bytes
    mime: str


class StudioProgress(Message, frozen=True, kw_only=True):
    """How far a task of the studio is; `fraction` never falls."""

    task_id: str
    fraction: Fraction


class StudioDone(Message, frozen=True, kw_only=True):
    """What a task made: a picture, a film, a drawing of curves, a text or a storyboard's ZIP, as a file of this type.

    `width` and `height`: in pixels, 0 for a text. `record`: what makes it again, beside the page.
    """

    task_id: str
    data: bytes
    mime: str
    width: int
    height: int
    record: dict[str, Any]


class StudioFailed(Message, frozen=True, kw_only=True):
    """A task that made nothing, and why; E_CANCELLED where it was cancelled."""

    task_id: str
    error: WireError
