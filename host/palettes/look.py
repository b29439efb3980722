"""A page as the palette's room sees it: its people, their heads as vectors, and their colours where it has some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from host.palettes.figures import colours_of, face_of, people_of, tone_of
from host.palettes.likeness import pack_look
from host.palettes.sightings import SeenColour, SeenFigure, SeenPage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.palettes.figures import Person
    from host.pipeline.records.page_meta import PageMeta


def look_at(
    grey: NDArray[np.uint8], pixels_sha256: str, meta: PageMeta, characters: NDArray[np.uint8] | None,
    embedder: Embedder, embedder_name: str, rgb: NDArray[np.uint8] | None = None,
    parts: NDArray[np.float32] | None = None,
) -> SeenPage:  # fmt: skip
    """Return who is on a page. rgb: the coloured page; None: its colours are not known. parts: as the engine told them.

    Raises:
        EngineError: the embedder cannot run.
    """
    people = people_of(meta, characters)
    heads = [grey[one.head.top : one.head.bottom, one.head.left : one.head.right] for one in people]
    figures = []
    for person, look in zip(people, embedder.embed(heads), strict=True):
        tone = min(1.0, max(0.0, tone_of(grey, person)))
        figures.append(_figure(person, pack_look(look, tone), tone, meta, characters, rgb, parts))
    return SeenPage(pixels_sha256=pixels_sha256, embedder=embedder_name, figures=tuple(figures))


def _figure(
    person: Person, look: bytes, tone: float, meta: PageMeta, characters: NDArray[np.uint8] | None,
    rgb: NDArray[np.uint8] | None, parts: NDArray[np.float32] | None,
) -> SeenFigure:  # fmt: skip
    shown: dict[str, Any] = {}
    if rgb is not None:
        found = colours_of(rgb, person, characters, parts)
        shown = {name: SeenColour(colour, sure) for name, (colour, sure) in found.items()}
        shown["face"] = face_of(rgb, person)
    width, height = meta.size.width, meta.size.height
    left, top, right, bottom = person.box
    return SeenFigure(
        point=person.point,
        box=(left / width, top / height, right / width, bottom / height),
        has_face=person.has_face,
        look=look,
        tone=tone,
        panel=person.panel,
        **shown,
    )
