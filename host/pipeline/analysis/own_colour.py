"""Where a page has colour of its own: what the author coloured, not what paper, ink or scanner did to a grey page.

Told from what remains when the tint is taken away (`host.pipeline.tint`), by three things that no scan has:

    it is broad     channels that lie a few pixels apart, and the noise of JPEG, give every point its opponent close by:
                    in the blurred sum, in levels of sRGB, they are gone, but for what follows the slopes of the luma
    it is crisp     a stain and a lamp have no edge; of what is coloured there is much less a little beyond its border
    it stands out   somewhere in each area it is clearly over what a scan leaves, more so beside the contrast of ink
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from engines.components import find_components
from host.pipeline.analysis.registration import brought_together
from host.pipeline.analysis.toning import without_toning
from host.pipeline.decode import is_grey
from host.pipeline.tint import find_tint, least_squares, luma_of, product, shrink_factor, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.geometry import Box, Size

_SAMPLE_WIDTH: Final = 320
_BLUR: Final = 1.6
_BLUR_PX: Final = 5.0
# Levels: of the least that counts, and of what every area has somewhere. JPEG draws crisp steps into stains.
_LEVELS: Final = 3.0, 16.0
# What remains of a colour in pale and faded pages; in grey scans as well, so that alone it says nothing.
_TRACES: Final = 1.5, 3.0
_TRACES_CRISP: Final = 0.3
_WEAK: Final = 6.0
# In the dark an ink has few levels, but its share of the light: as the mean of an area that covers so much of the page.
# Measured as 23 on a pale flat over a night; what channels that lie apart leave is as strong, but smaller.
_DIM: Final = 10.0, 18.0
_DIM_COVERS: Final = 0.02
# From an area's border to what lies beyond, of its mean.
_CRISP: Final = 0.65
_THIN: Final = 0.85
# What fringes may leave, as a share of the contrast that they stand at.
_FRINGE: Final = 0.08
# So strong is no stain.
_STRONG: Final = 40.0
# A tint that is strong in this share of the page has one hue: the length of its mean direction, 0..1.
_MANY: Final = 0.05
_ONE_HUE: Final = 0.85
_DARKEST: Final = 48
_AREA_LEAST: Final = 12
_PAPER_BELOW: Final = 10
_CELLS: Final = 8
_CELL_INK: Final = 0.1
_CELL_COLOUR: Final = 0.12
# Measured: traces in 0.67 and more of colour pages faded to a third of their chroma, and 0.03 of them stand out.
# Stains, shifts and tints have traces in up to 0.9 of a page, but nothing that stands out.
_EVERYWHERE: Final = 0.7
_NEARLY: Final = 0.65
_DRAWN: Final = 0.4
_COVERED: Final = 0.03
_COVERED_LEAST: Final = 0.005
_COVERED_MUCH: Final = 0.1
# With traces in so much of a page a small area that stands out is the second ink of all of it.
_SPOTS: Final = 0.8
# With traces in so much of it a page is coloured where much of the ink is, or where the colour follows the drawing:
# levels, measured as 3.5 and more on pages faded or pale in one hue, up to 3.2 on grey ones.
_THROUGHOUT: Final = 0.9
_DRAWN_WEAKLY: Final = 0.3
_DETAIL: Final = 3.3
_DETAIL_BLUR: Final = 3.0
# With traces in so much of it, and so much change of colour from thing to thing, a page is coloured, however faded: a
# tint has none, what scanners and JPEG leave is finer, stains and lamps are wider. Levels; measured on pages faded to a
# quarter or to 30 % of their chroma as 1.7 to 4.0, on pale ones as 4.3 and more, on grey ones with as many traces up to
# 2.0 where their channels lie apart, and up to 1.5 elsewhere: less is asked for where they are known to lie together.
_TRACED: Final = 0.65
_FROM_THING_TO_THING: Final = 2.3
# With fewer traces it takes more change; on a page that lies on a filter's curve, more still: warm colours, faded, do,
# and keep 3.4 to 12 levels of change beside it. Toned grey pages have up to 2.7.
_TRACED_LESS: Final = 0.55, 2.5
_TONED_THINGS: Final = 3.2
_FADED: Final = 0.75, 1.6
# What JPEG leaves of a tint changes so, too, where the tint is strong; on a faded page it is not.
_FADED_TINT: Final = 0.05
_TONE_STEP: Final = 4
_THINGS: Final = 3.0, 10.0
_THINGS_PERCENTILE: Final = 90
# A page of less contrast has less colour, too.
_CONTRAST_LEAST: Final = 80.0
# Of what is drawn in a panel, the share that may lie outside of what its colour spans.
_OUTSIDE: Final = 0.15
_DRAWN_LEAST: Final = 0.5
# A halo of JPEG's chroma, in samples.
_HALO: Final = np.ones((5, 5), np.uint8)
_SLOPES: Final = ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
_FRINGE_ROUNDS: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Colour:
    """Where a page has colour of its own. `inked`, `coloured`, `weak` and `traces` are bool samples of the whole page.

    weak: with areas that nowhere stand out: alone a stain, all over the drawing a faded page.
    traces: with any trace of colour.

    traces_share: of the page's parts that are not bare paper, those with traces, 0..1. detail: levels of colour, beyond
    the tint, that change as the drawing does. change: the same from thing to thing, of the page's sizes between lines
    and stains. strong_tint: the share of the page where its tint is strong. lies_together: its channels were looked at,
    and do not lie apart. curved: a brown curve was taken away; toned: one that only a filter has.
    """

    inked: NDArray[np.bool_]
    coloured: NDArray[np.bool_]
    weak: NDArray[np.bool_]
    traces: NDArray[np.bool_]
    traces_share: float
    detail: float
    change: float
    strong_tint: float
    lies_together: bool = False
    curved: bool = False
    toned: bool = False

    @property
    def is_everywhere(self) -> bool:
        """Whether the whole page is coloured, were it only palely, and not some of it on a grey page."""
        if self.toned:  # nearly all of it lies on the curve
            return self.traces_share >= _TRACED and self.change >= _TONED_THINGS
        ink = int(np.count_nonzero(self.weak & self.inked)) / max(1, int(np.count_nonzero(self.inked)))
        covered = float(self.coloured.mean())
        if self.traces_share >= _TRACED and self.change >= _FROM_THING_TO_THING:
            return True
        # Where much stands out, so few traces are a coloured part of a grey page.
        fewer = self.traces_share >= _TRACED_LESS[0] and self.change >= _TRACED_LESS[1]
        if fewer and covered < _COVERED_MUCH and not self.curved:
            return True
        if self.lies_together and self.may_be_faded:
            return True
        if self.traces_share < _EVERYWHERE:
            nearly = self.traces_share >= _NEARLY and covered >= _COVERED_MUCH
            # An ink so strong in colour, and more of it than one ink on one paper gives, is one of two.
            return nearly or (self.strong_tint >= _MANY and covered >= _COVERED_LEAST)
        if covered >= _COVERED or (covered >= _COVERED_LEAST and (ink >= _DRAWN or self.traces_share >= _SPOTS)):
            return True
        return self.traces_share >= _THROUGHOUT and (ink >= _DRAWN_WEAKLY or self.detail >= _DETAIL)

    @property
    def may_be_faded(self) -> bool:
        """Whether the whole page is coloured if its channels lie together."""
        if self.curved or self.strong_tint >= _FADED_TINT:
            return False
        return self.traces_share >= _FADED[0] and self.change >= _FADED[1]

    @property
    def is_somewhere(self) -> bool:
        """Whether anything has colour of its own."""
        return bool(self.coloured.any())

    def share_of(self, box: Box, page: Size) -> float:
        """Return how much of what is drawn in a box of a page has colour of its own, 0..1.

        Where little is drawn, half of the box counts as drawn: words laid over line art are not the art.
        """
        view = self._view(box, page)
        return int(np.count_nonzero(self.coloured[view])) / self._drawn(view)

    def traces_of(self, box: Box, page: Size) -> float:
        """Return the same of any trace of colour."""
        view = self._view(box, page)
        return int(np.count_nonzero(self.traces[view] | self.coloured[view])) / self._drawn(view)

    def spans(self, box: Box, page: Size) -> bool:
        """Tell whether colour reaches over what is drawn in a box, and is not laid over a part of it."""
        view = self._view(box, page)
        coloured, inked = self.coloured[view].view(np.uint8), self.inked[view]
        if not coloured.any():
            return False
        hull = cv2.convexHull(cv2.findNonZero(np.ascontiguousarray(coloured)))
        reached = cv2.fillConvexPoly(np.zeros(inked.shape, np.uint8), hull, 1)
        outside = inked & (cv2.dilate(reached, _HALO) == 0)
        return int(np.count_nonzero(outside)) <= _OUTSIDE * int(np.count_nonzero(inked))

    def _view(self, box: Box, page: Size) -> tuple[slice, slice]:
        down, across = self.inked.shape[0] / page.height, self.inked.shape[1] / page.width
        return (
            slice(int(box.top * down), max(int(box.top * down) + 1, int(box.bottom * down))),
            slice(int(box.left * across), max(int(box.left * across) + 1, int(box.right * across))),
        )

    def _drawn(self, view: tuple[slice, slice]) -> float:
        return max(1.0, float(np.count_nonzero(self.inked[view])), _DRAWN_LEAST * self.inked[view].size)

    def mask(self, page: Size) -> NDArray[np.bool_]:
        """Return `(H, W)` bool: colour of its own with the halo that compression gives it."""
        wide = cv2.dilate(self.coloured.view(np.uint8), _HALO)
        size = page.width, page.height
        return np.asarray(cv2.resize(np.asarray(wide, np.uint8), size, interpolation=cv2.INTER_NEAREST), np.bool_)


def colour_of(rgb: NDArray[np.uint8]) -> Colour | None:
    """Return where a `(H, W, 3)` uint8 page has colour of its own; None where it is grey to the last pixel.

    Parts are the cells of an 8 x 8 grid that are not bare paper, so that one coloured panel makes no coloured page.
    """
    if is_grey(rgb):
        return None
    colour = _colour_in(rgb)
    plain = without_toning(rgb) if _says_something(colour) else None
    if plain is not None:
        # Faded colours lie on a brown curve, too, but on none as strong as a filter's: measured as 39 levels at most.
        toned = int(cv2.absdiff(rgb[::_TONE_STEP, ::_TONE_STEP], plain[::_TONE_STEP, ::_TONE_STEP]).max()) >= _STRONG
        rgb, colour = plain, replace(_colour_in(plain), toned=toned, curved=True)
    if not _says_something(colour) and not colour.may_be_faded:
        return colour
    together = brought_together(rgb)
    if together is None:
        return replace(colour, lies_together=True)
    # What fringes leave follows the drawing, too.
    return replace(_colour_in(together), detail=0.0, change=0.0, curved=colour.curved, toned=colour.toned)


def _says_something(colour: Colour) -> bool:
    return colour.is_somewhere or colour.is_everywhere


def _colour_in(rgb: NDArray[np.uint8]) -> Colour:
    tint = find_tint(rgb)
    scale = shrink_factor(rgb, _SAMPLE_WIDTH)
    sharp = np.asarray(shrunk(rgb, _SAMPLE_WIDTH), np.float32)
    # JPEG keeps colour in blocks of up to 16 px: nothing finer is known of it, however small the page.
    blur = max(_BLUR, _BLUR_PX * scale)
    small = np.asarray(cv2.GaussianBlur(sharp, (0, 0), blur), np.float32)
    luma = np.asarray(luma_of(small), np.float32)
    own = small - luma[..., None]
    explained = np.zeros_like(own) if tint is None else tint.at(luma)
    if _is_of_one_hue(explained):
        own = _without_fringes(own - explained, luma)
    evidence = _evidence(own, luma, _contrast(sharp, luma, blur), blur)
    coloured = _areas(evidence, least=_LEVELS[0], seed=_LEVELS[1], dim=_DIM)
    weak = _areas(evidence, least=_LEVELS[0], seed=_WEAK)
    traces = _areas(_evidence(own, luma, None, blur), least=_TRACES[0], seed=_TRACES[1], crisp=_TRACES_CRISP)
    luma = np.asarray(luma_of(sharp), np.float32)
    inked = (luma < np.percentile(luma, 95) - _PAPER_BELOW) | coloured
    return Colour(
        inked=inked,
        coloured=coloured,
        weak=weak,
        traces=traces,
        traces_share=_share_of_cells(inked, traces | coloured),
        detail=_detail(own, luma, inked, blur),
        change=_change(own, luma),
        strong_tint=float(np.mean(_largest(explained) > _STRONG)),
    )


def _detail(own: NDArray[np.float32], luma: NDArray[np.float32], inked: NDArray[np.bool_], blur: float) -> float:
    """Return how much colour changes within some widths of the blur, in shares of the light, where something is drawn.

    The upper quartile, in levels, as if the page had full contrast.
    """
    if not inked.any():
        return 0.0
    share = own * (255 / np.maximum(luma, _DARKEST))[..., None]
    fine = share - cv2.GaussianBlur(share, (0, 0), _DETAIL_BLUR * blur)
    return float(np.percentile(_largest(fine)[inked], 75)) * _to_full_contrast(luma)


def _change(own: NDArray[np.float32], luma: NDArray[np.float32]) -> float:
    """Return how much colour changes from thing to thing: in a band of sizes, a high percentile.

    In levels, as if the page had full contrast.
    """
    near, far = (np.asarray(cv2.GaussianBlur(own, (0, 0), sigma), np.float32) for sigma in _THINGS)
    return float(np.percentile(np.linalg.norm(near - far, axis=2), _THINGS_PERCENTILE)) * _to_full_contrast(luma)


def _to_full_contrast(luma: NDArray[np.float32]) -> float:
    darkest, lightest = np.percentile(luma, (1, 99))
    return 255 / max(_CONTRAST_LEAST, float(lightest - darkest))


def _is_of_one_hue(tint: NDArray[np.float32]) -> bool:
    """Tell whether a tint can be one: paper and ink may be strong in colour, but not in several hues."""
    yellow, red = tint[..., :2].mean(axis=2) - tint[..., 2], tint[..., 0] - tint[..., 1]
    strong = _largest(tint) > _STRONG
    if strong.mean() < _MANY:
        return True
    directions = (yellow + 1j * red)[strong]
    return bool(np.abs(np.mean(directions / np.maximum(1e-6, np.abs(directions)))) > _ONE_HUE)


def _without_fringes(own: NDArray[np.float32], luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return colour without what a shift of the channels explains: its share of the luma's first and second slopes."""
    slopes = [cv2.Sobel(luma, cv2.CV_32F, x, y, ksize=3, scale=1 / 8 if x + y == 1 else 1 / 4) for x, y in _SLOPES]
    design = np.stack([slope.ravel() for slope in slopes], axis=1).astype(np.float64)
    levels = own.reshape(-1, own.shape[2]).astype(np.float64)
    factors = np.zeros((len(_SLOPES), own.shape[2]))
    for _ in range(_FRINGE_ROUNDS):
        off = _largest(levels - product(design, factors))
        factors = least_squares(design, levels, 1 / (1 + (off / _LEVELS[0]) ** 2) ** 2, ridge=1.0)
    return np.asarray(own - product(design, factors).reshape(own.shape), np.float32)


