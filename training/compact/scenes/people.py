"""People: who somebody is (drawn or an avatar figure, with colours and prints), and how they get onto a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from training.compact.scenes import palette
from training.compact.scenes.figures import Figure, Wear, lay_figure
from training.compact.scenes.paint import Paint, paint
from training.pages.synth import tone as tones
from training.pages.synth.faces import make_head
from training.pages.synth.figures import Person, draw_animal, draw_person

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from training.compact.scenes.paint import PaintedPaper, Sheets

    Rng = np.random.Generator

_DRAWN_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who looks the same in every picture: a drawn person with an iris, or the pictures of an avatar and its wear."""

    person: Person | None
    iris: palette.Rgb
    figures: tuple[Figure, ...]
    wear: Wear


def make_somebody(rng: Rng, sheets: Sheets, figures: Sequence[tuple[Figure, ...]]) -> Somebody:
    """Return someone; `figures` are identities of avatars, each with its variants (none: everybody is drawn)."""
    wear = Wear(
        skin=paint(rng, sheets, "skin", palette.skin(rng)),
        hair=paint(rng, sheets, "hair", palette.hair(rng)),
        clothes=paint(rng, sheets, "clothes", palette.clothes(rng)),
        trim=paint(rng, sheets, "clothes", palette.clothes(rng)),
        eyes=paint(rng, sheets, "eyes", palette.eyes(rng)),
    )
    if not figures or rng.random() < _DRAWN_SHARE:
        return Somebody(_person(rng, sheets, wear), palette.eyes(rng), (), wear)
    return Somebody(None, palette.eyes(rng), figures[int(rng.integers(len(figures)))], wear)


def dressed_anew(somebody: Somebody, rng: Rng) -> Somebody:
    """Return the same one in clothes of another colour, drawn alike: only a reference can tell which."""
    fresh = palette.clothes(rng)
    wear = somebody.wear
    clothes = Paint(wear.clothes.fill, fresh, wear.clothes.part)
    worn = Wear(wear.skin, wear.hair, clothes, wear.trim, wear.eyes)
    person = somebody.person and _dressed(somebody.person, clothes)
    return Somebody(person, somebody.iris, somebody.figures, worn)


def draw_somebody(paper: PaintedPaper, somebody: Somebody, rng: Rng, line_px: float) -> None:
    """Draw someone large or small, somewhere on a panel."""
    w, h = paper.width, paper.height
    close = rng.random() < 0.45
    unit = min(w, h) * (rng.uniform(0.22, 0.5) if close else rng.uniform(0.09, 0.2))
    at = w * rng.uniform(0.15, 0.85), h * (rng.uniform(0.3, 0.6) if close else rng.uniform(0.2, 0.5))
    if somebody.person is not None:
        paper.iris = somebody.iris
        draw_person(paper, somebody.person, rng, at, unit, line_px)
        return
    figure = somebody.figures[rng.integers(len(somebody.figures))]
    tall = unit * (rng.uniform(2.6, 3.6) if figure.height <= figure.width * 1.15 else rng.uniform(5.0, 9.0))
    lay_figure(paper, figure, somebody.wear, at, tall, rng)


def draw_beast(paper: PaintedPaper, rng: Rng, sheets: Sheets, line_px: float) -> None:
    """Draw an animal in a colour of fur."""
    fill = paint(rng, sheets, "other", palette.fur(rng))
    at = paper.width * rng.uniform(0.1, 0.9), paper.height * rng.uniform(0.3, 0.8)
    draw_animal(paper, rng, fill, at, paper.height * rng.uniform(0.05, 0.16), line_px)


def _person(rng: Rng, sheets: Sheets, wear: Wear) -> Person:
    bottom = wear.trim if rng.random() < 0.4 else paint(rng, sheets, "clothes", palette.clothes(rng))
    shadow = tones.tone(rng, sheets, ramp=0.2, dark=0.45) if rng.random() < 0.5 else None
    build = float(rng.choice([1.0, 1.0, 0.9, 0.7, 0.45]))
    skirt, sleeves = bool(rng.random() < 0.4), bool(rng.random() < 0.6)
    return Person(make_head(rng, wear.hair, wear.skin), wear.clothes, bottom, wear.trim, shadow, build, skirt, sleeves)


def _dressed(person: Person, clothes: Paint) -> Person:
    one = person
    return Person(one.head, clothes, one.bottom, one.trim, one.shadow, one.build, one.skirt, one.sleeves)
