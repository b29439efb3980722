"""What is written on a page that was read: asked of a reader of lettering, kept in the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from engines.words.base import WordReader
    from host.pipeline.records.page_meta import PageMeta

_LETTERS_MAX: Final = 4096


def with_words(meta: PageMeta, rgb: NDArray[np.uint8], reader: WordReader) -> PageMeta:
    """Return a page's record with what is written in its balloons, its free lettering and its sound effects.

    rgb: `(H, W, 3)` uint8, the page.
    """
    page = Box(0, 0, meta.size.width, meta.size.height)
    free = [place for place, one in enumerate(meta.text) if one.balloon is None]
    regions = [one.box for one in meta.balloons]
    regions += [meta.text[place].box for place in free] + [one.box for one in meta.sound_effects]
    words = iter(
        [one.text[:_LETTERS_MAX] for one in reader.read(rgb, [region.intersection(page) for region in regions])]
    )
    balloons = tuple(one.model_copy(update={"words": next(words)}) for one in meta.balloons)
    of_free = {place: next(words) for place in free}
    text = tuple(
        one.model_copy(update={"words": of_free[place]}) if place in of_free else one
        for place, one in enumerate(meta.text)
    )
    effects = tuple(one.model_copy(update={"words": next(words)}) for one in meta.sound_effects)
    return meta.model_copy(update={"balloons": balloons, "text": text, "sound_effects": effects})


def words_by_panel(meta: PageMeta) -> dict[int | None, list[str]]:
    """Return what was read, in reading order, by the panel's order; None for what stands in no panel."""
    found: dict[int | None, list[str]] = {panel.order: [] for panel in sorted(meta.panels, key=lambda one: one.order)}
    for panel, words in _placed(meta):
        found.setdefault(panel, []).append(words)
    return found


def _placed(meta: PageMeta) -> Iterator[tuple[int | None, str]]:
    for balloon in sorted(meta.balloons, key=lambda one: one.order):
        if balloon.words:
            yield balloon.panel, balloon.words
    for text in meta.text:
        if text.words:
            yield _around(meta, text.box), text.words
    for effect in meta.sound_effects:
        if effect.words:
            yield effect.panel, effect.words


def _around(meta: PageMeta, box: Box) -> int | None:
    """Return the panel that holds most of a box."""
    held = [(one.box.intersection(box).area, -one.box.area, one.order) for one in meta.panels]
    best = max(held, default=(0, 0, 0))
    return best[2] if best[0] > 0 else None