def _largest(channels: NDArray[Any]) -> NDArray[Any]:
    """Return the largest magnitude of three channels; far quicker than a maximum along an axis of three."""
    first, second, third = (np.abs(channels[..., index]) for index in range(3))
    return np.asarray(np.maximum(np.maximum(first, second), third))


@dataclass(frozen=True, slots=True, eq=False)
class _Evidence:
    """Of each sample `(h, w)`: its colour in levels, and in shares of the light. reach: of the blur, in samples."""

    levels: NDArray[np.float32]
    share: NDArray[np.float32]
    reach: int


def _contrast(sharp: NDArray[np.float32], luma: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    """Return how far the luma around each sample lies from its mean there, in levels."""
    square = cv2.GaussianBlur(cv2.pow(np.asarray(luma_of(sharp), np.float32), 2), (0, 0), blur)
    return np.sqrt(np.maximum(np.asarray(square, np.float32) - luma * luma, 0))


def _evidence(
    own: NDArray[np.float32], luma: NDArray[np.float32], contrast: NDArray[np.float32] | None, blur: float
) -> _Evidence:
    if contrast is not None:
        # Beside ink fringes leave something of themselves where paper is white: there one of their sides is cut off.
        left = np.maximum(0, 1 - _FRINGE * contrast / np.maximum(_largest(own), 1e-3))
        own = own * left[..., None]
    # A stain takes its share of the light: beside ink it ends crisply, in shares of the light it does not.
    share = own * (255 / np.maximum(luma, _DARKEST))[..., None]
    return _Evidence(_largest(own), _largest(share), max(2, round(1.25 * blur)))


def _areas(
    evidence: _Evidence, *, least: float, seed: float, crisp: float = _CRISP, dim: tuple[float, float] | None = None
) -> NDArray[np.bool_]:
    """Return the areas of colour that are broad, crisp, and stand out somewhere; dim: or large, and are as strong.

    dim: the least peak in levels, and the least mean in shares of the light.
    """
    levels = evidence.levels
    opened = cv2.morphologyEx((levels > least).view(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    found = np.asarray(opened, np.uint8)
    labels, stats, _ = find_components(found, 8)
    count = len(stats)
    peak = np.zeros(count, np.float32)
    np.maximum.at(peak, labels, levels)
    ends = _is_crisp(labels, evidence, count, crisp) | (peak >= _STRONG)
    area = stats[:, cv2.CC_STAT_AREA]
    out = peak >= seed
    if dim is not None:
        large = (area >= _DIM_COVERS * labels.size) & (peak >= dim[0])
        out |= large & (_means(labels, evidence.share, found > 0, count) >= dim[1])
    good = (area >= _AREA_LEAST) & out & ends
    good[0] = False
    return np.asarray(np.take(good, labels), np.bool_)


def _is_crisp(labels: NDArray[np.int32], evidence: _Evidence, count: int, least: float) -> NDArray[np.bool_]:
    """Tell by label whether an area ends where it does: what lies beyond has much less of the colour than what lies in.

    Means of both sides, out of the blur's reach of the border: the blocks of JPEG and noise step everywhere, but from
    nowhere to nowhere. Where an area is no wider, all of it counts, and a little more is asked for.
    """
    found, share = labels > 0, evidence.share
    sides = (2 * evidence.reach + 1, 4 * evidence.reach + 3)
    near, far = (np.ones((side, side), np.uint8) for side in sides)
    plain = found.view(np.uint8)
    inner = (cv2.erode(plain, near) > 0) & (cv2.erode(plain, far) == 0)
    wide = np.asarray(cv2.dilate(labels.astype(np.float32), far), np.int32)
    outer = (wide > 0) & (cv2.dilate(plain, near) == 0)
    mean = _means(labels, share, found, count)
    within = np.where(
        np.bincount(labels[inner], minlength=count) > 0, _means(labels, share, inner, count), _THIN * mean
    )
    return np.asarray(within - _means(wide, share, outer, count) >= least * mean, np.bool_)


def _means(
    labels: NDArray[np.int32], values: NDArray[np.float32], where: NDArray[np.bool_], count: int
) -> NDArray[np.float64]:
    """Return the mean of values by label."""
    at = labels[where]
    total = np.bincount(at, weights=values[where], minlength=count)
    return np.asarray(total / np.maximum(1, np.bincount(at, minlength=count)), np.float64)


def _share_of_cells(inked: NDArray[np.bool_], coloured: NDArray[np.bool_]) -> float:
    cells = [
        cv2.resize(mask.astype(np.float32), (_CELLS, _CELLS), interpolation=cv2.INTER_AREA)
        for mask in (inked, coloured)
    ]
    content = cells[0] > _CELL_INK
    return float(np.mean(cells[1][content] > _CELL_COLOUR * cells[0][content])) if content.any() else 0.0
