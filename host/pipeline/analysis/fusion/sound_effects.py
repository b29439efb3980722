"""Sound effects: words drawn into the art, which only the detector tells from it. Rules about them stand here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.pipeline.analysis.fusion.words import Words

if TYPE_CHECKING:
    from host.pipeline.analysis.fusion.evidence import PageEvidence


def find_sound_effects(evidence: PageEvidence) -> list[Words]:
    """Return the sound effects of a page at reading size, as the detector saw them; none without one."""
    return [Words(seen.box, (), seen.score) for seen in evidence.of("sfx")]
