"""Pages and people for the tests of palettes: looks that are told apart, no network."""

from __future__ import annotations

import numpy as np

from host.palette_records import FigureAt, PaletteCharacter, PartColour, SeriesPalette
from host.palettes.likeness import pack_look
from host.palettes.sightings import SeenColour, SeenFigure, SeenPage

EMBEDDER = "toy 1"
RED, BLUE = (200, 60, 60), (60, 60, 200)
AKI, BOTAN, CHIE = 0, 1, 2
"""Who is drawn like nobody else."""


def look(who: int, unlike: float = 0.0, tone: float = 0.5) -> bytes:
    """Return the look of somebody; unlike: how far this drawing is from the others of them, 0..1."""
    vector = np.zeros(16, np.float32)
    vector[who] = 1 - unlike
    vector[8 + who] = np.sqrt(1 - (1 - unlike) ** 2)
    return pack_look(vector, tone)


def figure(who: int, across: float = 0.25, panel: int | None = 0, unlike: float = 0.0, **facts: object) -> SeenFigure:
    return SeenFigure(
        point=(across, 0.5),
        box=(across - 0.1, 0.2, across + 0.1, 0.9),
        has_face=True,
        look=look(who, unlike),
        tone=0.5,
        panel=panel,
        face=b"face",
        hair=SeenColour((90, 60, 40), 0.6),
        **facts,  # type: ignore[arg-type]
    )


def page(number: int, *figures: SeenFigure, embedder: str = EMBEDDER) -> SeenPage:
    return SeenPage(pixels_sha256=f"{number:064x}", embedder=embedder, figures=figures)


def at(seen: SeenPage, index: int = 0) -> FigureAt:
    return FigureAt(page=seen.pixels_sha256, point=seen.figures[index].point)


def character(name: str, who: int, hair: tuple[int, int, int] | None = None, **facts: object) -> PaletteCharacter:
    colour = None if hair is None else PartColour(rgb=hair, origin="reader")
    return PaletteCharacter(character_id=name.lower(), name=name, hair=colour, looks=[look(who)], **facts)  # type: ignore[arg-type]


def palette(*characters: PaletteCharacter) -> SeriesPalette:
    return SeriesPalette(version=1, series="S", embedder=EMBEDDER, characters=list(characters))
