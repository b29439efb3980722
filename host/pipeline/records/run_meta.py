"""`RunMeta`: how a picture came to be. Stands beside every result and goes with it to the extension.

It holds no date: the store knows when it wrote a result. Durations and memory are the only fields that differ
between two runs of the same page.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final, Literal, cast

from pydantic import Field, JsonValue

from engines.geometry import Size  # noqa: TC001

# Pydantic reads these types when the models are built.
from engines.info import Quality  # noqa: TC001
from host.pipeline.records.corrections import CorrectionsRecord
from host.pipeline.records.page_meta import Digest, PageKind, ReadingDirection, Record, ReferenceUse, Unit
from host.pipeline.records.rewording import WordStep  # noqa: TC001
from host.vocabulary import Direction, Stage  # noqa: TC001

if TYPE_CHECKING:
    from engines.base import Plan

SCHEMA_VERSION: Final = 2

NotNegative = Annotated[float, Field(ge=0.0)]


class EngineRecord(Record):
    """The engine that gave the colour, and the SHA-256 of its weights by file name."""

    id: str
    version: str
    weights: dict[str, Digest]


class StageRecord(Record):
    """A pass as it was planned; the fields are those of `engines.base.StagePlan`."""

    prompt: str
    negative_prompt: str
    guidance: float
    denoise_01: Unit
    steps: int
    structure_strength: float
    structure_end_01: Unit
    pose_strength: float
    pose_end_01: Unit
    style_weight: float
    style_end_01: Unit


class LoraRecord(Record):
    """A LoRA that took part. sha256 is empty where it lies on a server."""

    name: str
    weight: float
    sha256: str


class PlanRecord(Record):
    """The plan as the engine got it; `stages` is what became of the reader's prompts and steps."""

    seed: int
    strength_01: float
    steps: int
    quality: Quality
    prompt: str
    negative_prompt: str
    stages: tuple[StageRecord, ...]
    loras: tuple[LoraRecord, ...]
    engine_options: dict[str, JsonValue]


class Verdicts(Record):
    """What review measured.

    line_dice: agreement of the ink of source and output; panels_line_dice: the same in each panel's box, by order.
    protected_changed: pixels inside the protected mask that differ, protected_share: how much of the page the mask
    covers. coloured_share: share of the unprotected page with visible colour, chroma_mean: mean OKLab chroma there.
    spill: share of colour edges that stand off any line.
    """

    line_dice: Unit
    panels_line_dice: tuple[Unit, ...] = ()
    protected_changed: Annotated[int, Field(ge=0)]
    protected_share: Unit
    coloured_share: Unit
    chroma_mean: NotNegative
    spill: Unit


class RunMeta(CorrectionsRecord):
    """The record of one coloured page.

    direction, keep_coloured, corrections: as they were asked for. read_direction: which way the page was read.
    reading_version: of the rules that told its kind. result_sha256: of the coloured pixels, counted as
    `pixels_sha256`.
    director: what it planned by, under the seed plan's names (its §8).
    attempts: what each try of an engine that draws measured, see `host.pipeline.generation.assess`; empty for others.
    duplicate_of: the pixels of the page that the engine coloured, where this one is the same picture saved again; plan
    and references are then that page's. None otherwise.
    rewording: what models made of the reader's words, step by step; the engine's own are those of the plan's stages.
    retries: compositions that were made anew because the one before failed review.
    notes: what a reader should know of the page's own picture, such as rows that its file lacks.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    pipeline_version: str
    pixels_sha256: Digest
    size: Size
    kind: PageKind
    reading_version: str = ""
    direction: Direction
    read_direction: ReadingDirection | None = None
    keep_coloured: bool
    mime: str
    result_sha256: Digest
    engine: EngineRecord
    plan: PlanRecord
    director: dict[str, JsonValue]
    references: tuple[ReferenceUse, ...]
    duplicate_of: Digest | None = None
    rewording: tuple[WordStep, ...] = ()
    shift_px: tuple[float, float]
    duration_ms: dict[Stage, NotNegative]
    peak_memory_mib: NotNegative
    attempts: tuple[dict[str, JsonValue], ...] = ()
    verdicts: Verdicts
    retries: Annotated[int, Field(ge=0)]
    notes: tuple[str, ...] = ()


def record_plan(plan: Plan) -> PlanRecord:
    """Return the record of a plan."""
    return PlanRecord(
        seed=plan.seed,
        strength_01=plan.strength_01,
        steps=plan.steps,
        quality=plan.quality,
        prompt=plan.prompt,
        negative_prompt=plan.negative_prompt,
        stages=tuple(StageRecord(**asdict(stage)) for stage in plan.stages),
        loras=tuple(LoraRecord(name=lora.name, weight=lora.weight, sha256=lora.sha256) for lora in plan.loras),
        engine_options=cast("dict[str, JsonValue]", dict(plan.engine_options)),
    )
