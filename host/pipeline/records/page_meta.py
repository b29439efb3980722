"""`PageMeta`: what analysis and retrieve found on a page. The contract of `meta.json`, exported to `docs/schemas`.

All coordinates are pixels of the decoded page. A change that an older reader cannot take raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

# Pydantic reads these types when the models are built.
from engines.geometry import Box, Size  # noqa: TC001

SCHEMA_VERSION: Final = 2

PageKind = Literal["story", "splash", "cover", "already_coloured", "text", "blank", "advertisement"]
ReadingDirection = Literal["rtl", "ltr", "ttb"]
MaskName = Literal["protect", "balloons", "lettering", "gutters", "coloured", "screentone", "lines"]
MapName = Literal["panels", "characters", "depth", "tone"]
Case = Literal["single_simple", "single_complex", "multi_object"]
ReferenceOrigin = Literal["reader", "library", "page"]
Unit = Annotated[float, Field(ge=0.0, le=1.0)]
Order = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
# What is written there, where somebody read it; records without it are as they were before it could be kept.
Words = Annotated[str, Field(max_length=4096, exclude_if=lambda words: not words)]
PerceptualHash = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Record(BaseModel):
    """Base of every record that is written out: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants", allow_inf_nan=False)


class Panel(Record):
    """A panel. `order` is its place in reading order, from 0; `polygon` is given where the box is too coarse.

    coloured: it has colour of its own on a page that is grey elsewhere; its pixels stay as they are.
    """

    box: Box
    order: Order
    score: Unit
    polygon: tuple[tuple[int, int], ...] | None = None
    coloured: bool = False


class Balloon(Record):
    """A balloon or caption body. `panel` is the order of the panel that holds it; `text` are its lettering's lines.

    words: what is written in it, line by line in reading order, as an `engines.words` reader read it; empty for unread.
    """

    box: Box
    order: Order
    panel: Order | None = None
    text: tuple[Box, ...] = ()
    score: Unit = 1.0
    words: Words = ""


class TextBlock(Record):
    """A block of lettering; `balloon` is the order of the balloon around it, None for free lettering.

    words: as of `Balloon`, for free lettering alone: a balloon's words stand at the balloon.
    """

    box: Box
    balloon: Order | None = None
    score: Unit = 1.0
    words: Words = ""


class SoundEffect(Record):
    """A sound effect drawn into the art. `panel` is the order of the panel that holds it. words: as of `Balloon`."""

    box: Box
    panel: Order | None = None
    score: Unit = 1.0
    words: Words = ""


class Character(Record):
    """A figure, people and creatures alike. `index` names it on this page and in the map of characters (plus one).

    depth_01: how near it stands within its panel, 1 nearest (`host.pipeline.analysis.maps.depth`).
    """

    box: Box
    index: Order
    panel: Order | None = None
    depth_01: Unit = 0.5
    score: Unit = 1.0


class Face(Record):
    """A face. `character` is the index of the figure it belongs to, None where no figure was found."""

    box: Box
    panel: Order | None = None
    character: Order | None = None
    score: Unit = 1.0


class MaskRecord(Record):
    """A mask of the page: SHA-256 of its bits (rows packed, as `numpy.packbits` does) and the share it covers."""

    sha256: Digest
    coverage: Unit


class MapRecord(Record):
    """A map of the page, one value a pixel: SHA-256 of its bytes, row by row, and its largest value."""

    sha256: Digest
    largest: Annotated[int, Field(ge=0)]


class ReferenceUse(Record):
    """A reference that serves this page; `score` is the similarity, None where nobody measured one.

    origin: `reader` was chosen, `library` is of the series where nothing was chosen, `page` is a page coloured before:
    then reference_id is its result's key, and pixels_sha256 the digest of its coloured pixels. figures: indices of the
    figures that it shows, as far as that is clear.
    """

    reference_id: str
    score: float | None = None
    origin: ReferenceOrigin = "reader"
    pixels_sha256: Digest | None = None
    figures: tuple[Order, ...] = ()


class Signals(Record):
    """What the director plans with, each 0..1; `host.pipeline.generation.director.signals` defines every one.

    S structure confidence, R reference reliability, D style distance, P pose risk, H hallucination risk.
    """

    S: Unit
    R: Unit
    D: Unit
    P: Unit
    H: Unit
    line_quality: Unit
    anatomy_risk: Unit
    complexity: Unit
    object_scale: Unit
    case: Case


class PageMeta(Record):
    """Everything known about a page before colour. `signals` is None until references are chosen.

    parts: the boxes that are read one after the other where the page is more than one: the two pages of a double
        page, the pieces of a long strip, cut at gutters; in reading order, together the whole page. Empty: it is one.
    perceptual_hash: 64 bits of `imagehash.phash`, hex: near duplicates differ in few bits.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    size: Size
    pixels_sha256: Digest
    perceptual_hash: PerceptualHash | None = None
    kind: PageKind
    direction: ReadingDirection
    parts: tuple[Box, ...] = ()
    panels: tuple[Panel, ...] = ()
    balloons: tuple[Balloon, ...] = ()
    text: tuple[TextBlock, ...] = ()
    sound_effects: tuple[SoundEffect, ...] = ()
    characters: tuple[Character, ...] = ()
    faces: tuple[Face, ...] = ()
    masks: dict[MaskName, MaskRecord] = {}
    maps: dict[MapName, MapRecord] = {}
    references: tuple[ReferenceUse, ...] = ()
    signals: Signals | None = None
