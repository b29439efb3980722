"""The director's signals, measured: each 0..1, from detections and plain image measures, the same for the same page.

All pictures are looked at with at most 700 px a side. `ink` is what is clearly darker than its surroundings.

    line_quality    share of ink that belongs to strokes (not specks, not blots), times how sharp its edges are
    complexity      how much there is to tell apart: edges per area and separate closed areas, both saturating
    object_scale    share of its panel (of the page without panels) that the largest figure takes; without figures half
                    of the largest panel's share of the page
    anatomy_risk    figures that are hard to draw: without a visible face, small, or overlapping another, on average
    S  structure confidence     0.5 line_quality + 0.3 contrast of ink and paper + 0.2 mean score of the panels
    R  reference reliability    0 without references; else 0.6 likeness (the best score that retrieval measured, 0.5
                                where it measured none) + 0.4 colour (share of the references' pixels that have any,
                                saturating)
    D  style distance           half the distance of the tone histograms (total variation) of page and references, half
                                the relative difference of their edge densities; 0.5 without references
    P  pose risk                figures that lie rather than stand, are cut by their panel's edge or overlap; speed
                                lines
    H  hallucination risk       0.35 (1 - S) + 0.30 emptiness + 0.20 complexity + 0.15 (1 - R); emptiness is the share
                                of unprotected art without any edge nearby, which a model would like to fill

    case            single_simple: at most one figure and one panel, complexity below 0.35; single_complex: at most one
                    of each otherwise; multi_object: all else
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.components import find_components
from engines.geometry import Box
from host.pipeline.records.page_meta import Signals
from host.pipeline.series import coloured_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.pipeline.records.page_meta import Case, Character, PageMeta

_SIDE_PX: Final = 700
_INK_LEVELS: Final = 24
_SPECK_PX: Final = 6
_BLOT_SHARE: Final = 0.5
_EDGES_FULL: Final = 0.22
_AREAS_FULL: Final = 160
_SIMPLE: Final = 0.35
_COLOUR_FULL: Final = 0.35
_BINS: Final = 16
_LYING: Final = 1.3
_SMALL_FIGURE: Final = 0.03


@dataclass(frozen=True, slots=True)
class _Statistics:
    """What is measured of a grey picture."""

    line_quality: float
    contrast: float
    complexity: float
    edge_density: float
    emptiness: float
    speed_lines: float
    tones: NDArray[np.float64]


def measure_signals(
    grey: NDArray[np.uint8],
    protect: NDArray[np.bool_],
    meta: PageMeta,
    references: Sequence[NDArray[np.uint8]],
) -> Signals:
    """Return the signals of a `(H, W)` page with its references, `(h, w, 3)` uint8 sRGB, those of `meta.references`."""
    drawn = _statistics(grey, ~protect)
    figures = meta.characters
    overlap = _overlap(figures)
    structure = _unit(
        0.5 * drawn.line_quality + 0.3 * drawn.contrast + 0.2 * _mean([one.score for one in meta.panels], 0.5)
    )
    reliability = _reliability(meta, references)
    return Signals(
        S=structure,
        R=reliability,
        D=_style_distance(drawn, references),
        P=_pose_risk(meta, overlap, drawn.speed_lines),
        H=_unit(0.35 * (1 - structure) + 0.30 * drawn.emptiness + 0.20 * drawn.complexity + 0.15 * (1 - reliability)),
        line_quality=drawn.line_quality,
        anatomy_risk=_anatomy_risk(meta, overlap),
        complexity=drawn.complexity,
        object_scale=_object_scale(meta),
        case=_case(len(figures), len(meta.panels), drawn.complexity),
    )


def _statistics(grey: NDArray[np.uint8], free: NDArray[np.bool_]) -> _Statistics:
    small = _looked_at(grey)
    art = cv2.resize(free.view(np.uint8), small.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    if not art.any():
        return _Statistics(0.5, 0.5, 0.0, 0.0, 0.0, 0.0, np.full(_BINS, 1 / _BINS))
    ink = _ink(small) & art
    edges = _edges(small) & art
    area = int(art.sum())
    density = float(edges.sum() / area)
    return _Statistics(
        line_quality=_line_quality(small, ink),
        contrast=_unit(float(np.subtract(*np.percentile(small[art], (95, 5)))) / 200),
        complexity=_complexity(ink, density),
        edge_density=density,
        emptiness=_emptiness(edges, art),
        speed_lines=_speed_lines(small, edges),
        tones=_tones(small[art]),
    )


def _looked_at(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = min(1.0, _SIDE_PX / max(grey.shape))
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def _edges(small: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(cv2.Canny(small, 60, 160) > 0, np.bool_)


def _ink(grey: NDArray[np.uint8]) -> NDArray[np.bool_]:
    side = max(9, min(grey.shape) // 24) | 1
    ground = cv2.boxFilter(grey, cv2.CV_16S, (side, side))
    return np.asarray((grey < ground - _INK_LEVELS) | (grey < 48), np.bool_)


def _line_quality(grey: NDArray[np.uint8], ink: NDArray[np.bool_]) -> float:
    if not ink.any():
        return 0.5
    boxes = find_components(ink, 8).stats[1:]
    longest = np.maximum(boxes[:, 2], boxes[:, 3])
    filled = boxes[:, 4] / np.maximum(boxes[:, 2] * boxes[:, 3], 1)
    strokes = (longest >= _SPECK_PX) & ((filled < _BLOT_SHARE) | (longest < 4 * _SPECK_PX))
    share = float(boxes[strokes, 4].sum() / max(1, boxes[:, 4].sum()))
    across = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    rim = cv2.morphologyEx(ink.view(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    sharp = _unit(float(np.hypot(*across)[rim].mean()) / 400) if rim.any() else 0.5
    return _unit(share * (0.4 + 0.6 * sharp))


def _complexity(ink: NDArray[np.bool_], density: float) -> float:
    areas = cv2.connectedComponents((~ink).view(np.uint8), connectivity=4)[0] - 1
    return _unit(0.6 * min(1.0, density / _EDGES_FULL) + 0.4 * min(1.0, max(0, areas) / _AREAS_FULL))


def _emptiness(edges: NDArray[np.bool_], art: NDArray[np.bool_]) -> float:
    reach = max(5, min(edges.shape) // 14) | 1
    near = cv2.dilate(edges.view(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0
    return _unit(float((art & ~near).sum() / art.sum()))


def _speed_lines(grey: NDArray[np.uint8], edges: NDArray[np.bool_]) -> float:
    """Return how many long straight lines there are that are neither level nor upright, as frames are."""
    length = max(grey.shape) // 9
    lines = cv2.HoughLinesP(edges.view(np.uint8), 1, np.pi / 180, 60, minLineLength=length, maxLineGap=3)
    if lines is None:
        return 0.0
    x1, y1, x2, y2 = lines.reshape(-1, 4).T.astype(np.float64)
    angle = np.abs(np.degrees(np.arctan2(y2 - y1, x2 - x1))) % 90
    slanted = (angle > 8) & (angle < 82)
    return _unit(float(slanted.sum()) / 60)


def _tones(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    counts = np.bincount(levels.ravel() // (256 // _BINS), minlength=_BINS).astype(np.float64)
    return np.asarray(counts / max(1.0, counts.sum()), np.float64)


def _reliability(meta: PageMeta, references: Sequence[NDArray[np.uint8]]) -> float:
    if not references:
        return 0.0
    scores = [use.score for use in meta.references if use.score is not None]
    likeness = _unit(max(scores)) if scores else 0.5
    return _unit(0.6 * likeness + 0.4 * min(1.0, max(map(coloured_share, references)) / _COLOUR_FULL))


def _style_distance(drawn: _Statistics, references: Sequence[NDArray[np.uint8]]) -> float:
    if not references:
        return 0.5
    distances = []
    for rgb in references:
        grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.uint8)
        small = _looked_at(grey)
        tones = 0.5 * float(np.abs(drawn.tones - _tones(small)).sum())
        densities = drawn.edge_density, float(_edges(small).mean())
        edges = abs(densities[0] - densities[1]) / max(*densities, 1e-6)
        distances.append(0.5 * tones + 0.5 * edges)
    return _unit(_mean(distances, 0.5))


def _overlap(figures: Sequence[Character]) -> list[float]:
    """Return for each figure how much of its box the one that covers it most takes, 0..1."""
    return [
        max(
            (one.box.intersection(other.box).area / max(1, one.box.area) for other in figures if other is not one),
            default=0.0,
        )
        for one in figures
    ]


def _pose_risk(meta: PageMeta, overlap: Sequence[float], speed_lines: float) -> float:
    risks = []
    for figure, covered in zip(meta.characters, overlap, strict=True):
        lying = _unit((figure.box.width / max(1, figure.box.height) - _LYING) / _LYING)
        risks.append(_unit(0.4 * lying + 0.3 * _is_cut(figure, meta) + 0.3 * covered))
    return _unit(0.7 * max(risks, default=0.2) + 0.3 * speed_lines)


def _is_cut(figure: Character, meta: PageMeta) -> float:
    frame = next((panel.box for panel in meta.panels if panel.order == figure.panel), None)
    if frame is None:
        return 0.0
    reach = max(2, round(0.01 * meta.size.width))
    gaps = (
        figure.box.left - frame.left,
        figure.box.top - frame.top,
        frame.right - figure.box.right,
        frame.bottom - figure.box.bottom,
    )
    return sum(gap <= reach for gap in gaps) / 4


def _anatomy_risk(meta: PageMeta, overlap: Sequence[float]) -> float:
    with_face = {face.character for face in meta.faces}
    risks = [
        _unit(
            0.45 * (figure.index not in with_face)
            + 0.30 * (figure.box.area < _SMALL_FIGURE * meta.size.pixels)
            + 0.25 * covered
        )
        for figure, covered in zip(meta.characters, overlap, strict=True)
    ]
    return _mean(risks, 0.3)


def _object_scale(meta: PageMeta) -> float:
    frames = {panel.order: panel.box for panel in meta.panels}
    page = Box(0, 0, meta.size.width, meta.size.height)
    figures = [
        figure.box.area / max(1, (page if figure.panel is None else frames.get(figure.panel, page)).area)
        for figure in meta.characters
    ]
    if figures:
        return _unit(max(figures))
    return _unit(0.5 * max((box.area for box in frames.values()), default=page.area) / page.area)


def _case(figures: int, panels: int, complexity: float) -> Case:
    if figures > 1 or panels > 1:
        return "multi_object"
    return "single_simple" if complexity < _SIMPLE else "single_complex"


def _mean(values: Sequence[float], otherwise: float) -> float:
    return float(np.mean(values)) if len(values) else otherwise


def _unit(value: float) -> float:
    return min(1.0, max(0.0, float(value)))
