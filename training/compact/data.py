"""Samples for training: a piece of a page as the engine sees it, its true colour, and references for it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from engines.oklab import grey_to_lightness, srgb_to_oklab
from training.compact.encoder import CELL_PX
from training.compact.manga import inked, simulate_manga
from training.compact.parts import UNKNOWN
from training.compact.scenes import draw, make_world
from training.compact.slots import NO_SLOT, SlotCodebook, light_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.compact.config import DataConfig
    from training.compact.pages import Page

    Rgb = NDArray[np.uint8]

_OTHER_SHARE = 0.85
_BESIDE_SHARE = 0.5
_PANELS_SHARE = 0.75
_PANELS_MAX = 8


class Batch(NamedTuple):
    """`B` samples of side `S`, OKLab, float32; one sample is the same without the first axis.

    lightness: `(B, 1, S, S)` what the network sees. target: `(B, 2, S, S)` the chroma to paint. truth: `(B, 2, S, S)`
    the page's own chroma, to be matched in the reference. references: `(B, R, 3, s, s)`.
    slots and parts, int64: `(B, S/8, S/8)` of the page's cells and `(B, R, s/8, s/8)`; -1 where nobody knows.
    panels: `(B, 8, S/8, S/8)`, 1 where a cell belongs to a panel; planes that are not needed are 0.
    """

    lightness: NDArray[np.float32]
    target: NDArray[np.float32]
    truth: NDArray[np.float32]
    references: NDArray[np.float32]
    slots: NDArray[np.int64]
    reference_slots: NDArray[np.int64]
    parts: NDArray[np.int64]
    reference_parts: NDArray[np.int64]
    panels: NDArray[np.float32]


class Seen(NamedTuple):
    """A reference: OKLab `(s, s, 3)`, and its cells' slots and parts."""

    lab: NDArray[np.float32]
    slots: NDArray[np.int64]
    parts: NDArray[np.int64]


class Sampler:
    """Draws batches; the same seed, rank and iteration always give the same batch, so that a run can be resumed."""

    def __init__(self, pages: list[Page], config: DataConfig, seed: int, slots: int, rank: int = 0) -> None:
        self._pages = pages
        self._codebook = SlotCodebook.of_pages([page.art for page in pages], slots, seed)
        self._lights = {page.name: light_of(page.art) for page in pages}
        self._config = config
        self._seed = seed
        self._rank = rank
        self._episodes: defaultdict[str, list[Page]] = defaultdict(list)
        for page in pages:
            self._episodes[page.episode].append(page)

    def batch(self, iteration: int, size: int) -> Batch:
        """Return the batch of an iteration."""
        rng = np.random.default_rng([self._seed, iteration, self._rank])
        references = 2 if rng.random() < self._config.second_reference_share else 1
        samples = [
            _drawn_sample(rng, references, self._config)
            if rng.random() < self._config.drawn_share
            else self._sample(rng, iteration, references)
            for _ in range(size)
        ]
        return Batch(*(np.stack(part) for part in zip(*samples, strict=True)))

    def _sample(self, rng: np.random.Generator, iteration: int, references: int) -> Batch:
        page = self._pages[rng.integers(len(self._pages))]
        picture = page.art
        if page.lettered is not None and rng.random() < self._config.lettered_share:
            picture = page.lettered
        box = _piece(picture, self._config, rng)
        left, top, side = box
        turn = -1 if rng.random() < 0.5 else 1
        crop, parts, panels = (
            one[top : top + side, left : left + side][:, ::turn] for one in (picture, page.parts, page.panels)
        )
        small = _fit(crop, self._config.crop_px)
        lab = srgb_to_oklab(small)
        truth = lab[..., 1:]
        if rng.random() < self._config.manga_share:
            lightness, target = _as_manga(crop, lab, rng)
        else:
            lightness, target = _as_grey(small, lab, rng), truth
            if rng.random() < self._config.flat_share:
                lightness = _as_flats(lightness, rng)
        seen = [self._reference(page, box, iteration, rng, first=index == 0) for index in range(references)]
        return Batch(
            lightness[None],
            _planes(target),
            _planes(truth),
            np.stack([_planes(one.lab) for one in seen]),
            self._codebook.of(lab, self._lights[page.name]),
            np.stack([one.slots for one in seen]),
            _known(_cells(parts, self._config.crop_px)),
            np.stack([one.parts for one in seen]),
            _membership(_cells(panels if rng.random() < _PANELS_SHARE else 0 * panels, self._config.crop_px)),
        )

    def _reference(
        self, page: Page, box: tuple[int, int, int], iteration: int, rng: np.random.Generator, *, first: bool
    ) -> Seen:
        config = self._config
        done = min(1.0, iteration / max(1, config.curriculum_iterations))
        share = config.self_reference_start + done * (config.self_reference_end - config.self_reference_start)
        if first and rng.random() < share:
            chosen, (picture, parts) = page, _warped(page, box, config.reference_px, rng)
        else:
            chosen = self._other(page, rng) if rng.random() < _OTHER_SHARE else page
            view = _loose_view(chosen.art, rng)
            picture, parts = _fit(chosen.art[view], config.reference_px), chosen.parts[view]
        turn = -1 if rng.random() < 0.5 else 1
        lab = srgb_to_oklab(np.ascontiguousarray(picture[:, ::turn]))
        slots = self._codebook.of(lab, self._lights[chosen.name])
        lab[..., 0] **= _exposure(rng)
        return Seen(lab, slots, _known(_cells(parts[:, ::turn], config.reference_px)))

    def _other(self, page: Page, rng: np.random.Generator) -> Page:
        """Return another page of the episode, half of the time one beside it; the page itself if it is alone."""
        pages = self._episodes[page.episode]
        place = [other.name for other in pages].index(page.name)
        beside = [pages[at] for at in (place - 1, place + 1) if 0 <= at < len(pages)]
        others = beside if rng.random() < _BESIDE_SHARE else [other for other in pages if other is not page]
        return others[rng.integers(len(others))] if others else page


