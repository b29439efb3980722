"""What one step learns from: pieces of pages as manga or grey, their colours and parts, and a reference for each."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypedDict

import cv2
import numpy as np
from torch.utils.data import IterableDataset, get_worker_info

from engines.oklab import srgb_to_oklab
from training.compact.dataset import COMIC
from training.compact.inking import ink_cleanly
from training.compact.manga import printed
from training.compact.pack import Pack, Picture, groups_of
from training.compact.scenes.collage import (
    Props,
    Scene,
    World,
    changed_clothes,
    draw_page,
    elsewhere,
    lay_balloons,
    make_world,
    picture_of,
)  # fmt: skip
from training.compact.scenes.figures import CutOut
from training.compact.scenes.paint import PaintedPaper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Rng = np.random.Generator
    Rgb = NDArray[np.uint8]
    Plane = NDArray[np.float32]

CELLS: Final = 8
QUARTER: Final = 4
_BACKDROP_KINDS: Final = ("scene", "print")
_FAINT_KINDS: Final = frozenset({"portrait"})
_DARK: Final = 0.3


class Sample(TypedDict):
    """Page `(1, N, N)` and reference `(1, R, R)`, grey 0..1; OKLab a and b at a quarter and at an eighth of them.

    parts: `(N/4, N/4)` uint8, 255 unknown. has_reference: 0 or 1.
    """

    grey: Plane
    chroma: Plane
    parts: NDArray[np.uint8]
    reference_grey: Plane
    reference_chroma: Plane
    has_reference: Plane


@dataclass(frozen=True, slots=True)
class Mix:
    """How samples are made up; shares are 0..1.

    scenes: of all. ink: pictures drawn again as manga; grey_scenes: scenes as grey colour comics. comic: of pictures.
    The reference's shares add up to at most 1; what is left is a piece of the same picture.
    """

    side_px: int = 256
    reference_px: int = 192
    oversize: float = 1.5
    scenes: float = 0.45
    ink: float = 0.5
    grey_scenes: float = 0.15
    comic: float = 0.4
    no_reference: float = 0.2
    alike: float = 0.48
    unrelated: float = 0.24


class Samples(IterableDataset[Sample]):
    """Endless samples of a pack; every worker draws others."""

    def __init__(self, pack: Pack, mix: Mix, seed: int, niceness: int = 10) -> None:
        self._mix, self._seed, self._niceness = mix, seed, niceness
        self._pictures = pack.of("train")
        self._comic = [one for one in self._pictures if one.about.kind == COMIC]
        weights = np.array([0.5 if one.about.kind in _FAINT_KINDS else 1.0 for one in self._pictures])
        self._weights = weights / max(1.0, weights.sum())
        self._groups = groups_of(self._pictures)
        rng = np.random.default_rng(seed)
        backdrops = [one.rgb for one in self._pictures if one.about.kind in _BACKDROP_KINDS]
        self._props = Props(pack.figures, [cut_out_of(one, rng) for one in pack.cut_outs], backdrops)

    def __iter__(self) -> Iterator[Sample]:
        """Yield samples without end."""
        worker = get_worker_info()
        if worker is not None:
            os.nice(self._niceness)
            cv2.setNumThreads(0)
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        while True:
            yield self.draw(rng)

    def draw(self, rng: Rng) -> Sample:
        """Return one sample."""
        if not self._pictures or rng.random() < self._mix.scenes:
            return self._of_scene(rng)
        return self._of_picture(rng)

    def _of_scene(self, rng: Rng) -> Sample:
        mix, chance = self._mix, rng.random()
        side, far = (int(size * mix.oversize) for size in (mix.side_px, mix.reference_px))
        world = make_world(rng, self._props, side)
        if rng.random() < 0.4:
            world = changed_clothes(world, rng)
        page = draw_page(world, self._props, rng, side)
        if chance < mix.no_reference:
            return self._sample(page, None, rng, ink=1 - mix.grey_scenes)
        if chance < mix.no_reference + mix.unrelated:
            if self._pictures and rng.random() < 0.6:
                other = self._pictures[rng.integers(len(self._pictures))].rgb
                return self._sample(
                    page, _piece(other, mix.reference_px, rng, (0.4, 0.9)), rng, ink=1 - mix.grey_scenes
                )
            seen: World = make_world(rng, self._props, far)
        else:
            seen = elsewhere(world, rng) if rng.random() < 0.3 else world
        shown = draw_page(seen, self._props, rng, far).coloured
        return self._sample(page, shown, rng, ink=1 - mix.grey_scenes)

    def _of_picture(self, rng: Rng) -> Sample:
        mix = self._mix
        one = self._some(rng)
        side = int(mix.side_px * mix.oversize)
        inked = rng.random() < mix.ink
        piece = _piece(one.rgb, mix.side_px, rng, (0.7, 1.5))
        wide = np.asarray(cv2.resize(piece, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
        page = inked_page(wide, rng, inked=inked)
        return self._sample(page, self._reference(one, rng), rng, ink=1.0 if inked else 0.0)

    def _some(self, rng: Rng) -> Picture:
        if self._comic and rng.random() < self._mix.comic:
            return self._comic[rng.integers(len(self._comic))]
        return self._pictures[rng.choice(len(self._pictures), p=self._weights)]

    def _reference(self, one: Picture, rng: Rng) -> Rgb | None:
        mix, chance = self._mix, rng.random()
        if chance < mix.no_reference:
            return None
        other = one
        if chance < mix.no_reference + mix.unrelated:
            other = self._pictures[rng.integers(len(self._pictures))]
        elif chance < mix.no_reference + mix.unrelated + mix.alike and one.about.group in self._groups:
            members = self._groups[one.about.group]
            other = members[rng.integers(len(members))]
        return _piece(other.rgb, mix.reference_px, rng, (0.4, 0.9))

    def _sample(self, page: Scene, reference: Rgb | None, rng: Rng, *, ink: float) -> Sample:
        mix = self._mix
        grey = page.manga if rng.random() < ink else _grey_of(page.coloured, rng)
        vivid = np.float32(rng.uniform(0.85, 1.2))
        seen = np.zeros((mix.reference_px, mix.reference_px, 3), np.uint8) if reference is None else reference
        seen = np.asarray(_to_side(seen, mix.reference_px), np.uint8)
        known = srgb_to_oklab(seen)[..., 1:] * vivid
        return Sample(
            grey=_to_side(grey, mix.side_px)[None].astype(np.float32),
            chroma=chroma_of(page.flat, mix.side_px // QUARTER) * vivid,
            parts=_picked(page.parts, mix.side_px // QUARTER),
            reference_grey=(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)[None] / np.float32(255)).astype(np.float32),
            reference_chroma=_to_side(known, mix.reference_px // CELLS).transpose(2, 0, 1).astype(np.float32),
            has_reference=np.float32(reference is not None),  # type: ignore[typeddict-item]
        )


def inked_page(rgb: Rgb, rng: Rng, *, inked: bool) -> Scene:
    """Return a picture as a page, drawn again in ink with balloons over it, or as it is."""
    if not inked:
        return picture_of(rgb)
    page = PaintedPaper.of(rgb, (ink_cleanly(rgb, rng) * 255).astype(np.uint8))
    lay_balloons(page, rng, line_px=len(rgb) / 512 * rng.uniform(1.0, 2.4))
    return Scene(printed(page.grey.astype(np.float32) / np.float32(255), rng), page.colour, page.coloured, page.parts)


def chroma_of(rgb: Rgb, side: int) -> Plane:
    """Return OKLab a and b `(2, side, side)` of a square picture; dark lines, which have no colour, count little."""
    lab = srgb_to_oklab(rgb)
    weight = np.clip(lab[..., :1] / _DARK, 0.02, 1)
    sums = _to_side(np.dstack([lab[..., 1:] * weight, weight]).astype(np.float32), side)
    found: Plane = (sums[..., :2] / sums[..., 2:]).transpose(2, 0, 1).astype(np.float32)
    return found


def cut_out_of(rgba: NDArray[np.uint8], rng: Rng) -> CutOut:
    """Return a cut-out with its manga, drawn once."""
    return CutOut(rgba, (ink_cleanly(np.ascontiguousarray(rgba[..., :3]), rng) * 255).astype(np.uint8))


def _grey_of(rgb: Rgb, rng: Rng) -> Plane:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    varied = grey ** rng.uniform(0.8, 1.3) + rng.normal(0, 0.01, grey.shape)
    return np.clip(varied, 0, 1).astype(np.float32)


def _piece(rgb: Rgb, side: int, rng: Rng, zoom: tuple[float, float]) -> Rgb:
    """Return a square piece of a picture, now and then mirrored."""
    height, width = rgb.shape[:2]
    size = int(min(side / rng.uniform(*zoom), height, width))
    top, left = rng.integers(0, height - size + 1), rng.integers(0, width - size + 1)
    piece = _to_side(rgb[top : top + size, left : left + size], side)
    return np.ascontiguousarray(piece[:, ::-1] if rng.random() < 0.5 else piece).astype(np.uint8)


def _to_side(plane: NDArray[np.float32] | NDArray[np.uint8], side: int) -> NDArray[np.float32] | NDArray[np.uint8]:
    if plane.shape[:2] == (side, side):
        return plane
    way = cv2.INTER_AREA if len(plane) > side else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(plane), (side, side), interpolation=way)  # type: ignore[return-value]


def _picked(parts: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    at = ((np.arange(side) + 0.5) * len(parts) / side).astype(int)
    return np.asarray(parts[at[:, None], at[None]], np.uint8)
