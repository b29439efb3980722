"""A page as a drawing of curves (SVG): flat colours in one group, ink in another above it. Traced by `vtracer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from defusedxml import ElementTree as Parser

from host.errors import EngineNotAvailable
from host.studio.strokes import grain_evened, screens_evened, strokes
from host.studio.trace import traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from host.studio.page import StudioPage

_SVG: Final = "http://www.w3.org/2000/svg"
_EVEN_PX: Final = 5
# Ink is darker than what lies beside it, by so much, or is black without a colour: a dark flat is neither.
_STROKE_PX: Final = 11
_DARKER: Final = 40
_BLACKEST: Final = 44
_COLOURLESS: Final = 10
# A ground that is dark without being black, as at night: what is no darker than it is no ink.
_GROUND_PX: Final = 51
_NIGHT: Final = (20, 96)
_ABOVE_GROUND: Final = 14
_COLOURS: Final[dict[str, Any]] = {
    "colormode": "color",
    "hierarchical": "stacked",
    "mode": "spline",
    "filter_speckle": 6,
    "color_precision": 8,
    "layer_difference": 8,
    "path_precision": 2,
}
_LINES: Final[dict[str, Any]] = {"colormode": "binary", "mode": "spline", "filter_speckle": 4, "path_precision": 2}
_FINER: Final = 2
_WHITE: Final = 255
_BLACK: Final = 128
# Up to here a pixel has a part of ink in it: the colour below is not its own.
_SOFT: Final = 176


def drawing_of(page: StudioPage, check: Callable[[], None] | None = None) -> bytes:
    """Return a page as an SVG document, as `vectorise`, its screens as even tones.

    Raises:
        EngineNotAvailable: `vtracer` is not installed. What `check` raises.
    """
    even = screens_evened(page.rgb, page.masks.screentone, page.maps.tone)
    return vectorise(even, page.ink, page.masks.lettering, check)


def vectorise(
    rgb: NDArray[np.uint8],
    drawn: NDArray[np.bool_],
    lettering: NDArray[np.bool_] | None = None,
    check: Callable[[], None] | None = None,
) -> bytes:
    """Return an SVG document of the page's size with the groups `flats` and, above it, `ink`.

    rgb: `(H, W, 3)` uint8. drawn: `(H, W)` bool, where lines and letters are; what is dark there and no grain of a tone
    is ink. lettering: `(H, W)` bool, ink that is never grain. check: called again and again while curves are traced;
    what it raises ends it.

    Raises:
        EngineNotAvailable: `vtracer` is not installed. What `check` raises.
    """
    height, width = drawn.shape
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.uint8)
    # Black where ink is, at a finer grid than the page's, so that curves follow a line's soft edge.
    inked = _inked(rgb, grey, drawn)
    kept = strokes(inked, grey, lettering)
    lines = np.where(kept, grey, _WHITE).astype(np.uint8)
    large = cv2.resize(lines, (_FINER * width, _FINER * height), interpolation=cv2.INTER_CUBIC)
    ink = np.where(large < _BLACK, 0, _WHITE).astype(np.uint8)
    soft = lines < _SOFT
    light = None if lettering is None else cv2.dilate((lettering & ~kept).view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    flats = _traced(without_ink(grain_evened(rgb, inked, kept), soft, light), _COLOURS, check)
    head = f'<svg xmlns="{_SVG}" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    above = f'<g id="ink" transform="scale({1 / _FINER})">\n{_traced(np.dstack([ink] * 3), _LINES, check)}</g>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n<g id="flats">\n{flats}</g>\n{above}\n</svg>\n'.encode()


def require_tracer() -> None:
    """Check that curves can be traced here, before any work is done.

    Raises:
        EngineNotAvailable
    """
    try:
        import vtracer  # noqa: F401 - it runs in a process of its own
    except ImportError as exc:
        raise EngineNotAvailable(
            "Drawing a page as curves needs vtracer.",
            "pip install 'irodori[studio]'",
            told=("not_installed", "vtracer", "pip install 'irodori[studio]'"),
        ) from exc


def _inked(rgb: NDArray[np.uint8], grey: NDArray[np.uint8], drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    near = cv2.dilate(drawn.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    beside = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_STROKE_PX,) * 2))
    ground = cv2.medianBlur(grey, _GROUND_PX)
    night = (ground >= _NIGHT[0]) & (ground < _NIGHT[1]) & (cv2.subtract(ground, grey) < _ABOVE_GROUND)
    black = (grey < _BLACKEST) & (np.ptp(rgb, axis=2) <= _COLOURLESS)
    return np.asarray(near & ~night & ((cv2.subtract(beside, grey) > _DARKER) | black))


def without_ink(
    rgb: NDArray[np.uint8], ink: NDArray[np.bool_], sharp: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Return the picture with the colour beside its ink drawn on beneath it, and smoothed where it is nearly even.

    sharp: `(H, W)` bool, where nothing is smoothed, such as light letters on a dark ground.
    """
    grown = cv2.dilate(ink.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    known = np.where(grown[..., None], 0, rgb).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(
        grown.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    if not grown.all():
        colours = np.zeros((int(labels.max()) + 1, 3), np.uint8)
        colours[labels[~grown]] = rgb[~grown]
        known = colours[labels]
    smooth = np.asarray(cv2.medianBlur(np.ascontiguousarray(known), _EVEN_PX), np.uint8)
    return smooth if sharp is None else np.where(sharp[..., None], known, smooth)


def _traced(rgb: NDArray[np.uint8], options: dict[str, Any], check: Callable[[], None] | None) -> str:
    """Return the paths of a picture, one a line."""
    require_tracer()
    done, png = cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))
    del done
    root = Parser.fromstring(traced(png.tobytes(), options, check))
    return "".join(
        f'<path d="{one.get("d")}" fill="{one.get("fill")}"{_moved(one.get("transform"))}/>\n'
        for one in root.iter(f"{{{_SVG}}}path")
    )


def _moved(transform: str | None) -> str:
    return f' transform="{transform}"' if transform else ""
