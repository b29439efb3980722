"""What belongs to one figure or to one part of a page: its references, its palette, its words.

A page's request speaks of everybody. A figure whose reference or palette is known gets a region of its own with these
alone, and a panel that is made by itself is told of what is in it, not of the whole page.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engines.base import Region
from host.pipeline.compose.palettes import place_palettes
from host.pipeline.generation.prompt import build_words, figure_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.base import Plan
    from engines.geometry import Box
    from engines.info import Wording
    from host.corrections import FigurePalette
    from host.pipeline.generation.prompt import Words
    from host.pipeline.prepared import PreparedPage
    from host.pipeline.records.masks import PageMaps
    from host.pipeline.records.page_meta import PageMeta
    from host.pipeline.series import ReferencePicture


def bind_regions(
    meta: PageMeta,
    maps: PageMaps | None,
    references: Sequence[ReferencePicture] = (),
    palettes: Sequence[FigurePalette] = (),
    wording: Wording = "none",
) -> tuple[Region, ...]:
    """Return a region for every figure that can be seen, the nearest first, with what is known of it alone.

    references: those that serve the page, in the order of `meta.references`, whose `figures` say whom they show.
    """
    if maps is None:
        return ()
    placed = place_palettes(palettes, meta, maps)
    regions = []
    for figure in sorted(meta.characters, key=lambda one: (-one.depth_01, one.index)):
        mask = maps.characters == figure.index + 1
        if not mask.any():
            continue
        owned = [at for at, use in enumerate(meta.references) if figure.index in use.figures and at < len(references)]
        worn = [one.palette for one in placed if figure.index in one.figures]
        words = figure_words([references[at] for at in owned], worn, wording)
        regions.append(Region(mask=mask, prompt=words, references=tuple(owned)))
    return tuple(regions)


def words_within(prepared: PreparedPage, part: Box) -> tuple[Words, Words]:
    """Return the words of both passes for a part of a page: of the figures whose middle lies in it, and of no others.

    A reference that shows somebody else alone is not spoken of; one that may show anybody is.
    """
    meta, job = prepared.meta, prepared.job
    inside = tuple(one for one in meta.characters if _holds(part, _middle(one.box)))
    here, width, height = {one.index for one in inside}, meta.size.width, meta.size.height
    uses = zip(meta.references, job.references, strict=False)
    references = [picture for use, picture in uses if not use.figures or here & set(use.figures)]
    palettes = [one for one in job.corrections.palettes if _holds(part, (one.point[0] * width, one.point[1] * height))]
    return build_words(
        meta.model_copy(update={"characters": inside}), job.plan.prompt, job.plan.negative_prompt, references,
        prepared.directive, job.engine.wording, palettes,
    )  # fmt: skip


def told(plan: Plan, words: tuple[Words, Words]) -> Plan:
    """Return a plan whose passes keep their numbers and speak of something else."""
    stages = (
        replace(stage, prompt=said.positive, negative_prompt=said.negative)
        for stage, said in zip(plan.stages, words, strict=False)
    )
    return replace(plan, stages=tuple(stages))


def _middle(box: Box) -> tuple[float, float]:
    return (box.left + box.right) / 2, (box.top + box.bottom) / 2


def _holds(part: Box, point: tuple[float, float]) -> bool:
    return part.left <= point[0] < part.right and part.top <= point[1] < part.bottom
