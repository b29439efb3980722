"""What a reader wants otherwise on one page: declared once, for the wire, the command line, the pipeline and the key.

A new kind of correction is a struct here and a field of `Corrections`; who lays it and who records it is said in
`docs/ARCHITECTURE.md`.
"""

from itertools import chain
from math import isfinite
from typing import Annotated

from msgspec import Meta, Struct, field

from host.errors import BadRequest
from host.vocabulary import Fraction, Level

Rgb = tuple[Level, Level, Level]
Outline = Annotated[tuple[tuple[Fraction, Fraction], ...], Meta(min_length=3, max_length=1024)]


class ColourHint(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The colour that the reader wants at a dot or along a stroke, in 0..1 of the page, and in the region around it.

    points: `(x, y)`; one is a dot, several are a stroke. rgb: sRGB. radius_01: half of the stroke's width, as a share
    of the page's width; `radius` on the wire. region: outlines in 0..1 of the page that the colour goes through, a hole
    being an outline within another; empty: a segmentation network's where one was pulled, else what lines enclose.
    """

    points: Annotated[tuple[tuple[Fraction, Fraction], ...], Meta(min_length=1, max_length=1024)]
    rgb: Rgb
    radius_01: Annotated[float, Meta(ge=0.0, le=0.1)] = field(default=0.004, name="radius")
    region: Annotated[tuple[Outline, ...], Meta(max_length=64)] = ()

    def require_sound(self) -> None:
        """Refuse what bounds do not: a place that is no number.

        Raises:
            BadRequest
        """
        if not all(map(isfinite, (self.radius_01, *chain.from_iterable(chain(self.points, *self.region))))):
            raise BadRequest("A colour hint lies nowhere.", "Its points are shares of the page, 0 to 1.")


class FigurePalette(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The colours that the reader wants the figure at `point`, in 0..1 of the page, to have; at least one.

    hair, skin, clothes: sRGB; None: as the engine has it. region: outlines of the figure, as those of a hint; empty: a
    segmentation network's where one was pulled, else the figure that analysis found.
    """

    point: tuple[Fraction, Fraction]
    hair: Rgb | None = None
    skin: Rgb | None = None
    clothes: Rgb | None = None
    region: Annotated[tuple[Outline, ...], Meta(max_length=64)] = ()

    @property
    def colours(self) -> dict[str, Rgb]:
        """The colours that are wanted, by what they are for."""
        wanted = {"hair": self.hair, "skin": self.skin, "clothes": self.clothes}
        return {name: rgb for name, rgb in wanted.items() if rgb is not None}

    def require_sound(self) -> None:
        """Refuse a place that is no number, and a palette without a colour.

        Raises:
            BadRequest
        """
        if not all(map(isfinite, chain(self.point, *chain.from_iterable(self.region)))):
            raise BadRequest("A palette lies nowhere.", "Its point is shares of the page, 0 to 1.")
        if not self.colours:
            raise BadRequest("A palette names no colour.", "Give one for hair, skin or clothes.")


class PageWords(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the reader says of a page, such as its place and the mood there; for engines that read words."""

    text: Annotated[str, Meta(min_length=1, max_length=1000)]

    def require_sound(self) -> None:
        """Refuse words that say nothing.

        Raises:
            BadRequest
        """
        if not self.text.strip():
            raise BadRequest("A page's words say nothing.", "Leave them out.")


class Corrections(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of one page, in the order in which they were made: later ones go over earlier ones, hints over palettes."""

    hints: Annotated[tuple[ColourHint, ...], Meta(max_length=256)] = ()
    palettes: Annotated[tuple[FigurePalette, ...], Meta(max_length=64)] = ()
    words: Annotated[tuple[PageWords, ...], Meta(max_length=16)] = ()


def laid_over(below: Corrections, own: Corrections) -> Corrections:
    """Return a page's own corrections with others below them, such as those of its series."""
    if below == Corrections():
        return own
    return Corrections(
        hints=(*below.hints, *own.hints),
        palettes=(*below.palettes, *own.palettes),
        words=(*below.words, *own.words),
    )


def corrections_of(page: Corrections) -> Corrections:
    """Return the corrections of a page of the wire, which carries them among other things.

    Raises:
        BadRequest: one is not sound.
    """
    found = {name: getattr(page, name) for name in Corrections.__struct_fields__}
    for one in chain.from_iterable(found.values()):
        one.require_sound()
    return Corrections(**found)
