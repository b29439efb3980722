"""What the records of a strip's pieces say of the strip: their things in the strip's pixels, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from engines.geometry import Box
from host.pipeline.records.page_meta import PageMeta
from host.pipeline.records.run_meta import Verdicts
from host.pipeline.strips.cut import cores_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import PageKind, ReadingDirection, Record

    R = TypeVar("R", bound=Record)

_SAID_FIRST: Final[tuple[PageKind, ...]] = ("already_coloured", "advertisement", "text", "blank")
_NO_PICTURE: Final[frozenset[PageKind]] = frozenset({"text", "blank", "advertisement"})
# Of what is drawn: with so much of it in colour the rest is the author's as well.
_COLOURED_SHARE: Final = 0.5


def join_meta(page: DecodedPage, boxes: Sequence[Box], metas: Sequence[PageMeta], reads: ReadingDirection) -> PageMeta:
    """Return the record of a strip by those of its pieces; masks and maps are recorded by nobody."""
    found: dict[str, list[Record]] = {name: [] for name in _THINGS}
    for box, meta in zip(boxes, metas, strict=True):
        starts = {name: len(things) for name, things in found.items()}
        for name in _THINGS:
            found[name] += [_moved(one, box, starts) for one in getattr(meta, name)]
    return PageMeta(
        size=page.size,
        pixels_sha256=page.pixels_sha256,
        kind=_kind(boxes, metas),
        direction=reads,
        parts=tuple(cores_of(boxes)),
        **{name: tuple(things) for name, things in found.items()},  # type: ignore[arg-type]
    )


def join_verdicts(pieces: Sequence[tuple[int, Verdicts]]) -> Verdicts:
    """Return what review measured of a strip by its pieces, each with its pixels: the worst ink, the mean of shares."""
    total = sum(pixels for pixels, _ in pieces)

    def mean(name: str) -> float:
        return float(sum(pixels * getattr(one, name) for pixels, one in pieces) / total)

    return Verdicts(
        line_dice=min(one.line_dice for _, one in pieces),
        panels_line_dice=tuple(dice for _, one in pieces for dice in one.panels_line_dice),
        protected_changed=sum(one.protected_changed for _, one in pieces),
        protected_share=mean("protected_share"),
        coloured_share=mean("coloured_share"),
        chroma_mean=mean("chroma_mean"),
        spill=mean("spill"),
    )


def _kind(boxes: Sequence[Box], metas: Sequence[PageMeta]) -> PageKind:
    """Return the kind of a strip: coloured where most of what is drawn is; a story where anything is to be coloured."""
    drawn = sum(box.area for box, meta in zip(boxes, metas, strict=True) if meta.kind not in _NO_PICTURE)
    coloured = sum(box.area for box, meta in zip(boxes, metas, strict=True) if meta.kind == "already_coloured")
    if coloured and coloured >= _COLOURED_SHARE * drawn:
        return "already_coloured"
    kinds = {meta.kind for meta in metas}
    return "story" if kinds - set(_SAID_FIRST) else next(kind for kind in _SAID_FIRST if kind in kinds)


_THINGS: Final = ("panels", "balloons", "text", "sound_effects", "characters", "faces")
# Fields that count things of a kind, or name one of them.
_NUMBERS: Final[dict[str, dict[str, str]]] = {
    "Panel": {"order": "panels"},
    "Balloon": {"order": "balloons", "panel": "panels"},
    "TextBlock": {"balloon": "balloons"},
    "SoundEffect": {"panel": "panels"},
    "Character": {"index": "characters", "panel": "panels"},
    "Face": {"panel": "panels", "character": "characters"},
}


def _moved(thing: R, piece: Box, starts: dict[str, int]) -> R:
    """Return a thing of a piece in the strip's pixels and numbers."""
    changed: dict[str, object] = {"box": _down(getattr(thing, "box"), piece.top)}  # noqa: B009
    if getattr(thing, "text", ()):
        changed["text"] = tuple(_down(line, piece.top) for line in getattr(thing, "text"))  # noqa: B009
    if getattr(thing, "polygon", None):
        changed["polygon"] = tuple((x, y + piece.top) for x, y in getattr(thing, "polygon"))  # noqa: B009
    for name, kind in _NUMBERS[type(thing).__name__].items():
        own = getattr(thing, name)
        changed[name] = None if own is None else own + starts[kind]
    return thing.model_copy(update=changed)


def _down(box: Box, by: int) -> Box:
    return Box(box.left, box.top + by, box.right, box.bottom + by)
