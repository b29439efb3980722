"""PromptBuilder: the words for engines that read words.

Two passes, two vocabularies that do not mix: the first speaks of structure and of who wears what, the second
(KS2) of clean lines and even colour. What users of such engines learned the hard way is said every time: grounds are
named, or they stay grey; eyes are named, or they turn purple; night is said to be tone, not the colour of hair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host.pipeline.generation.colour_names import name_of, names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engines.info import Wording
    from host.corrections import FigurePalette
    from host.pipeline.generation.director.direct import Directive
    from host.pipeline.records.page_meta import PageKind, PageMeta
    from host.pipeline.records.rewording import Rewording
    from host.pipeline.series import ReferencePicture

_KIND: Final[dict[PageKind, str]] = {
    "story": "manga page, flat colours, cel shading",
    "splash": "manga splash page, one picture, flat colours, cel shading",
    "cover": "manga cover, one picture, rich colours",
    "already_coloured": "comic page, flat colours",
    "text": "manga page, mostly lettering",
    "blank": "empty page",
    "advertisement": "magazine advertisement, flat colours",
}
_STRUCTURE: Final = (
    "full colour, keep every line, keep poses and proportions, keep accessories, natural skin, natural eye colour,"
    " coloured background"
)
_CLEAN_UP: Final = "clean continuous lines, even flat colour, crisp edges, final polish"
_NEVER: Final = "monochrome, greyscale, sepia, changed lettering, new text, watermark"
_NEVER_STRUCTURE: Final = "extra limbs, duplicate figures, added objects, altered faces, cropped figures"
_NEVER_CLEAN_UP: Final = "colour fringing, dotted lines, jittered lines, noise, bleeding colours, screentone moire"
_COLOURS_PER_CHARACTER: Final = 4


@dataclass(frozen=True, slots=True)
class Words:
    """What a pass is told: what the picture shows, and what it must not."""

    positive: str
    negative: str


@dataclass(frozen=True, slots=True)
class Told:
    """The reader's words as models left them. prose: in whole sentences, kept as they are. seen: what a page shows."""

    wish: str
    avoid: str
    prose: str = ""
    seen: tuple[str, ...] = ()


def told_words(wish: str, avoid: str, done: Rewording) -> Told:
    """Return a wish and what it must not, in English, with what a language model and captions say besides.

    What was worded anew holds the wish and what is seen already.
    """
    if done.enhanced:
        return Told("", avoid, done.enhanced)
    return Told(wish, avoid, seen=tuple(caption for _, caption in done.captions))


def build_words(
    meta: PageMeta,
    wish: str,
    avoid: str,
    references: Sequence[ReferencePicture],
    directive: Directive,
    wording: Wording,
    palettes: Sequence[FigurePalette] = (),
    prose: str = "",
    seen: Sequence[str] = (),
) -> tuple[Words, Words]:
    """Return the words of both passes: the reader's wish first, then who is there, what the page is, the guard rails.

    wish, avoid: the reader's own tags. references: those that serve this page. palettes: of its figures. prose, seen:
    see `Told`. Each tag comes once: tags that differ only in case or spaces are one tag. An engine without words
    (`wording` none) gets empty ones.
    """
    if wording == "none":
        return Words("", ""), Words("", "")
    guards = _guards(directive)
    if wording == "tags":
        wish, prose = ", ".join(filter(None, [prose, wish])), ""
    cast = [*_cast(references), *map(_worn, palettes)]
    first = [wish, *cast, *seen, _scene(meta), _KIND[meta.kind], _STRUCTURE, *guards]
    if wording == "tags":
        # Tags are read in pieces, of which the first counts most: the guards do not fall behind a cast.
        first = [*guards, wish, _KIND[meta.kind], _STRUCTURE, *cast, *seen, _scene(meta)]
    second = [wish, _KIND[meta.kind], _CLEAN_UP, *_style(directive)]
    return (
        Words(_worded(_once(first), wording, prose), ", ".join(_once([avoid, _NEVER, _NEVER_STRUCTURE]))),
        Words(_worded(_once(second), wording, prose), ", ".join(_once([avoid, _NEVER, _NEVER_CLEAN_UP]))),
    )


def figure_words(references: Sequence[ReferencePicture], palettes: Sequence[FigurePalette], wording: Wording) -> str:
    """Return what one figure is told: who it is, and what it is to wear; empty where nothing is known of it.

    references, palettes: those of this figure alone.
    """
    tags = _once([*_cast(references), *map(_worn, palettes)])
    return _worded(tags, wording) if tags and wording != "none" else ""


def _cast(references: Sequence[ReferencePicture]) -> list[str]:
    """Return one tag per named character: the name with the colours that its reference shows."""
    cast = []
    for one in references:
        colours = " and ".join(names_of(one.palette, _COLOURS_PER_CHARACTER))
        if one.character:
            cast.append(f"{one.character} in {colours}" if colours else one.character)
    return cast


def _worn(palette: FigurePalette) -> str:
    """Return one tag for what a figure is to wear: its colours by their names."""
    colours = " and ".join(f"{name_of(rgb)} {part}" for part, rgb in palette.colours.items())
    return f"a figure with {colours}"


def _scene(meta: PageMeta) -> str:
    figures = len(meta.characters)
    if meta.signals is not None and meta.signals.case == "multi_object" and figures > 1:
        return f"{figures} figures, each with their own colours"
    return "one figure" if figures == 1 else ""


def _guards(directive: Directive) -> list[str]:
    page = directive.evidence
    guards = []
    if page.pose_risk > 0.6:
        guards.append("keep the pose exactly")
    if page.hallucination_risk > 0.6:
        guards.append("add nothing that is not drawn")
    if page.structure_confidence < 0.4:
        guards.append("ignore rough construction lines")
    return guards


def _style(directive: Directive) -> list[str]:
    """Return how far the second pass may take the references' style: only if that is safe (seed plan §7)."""
    page = directive.evidence
    safe = page.reference_mode == "identity" or (page.reference_mode == "style" and page.conflict < 0.4)
    return ["colours of the reference"] if safe else []


def _once(parts: Sequence[str]) -> list[str]:
    by_key: dict[str, str] = {}
    for tag in ",".join(parts).split(","):
        words = " ".join(tag.split())
        if words:
            by_key.setdefault(words.casefold(), words)
    return list(by_key.values())


def _worded(tags: Sequence[str], wording: Wording, prose: str = "") -> str:
    if wording == "tags":
        return ", ".join(tags)
    said = f" {prose.rstrip('. ')}." if prose else ""
    return f"Colorize this manga page.{said} {'. '.join(tag[:1].upper() + tag[1:] for tag in tags)}."
