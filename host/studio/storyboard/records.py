"""`Storyboard`: a chapter's scenes and shots, the contract of `storyboard.json`."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import Field

# Pydantic reads these types when the models are built.
from engines.geometry import Box  # noqa: TC001
from host.pipeline.records.page_meta import Record

SCHEMA_VERSION: Final = 1
BYTES_MAX: Final = 16 * 2**20
SHOTS_MAX: Final = 8
"""The most shots that a scene has; a longer one is cut in two."""

ShotType = Literal["close_up", "medium", "wide", "establishing", "insert", "tracking"]
SHOT_TYPES: Final[tuple[ShotType, ...]] = get_args(ShotType)
DEFAULT_SHOT: Final[ShotType] = "medium"
DEFAULT_ACTION: Final = "A cinematic shot."

_Line = Annotated[str, Field(max_length=4096)]


class Source(Record):
    """The panel that a shot was made from: its page's name, its number as it is read, from 1, and where it lies."""

    page: _Line
    panel: Annotated[int, Field(ge=1)]
    box: Box


class MatchedElement(Record):
    """An element that a shot shows, how sure that is, and by which signals; see `host.studio.elements.match`."""

    element: _Line
    confidence: Annotated[float, Field(ge=0.0, le=1.0)]
    signals: tuple[_Line, ...]


class Shot(Record):
    """One shot. `character` says `dialogue`; both are None where nobody speaks."""

    shot_type: ShotType = DEFAULT_SHOT
    action: Annotated[str, Field(min_length=1, max_length=4096)] = DEFAULT_ACTION
    character: _Line | None = None
    dialogue: _Line | None = None
    source: Source | None = None
    matched_elements: tuple[MatchedElement, ...] = ()


class Scene(Record):
    """Shots that belong together. `heading`: where and when, as scripts write it."""

    heading: _Line
    shots: Annotated[tuple[Shot, ...], Field(min_length=1, max_length=SHOTS_MAX)]


class Storyboard(Record):
    """A whole chapter. `told_by`: what made it of what was there: rules for pages or for scripts, or a model."""

    schema_version: Literal[1] = SCHEMA_VERSION
    title: _Line = ""
    told_by: Literal["pages", "script", "model"]
    scenes: tuple[Scene, ...] = ()


def scenes_of(heading: str, shots: list[Shot]) -> list[Scene]:
    """Return a scene, or several where it has more than `SHOTS_MAX` shots; none where it has none."""
    return [
        Scene(heading=heading if not start else f"{heading} (CONT'D)", shots=tuple(shots[start : start + SHOTS_MAX]))
        for start in range(0, len(shots), SHOTS_MAX)
    ]
