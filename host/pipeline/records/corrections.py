"""A page's corrections as `RunMeta` records them, and back: a rerun makes the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import structs
from pydantic import Field

from host.corrections import ColourHint, Corrections, FigurePalette, PageWords
from host.pipeline.records.page_meta import Order, Record, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.pipeline.drawing import Drawing

Level = Annotated[int, Field(ge=0, le=255)]


class HintRecord(Record):
    """A colour hint as it was set; the fields are those of `host.corrections.ColourHint`."""

    points: tuple[tuple[Unit, Unit], ...]
    rgb: tuple[Level, Level, Level]
    radius_01: Unit
    region: tuple[tuple[tuple[Unit, Unit], ...], ...] = ()


class PaletteRecord(Record):
    """A figure's palette as it was asked for; the first fields are those of `host.corrections.FigurePalette`.

    figures: the indices of the figures that were found there, parts of one; empty: none. fault: what of it could not be
    laid; empty: all is there.
    """

    point: tuple[Unit, Unit]
    hair: tuple[Level, Level, Level] | None = None
    skin: tuple[Level, Level, Level] | None = None
    clothes: tuple[Level, Level, Level] | None = None
    region: tuple[tuple[tuple[Unit, Unit], ...], ...] = ()
    figures: tuple[Order, ...] = ()
    fault: str = ""


class WordsRecord(Record):
    """What was said of the page; the field is that of `host.corrections.PageWords`."""

    text: str


class CorrectionsRecord(Record):
    """What a record holds of the corrections: the first fields of `RunMeta`."""

    hints: tuple[HintRecord, ...] = ()
    palettes: tuple[PaletteRecord, ...] = ()
    words: tuple[WordsRecord, ...] = ()


def record_corrections(drawing: Drawing, faults: Sequence[str]) -> CorrectionsRecord:
    """Return the record of a page's corrections, with what could not be laid of each palette."""
    return CorrectionsRecord(
        hints=tuple(HintRecord(**structs.asdict(hint)) for hint in drawing.hints),
        palettes=tuple(
            PaletteRecord(**structs.asdict(one.palette), figures=one.figures, fault=fault)
            for one, fault in zip(drawing.palettes, faults, strict=True)
        ),
        words=tuple(WordsRecord(**structs.asdict(one)) for one in drawing.words),
    )


def recorded_corrections(record: CorrectionsRecord) -> Corrections:
    """Return the corrections that a record tells of."""
    found = {"figures", "fault"}
    return Corrections(
        hints=tuple(ColourHint(**hint.model_dump()) for hint in record.hints),
        palettes=tuple(FigurePalette(**palette.model_dump(exclude=found)) for palette in record.palettes),
        words=tuple(PageWords(**one.model_dump()) for one in record.words),
    )