def _drawn_sample(rng: np.random.Generator, references: int, config: DataConfig) -> Batch:
    world = make_world(rng)
    drawing = draw(world, rng, config.crop_px * 3 // 2)
    lab, chroma = (_reduced(item, config.crop_px) for item in (drawing.lab, drawing.chroma))
    lightness, target = lab[..., 0] ** np.float32(_exposure(rng)), chroma
    if rng.random() < config.drawn_manga_share:
        drawn = _reduced(inked(drawing.fill, drawing.ink, rng), config.crop_px)
        lightness = grey_to_lightness(np.round(drawn * 255).astype(np.uint8))
        target = chroma * _gain(lightness, lab[..., 0])
    side = config.reference_px
    seen = [draw(world, rng, side * 3 // 2) for _ in range(references)]
    cells, others = config.crop_px // CELL_PX, side // CELL_PX
    return Batch(
        lightness[None],
        _planes(target),
        _planes(chroma),
        np.stack([_planes(_reduced(one.lab, side)) for one in seen]),
        np.full((cells, cells), NO_SLOT),
        np.full((references, others, others), NO_SLOT),
        _known(_cells(drawing.parts, config.crop_px)),
        np.stack([_known(_cells(one.parts, side)) for one in seen]),
        _membership(np.zeros((cells, cells), np.int64)),
    )


def _cells(labels: NDArray[np.uint8], side: int) -> NDArray[np.int64]:
    """Return the label at every cell's middle of a picture that becomes `side` pixels wide and high."""
    size = side // CELL_PX
    # Resizing by the nearest pixel would take each cell's corner.
    rows, columns = ((np.arange(size) * 2 + 1) * length // (2 * size) for length in labels.shape)
    return labels[np.ix_(rows, columns)].astype(np.int64)


def _known(parts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(parts == UNKNOWN, NO_SLOT, parts)


def _membership(panels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return `(8, h, w)`: the panels' cells, a plane each; what lies outside is as one more panel."""
    planes = np.zeros((_PANELS_MAX, *panels.shape), np.float32)
    for plane, label in enumerate(np.unique(panels)):
        planes[min(plane, _PANELS_MAX - 1)] += panels == label
    return planes


def _reduced(picture: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _gain(lightness: NDArray[np.float32], painted: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what chroma is to be multiplied with, `(H, W, 1)`.

    Paper is lighter than what was painted there; the same saturation then needs more chroma.
    """
    return np.clip(0.85 * lightness / np.maximum(painted, 0.2), 1.0, 2.0)[..., None].astype(np.float32)


def _piece(picture: Rgb, config: DataConfig, rng: np.random.Generator) -> tuple[int, int, int]:
    """Return left, top and side of a square that becomes `crop_px`, at a scale around the engine's own."""
    height, width = picture.shape[:2]
    short = min(height, width)
    scale = short / config.short_side_px * np.exp(rng.uniform(np.log(0.6), np.log(1.5)))
    side = int(min(short, max(8, config.crop_px * scale)))
    return int(rng.integers(0, width - side + 1)), int(rng.integers(0, height - side + 1)), side


def _as_manga(
    crop: Rgb, lab: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    grey = cv2.cvtColor(np.ascontiguousarray(crop), cv2.COLOR_RGB2GRAY)
    drawn, balloons = simulate_manga(np.asarray(grey, np.uint8), rng)
    size = lab.shape[1], lab.shape[0]
    seen = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
    lightness = grey_to_lightness(np.round(seen * 255).astype(np.uint8))
    covered = cv2.resize(balloons.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    target = lab[..., 1:] * _gain(lightness, lab[..., 0]) * (1 - covered)[..., None]
    return lightness, target.astype(np.float32)


def _as_grey(small: Rgb, lab: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    luma = grey_to_lightness(np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8))
    blend = rng.random()
    lightness = blend * luma + (1 - blend) * lab[..., 0]
    return np.asarray(lightness ** _exposure(rng), np.float32)


def _exposure(rng: np.random.Generator) -> float:
    """Return the power of a lightness: half of all pictures are as light as they were painted."""
    return float(rng.choice([1.0, rng.uniform(0.75, 1.33)]))


def _as_flats(lightness: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a picture without shading inside of its shapes: a few even tones."""
    levels = rng.integers(4, 9)
    byte = np.round(np.clip(lightness, 0, 1) * 255).astype(np.uint8)
    even = np.asarray(cv2.medianBlur(byte, 7), np.float32) / np.float32(255)
    return np.asarray(np.round(even * levels) / levels, np.float32)


def _warped(
    page: Page, box: tuple[int, int, int], side: int, rng: np.random.Generator
) -> tuple[Rgb, NDArray[np.uint8]]:
    """Return a piece of a page seen a little otherwise, and its parts, both of one side."""
    left, top, width = box
    wanted = width * rng.uniform(0.9, 1.6)
    centre = left + width / 2 + rng.uniform(-0.1, 0.1) * width, top + width / 2 + rng.uniform(-0.1, 0.1) * width
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, rng.uniform(-15, 15), side / wanted), np.float64)
    matrix[:, 2] += side / 2 - np.array(centre)
    outside = cv2.BORDER_REFLECT
    parts = cv2.warpAffine(page.parts, matrix, (side, side), flags=cv2.INTER_NEAREST, borderMode=outside)
    # Reduced by area first: a warp by itself would alias.
    shrink = max(1.0, wanted / side)
    reduced = cv2.resize(page.art, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    matrix[:, :2] *= shrink
    warped = cv2.warpAffine(reduced, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=outside)
    return np.asarray(warped, np.uint8), np.asarray(parts, np.uint8)


def _loose_view(picture: Rgb, rng: np.random.Generator) -> tuple[slice, slice]:
    height, width = picture.shape[:2]
    tall, wide = (np.array([height, width]) * rng.uniform(0.45, 1.0, 2)).astype(int)
    top, left = rng.integers(0, height - tall + 1), rng.integers(0, width - wide + 1)
    return slice(top, top + tall), slice(left, left + wide)


def _fit(picture: Rgb, side: int) -> Rgb:
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _planes(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(picture.transpose(2, 0, 1))
