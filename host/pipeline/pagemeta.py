"""`PageMeta`: what pass1 and retrieve found on a page. The contract of `meta.json`, exported to `docs/schemas`.

All coordinates are pixels of the decoded page. A change that an older reader cannot take raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

# Pydantic reads these types when the models are built.
from engines.geometry import Box, Size  # noqa: TC001

SCHEMA_VERSION: Final = 1

PageKind = Literal["story", "splash", "cover", "already_coloured", "text", "blank", "advertisement"]
ReadingDirection = Literal["rtl", "ltr"]
MaskName = Literal["protect", "balloons", "lettering", "gutters"]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Order = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Record(BaseModel):
    """Base of every record that is written out: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", allow_inf_nan=False)


class Panel(Record):
    """A panel. `order` is its place in reading order, from 0; `polygon` is given where the box is too coarse."""

    box: Box
    order: Order
    score: Unit
    polygon: tuple[tuple[int, int], ...] | None = None


class Balloon(Record):
    """A balloon or caption body. `panel` is the order of the panel that holds it; `text` are its lettering's lines."""

    box: Box
    order: Order
    panel: Order | None = None
    text: tuple[Box, ...] = ()


class TextBlock(Record):
    """A block of lettering; `balloon` is the order of the balloon around it, None for free lettering."""

    box: Box
    balloon: Order | None = None


class MaskRecord(Record):
    """A mask of the page: SHA-256 of its bits (rows packed, as `numpy.packbits` does) and the share it covers."""

    sha256: Digest
    coverage: Unit


class ReferenceUse(Record):
    """A reference that serves this page; `score` is the similarity, None where nobody measured one."""

    reference_id: str
    score: float | None = None


class Signals(Record):
    """The five signals of a page, each 0..1."""

    S: Unit
    R: Unit
    D: Unit
    P: Unit
    H: Unit


class PageMeta(Record):
    """Everything known about a page before colour. `signals` is None until something measures them."""

    schema_version: Literal[1] = SCHEMA_VERSION
    size: Size
    pixels_sha256: Digest
    kind: PageKind
    direction: ReadingDirection
    panels: tuple[Panel, ...] = ()
    balloons: tuple[Balloon, ...] = ()
    text: tuple[TextBlock, ...] = ()
    masks: dict[MaskName, MaskRecord] = {}
    references: tuple[ReferenceUse, ...] = ()
    signals: Signals | None = None
