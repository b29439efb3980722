"""Variants of the shared comic pages with exact masks: as they are, or lettered anew over their art, grey or in ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from training.compact.manga import drawn_in_ink, printed
from training.pages import annotated
from training.pixels.overlay import lay_words

if TYPE_CHECKING:
    from pathlib import Path

    from engines.geometry import Box
    from training.pages.synth import FontSet
    from training.pixels.overlay import Grey, Mask, Picture, Rng

MASKED_ONLY = ("fr", "de", "cn")
"""Languages of which there are masks, but no lettered pages."""
_DIFFERENT = 40
_SPECK_PX = 12
_SOFT_PX = 3
_SOLID_PX = 8


class MaskedPage(NamedTuple):
    """A page `(H, W)` uint8, and its balloons and lettering `(H, W)` bool; lettering stands in balloons or free."""

    grey: Grey
    balloons: Mask
    lettering: Mask


@dataclass(frozen=True, slots=True, eq=False)
class ComicSource:
    """A page of all languages. lettered: grey by language. masks: balloons and lettering by language."""

    art: Grey
    lettered: dict[str, Grey]
    masks: dict[str, tuple[Mask, Mask]]
    panels: tuple[Box, ...]


def read_source(folder: Path, name: str) -> ComicSource:
    """Read a page of the shared data.

    Raises:
        OSError: a file of it is missing or no picture.
    """
    pages = {language: annotated.read_page(folder, name, language) for language in annotated.LANGUAGES}
    art = pages["en"].art
    masks = {language: (page.balloons, all_lettering(page)) for language, page in pages.items()}
    for language in MASKED_ONLY:
        kinds = [folder / "masks" / language / f"{name}.{kind}.png" for kind in ("bubble", "text")]
        if all(path.is_file() for path in kinds):
            balloons, lettering = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in kinds)
            masks[language] = np.asarray(balloons) > 0, np.asarray(lettering) > 0
    panels = tuple(box for label, box in pages["en"].drawn if label == "panel")
    return ComicSource(art, {language: page.lettered for language, page in pages.items()}, masks, panels)


def all_lettering(page: annotated.ComicPage) -> Mask:
    """Return the glyph pixels, and the sound words drawn as outlines: what else sets the lettered page off its art."""
    other = (cv2.absdiff(page.lettered, page.art) > _DIFFERENT) & ~page.balloons
    near_balloons = cv2.dilate(page.balloons.view(np.uint8), np.ones((9, 9), np.uint8)) > 0
    _, labels, stats, _ = cv2.connectedComponentsWithStats((other & ~near_balloons).view(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= _SPECK_PX
    large[0] = False
    return np.asarray(page.glyphs | large[labels], np.bool_)


def varied(source: ComicSource, rng: Rng, fonts: FontSet) -> MaskedPage:
    """Return a page as it is, or lettered anew; words are laid over some, all get the wear of print."""
    if rng.random() < 0.3:
        language = str(rng.choice(list(source.lettered)))
        picture = _as_picture(source.lettered[language])
        balloons, lettering = (mask.copy() for mask in source.masks[language])
    else:
        picture, balloons, lettering = _lettered_anew(source, rng)
    if rng.random() < 0.7:
        lay_words(picture, balloons, lettering, rng, fonts)
    if rng.random() < 0.04:
        picture = 1 - picture
    if rng.random() < 0.8:
        picture = printed(picture, rng)
    worn = (np.clip(picture, 0, 1) ** rng.uniform(0.65, 1.5) * 255).astype(np.uint8)
    return MaskedPage(worn, balloons, lettering)


def as_manga(source: ComicSource, language: str, rng: Rng) -> MaskedPage:
    """Return the page of a language in ink, its panels ruled where they can be, its balloons outlined."""
    picture = drawn_in_ink(source.art, rng)
    _frame(picture, source.panels, rng)
    balloons, lettering = source.masks[language]
    _paint_free(picture, lettering & ~balloons, source.lettered.get(language), rng)
    _paint_balloons(picture, balloons, lettering & balloons, rng, ink=True)
    return MaskedPage((printed(picture, rng) * 255).astype(np.uint8), balloons, lettering)


def _lettered_anew(source: ComicSource, rng: Rng) -> tuple[Picture, Mask, Mask]:
    """Return the art, perhaps mirrored, in grey or in ink, with the balloons and the lettering of any language."""
    mirrored, ink = rng.random() < 0.5, rng.random() < 0.6
    art = np.ascontiguousarray(source.art[:, ::-1]) if mirrored else source.art
    picture = drawn_in_ink(art, rng) if ink else _as_picture(art)
    if not mirrored and rng.random() < (0.6 if ink else 0.3):
        _frame(picture, source.panels, rng)
    language = str(rng.choice(list(source.masks)))
    balloons, lettering = (mask.copy() for mask in source.masks[language])
    if rng.random() < 0.1:
        return picture, np.zeros_like(balloons), np.zeros_like(lettering)
    if language not in source.lettered:
        lettering &= ~_solid(lettering & ~balloons)
    _paint_free(picture, lettering & ~balloons, source.lettered.get(language), rng)
    _paint_balloons(picture, balloons, lettering & balloons, rng, ink=ink)
    return picture, balloons, lettering


def _solid(free: Mask) -> Mask:
    """Return the components in which letters cannot be told apart: with their halo they are one patch of the mask."""
    count, regions = cv2.connectedComponents(free.view(np.uint8))
    labels = np.asarray(regions, np.int32)
    depth = cv2.distanceTransform(free.view(np.uint8), cv2.DIST_L2, 3)
    deepest = np.zeros(count, np.float32)
    np.maximum.at(deepest, labels.ravel(), depth.ravel())
    deepest[0] = 0
    return np.asarray((deepest > _SOLID_PX)[labels], np.bool_)


def _paint_balloons(picture: Picture, balloons: Mask, letters: Mask, rng: Rng, *, ink: bool) -> None:
    """Lay balloons over a picture, bright or dark, outlined or not, and the letters in them."""
    ground, stroke = rng.uniform(0.93, 1.0) if ink else rng.uniform(0.78, 1.0), rng.uniform(0.0, 0.2)
    if rng.random() < 0.08:
        ground, stroke = 1 - ground, 1 - stroke
    picture[balloons] = ground
    if rng.random() < (0.85 if ink else 0.4):
        rims, _ = cv2.findContours(balloons.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, rims, -1, stroke, int(rng.integers(1, 5)), cv2.LINE_AA)
    _blend(picture, letters, stroke)


def _paint_free(picture: Picture, free: Mask, lettered: Grey | None, rng: Rng) -> None:
    """Lay free lettering over a picture: as the lettered page has it, with more contrast, or plain with a rim."""
    if not free.any():
        return
    if lettered is not None:
        _copy_free(picture, free, lettered)
        return
    bright = bool(rng.random() < (0.65 if picture[free].mean() < 0.5 else 0.35))
    if rng.random() < 0.6:
        reach = int(rng.integers(1, 4)) * 2 + 1
        _blend(picture, cv2.dilate(free.view(np.uint8), np.ones((reach, reach), np.uint8)) > 0, float(not bright))
    _blend(picture, free, rng.uniform(0.9, 1.0) if bright else rng.uniform(0.0, 0.15))


def _copy_free(picture: Picture, free: Mask, lettered: Grey) -> None:
    joined = cv2.dilate(free.view(np.uint8), np.ones((9, 9), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    for index in range(1, len(stats)):
        left, top, wide, tall, _ = (int(number) for number in stats[index])
        view = slice(top, top + tall), slice(left, left + wide)
        inside = (labels[view] == index) & (cv2.dilate(free[view].view(np.uint8), np.ones((3, 3), np.uint8)) > 0)
        low, high = np.percentile(lettered[view][inside], [5, 95])
        stretched = (lettered[view].astype(np.float32) - np.float32(low)) / np.float32(max(16.0, high - low))
        picture[view][inside] = np.clip(stretched[inside], 0, 1)


def _blend(picture: Picture, mask: Mask, level: float) -> None:
    soft = cv2.GaussianBlur(mask.astype(np.float32), (_SOFT_PX, _SOFT_PX), 0)
    soft = np.maximum(soft, mask * np.float32(0.75))
    picture += (np.float32(level) - picture) * soft


def _frame(picture: Picture, panels: tuple[Box, ...], rng: Rng) -> None:
    """Rule the panels with ink and clear the gutters; not where panels overlap."""
    if any(one.intersection(two).area for one in panels for two in panels if one is not two):
        return
    outside = np.ones(picture.shape, bool)
    for box in panels:
        outside[box.top : box.bottom, box.left : box.right] = False
    picture[outside] = 0.02 if rng.random() < 0.1 else 1.0
    thickness = int(rng.integers(2, 6))
    for box in panels:
        cv2.rectangle(picture, (box.left, box.top), (box.right - 1, box.bottom - 1), 0.05, thickness)


def _as_picture(grey: Grey) -> Picture:
    return np.asarray(grey, np.float32) / np.float32(255)
