"""`RunMeta`: how a picture came to be. Stands beside every result and goes with it to the extension.

It holds no date: the store knows when it wrote a result. Durations and memory are the only fields that differ
between two runs of the same page.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

# Pydantic reads these types when the models are built.
from engines.base import Quality  # noqa: TC001
from engines.geometry import Size  # noqa: TC001
from host.messaging.messages import Stage  # noqa: TC001
from host.pipeline.pagemeta import Digest, PageKind, Record, ReferenceUse, Unit

SCHEMA_VERSION: Final = 1

NotNegative = Annotated[float, Field(ge=0.0)]


class EngineRecord(Record):
    """The engine that gave the colour, and the SHA-256 of its weights by file name."""

    id: str
    version: str
    weights: dict[str, Digest]


class PlanRecord(Record):
    """The plan as the engine got it."""

    seed: int
    strength_01: float
    steps: int
    quality: Quality
    prompt: str
    engine_options: dict[str, JsonValue]


class Verdicts(Record):
    """What review measured.

    line_dice: agreement of the ink of source and output. protected_changed: pixels inside the protected mask that
    differ, protected_share: how much of the page the mask covers. coloured_share: share of the unprotected page with
    visible colour, chroma_mean: mean OKLab chroma there. spill: share of colour edges that stand off any line.
    """

    line_dice: Unit
    protected_changed: Annotated[int, Field(ge=0)]
    protected_share: Unit
    coloured_share: Unit
    chroma_mean: NotNegative
    spill: Unit


class RunMeta(Record):
    """The record of one coloured page."""

    schema_version: Literal[1] = SCHEMA_VERSION
    pipeline_version: str
    pixels_sha256: Digest
    size: Size
    kind: PageKind
    mime: str
    engine: EngineRecord
    plan: PlanRecord
    references: tuple[ReferenceUse, ...]
    shift_px: tuple[float, float]
    duration_ms: dict[Stage, NotNegative]
    peak_memory_mib: NotNegative
    verdicts: Verdicts
    retries: Annotated[int, Field(ge=0)]
