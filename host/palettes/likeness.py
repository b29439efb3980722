"""Whose figure is whose: what the reader said first, then how alike heads are drawn. What is not sure says so.

The embedder ranks heads and names nobody. Of pairs of heads, on two pages of an episode, that it finds this alike (201
and 904 named figures of 2 and 17 episodes of Pepper&Carrot, tones weighed as here) so many show the same one, and so
many of all that do are among them: from 0.93 on 0.67 to 0.83 (under 1 %), from 0.8 on 0.53 to 0.57 (9 to 15 %), from
0.6 on 0.28 (45 to 57 %). So only a head that is nearly the same drawing is somebody's by itself; the rest is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.palette_records import FigureAt, PaletteCharacter, SeriesPalette
    from host.palettes.sightings import SeenFigure, SeenPage

SURE: Final = 0.93
"""From this likeness on a figure is taken for somebody."""
PERHAPS: Final = 0.6
"""From here on the reader is asked."""
# How much a difference of the hair's tone takes from a likeness; as black hair is from white it is another head.
_TONE_WEIGHT: Final = 0.25


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose a figure is: an id, or none, and how sure that is; told: the reader said so."""

    character_id: str = ""
    likeness: float = 0.0
    told: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether its colours may be laid."""
        return self.told or self.likeness >= SURE


@dataclass(frozen=True, slots=True)
class Known:
    """A character as figures are compared with it: `(n, width)` looks, tones as bytes behind them."""

    character_id: str
    looks: NDArray[np.float32]
    tones: NDArray[np.float32]
    shown: tuple[FigureAt, ...]
    not_shown: tuple[FigureAt, ...]


def pack_look(vector: NDArray[np.float32], tone: float) -> bytes:
    """Return a head's vector and the tone of its hair as bytes."""
    return np.append(vector, np.float32(tone)).astype("<f2").tobytes()


def known_of(palette: SeriesPalette, embedder: str) -> list[Known]:
    """Return the characters of a palette; looks of another embedder say nothing."""
    return [_known(one, usable=palette.embedder == embedder) for one in palette.characters]


def whose(page: SeenPage, known: Sequence[Known]) -> list[Whose]:
    """Return whose each figure of a page is, in their order."""
    told = [_told(page, figure, known) for figure in page.figures]
    busy = {(figure.panel, one.character_id) for figure, one in zip(page.figures, told, strict=True) if one}
    likely = []
    for at, figure in enumerate(page.figures):
        if told[at] is None:
            likely += [(score, at, one) for one in known if (score := _likeness(page, figure, one)) >= PERHAPS]
    found: dict[int, Whose] = {}
    for score, at, one in sorted(likely, key=lambda each: (-each[0], each[1], each[2].character_id)):
        panel = page.figures[at].panel
        if at not in found and (panel is None or (panel, one.character_id) not in busy):
            found[at] = Whose(one.character_id, score)
            busy.add((panel, one.character_id))
    return [told[at] or found.get(at, Whose()) for at in range(len(page.figures))]


def alike(one: SeenFigure, other: SeenFigure) -> float:
    """Return how alike two heads are drawn, up to 1."""
    (a, tone_a), (b, tone_b) = _unpacked(one.look), _unpacked(other.look)
    return float(a @ b) - _TONE_WEIGHT * abs(tone_a - tone_b) if len(a) == len(b) else -1.0


def _known(one: PaletteCharacter, *, usable: bool) -> Known:
    looks = [_unpacked(look) for look in one.looks] if usable else []
    width = len(looks[0][0]) if looks else 0
    looks = [look for look in looks if len(look[0]) == width]
    return Known(
        one.character_id,
        np.array([look for look, _ in looks], np.float32).reshape(len(looks), width),
        np.array([tone for _, tone in looks], np.float32),
        tuple(one.shown),
        tuple(one.not_shown),
    )


def _told(page: SeenPage, figure: SeenFigure, known: Sequence[Known]) -> Whose | None:
    for one in known:
        if any(_is(page, figure, at) for at in one.shown):
            return Whose(one.character_id, 1.0, told=True)
    return None


def _is(page: SeenPage, figure: SeenFigure, at: FigureAt) -> bool:
    return at.page == page.pixels_sha256 and page.figure_at(at.point) is figure


def _likeness(page: SeenPage, figure: SeenFigure, one: Known) -> float:
    look, tone = _unpacked(figure.look)
    if not len(one.looks) or one.looks.shape[1] != len(look) or any(_is(page, figure, at) for at in one.not_shown):
        return -1.0
    scores = one.looks @ look - _TONE_WEIGHT * np.abs(one.tones - tone)
    return round(float(scores.max()), 4)


def _unpacked(look: bytes) -> tuple[NDArray[np.float32], float]:
    values = np.frombuffer(look[: len(look) // 2 * 2], "<f2").astype(np.float32)
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    return values[:-1], float(values[-1]) if len(values) else 0.0
