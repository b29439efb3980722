"""Who is on a page: each person once, with a point that names them, their head, and the colours that they have."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import PARTS
from engines.geometry import Box
from engines.nearest import resize_labels
from engines.oklab import grey_to_lightness, srgb_to_oklab
from host.pipeline.compose.palettes import figures_of_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from host.corrections import Rgb
    from host.pipeline.records.page_meta import Character, Face, PageMeta

    Plane = NDArray[np.float32]
    Figures = NDArray[np.uint8]

FACE_PX: Final = 96
_LEAST_PX: Final = 24
# A detector's face goes from brow to chin: so much more of its height and width is hair and neck.
_ABOVE, _BELOW, _ASIDE = 0.55, 0.15, 0.35
_SHOWN_BY: Final = {"hair": PARTS.index("hair"), "skin": PARTS.index("skin"), "clothes": PARTS.index("figure")}
_CELLS_MIN: Final = 24
# Ink and its soft edge have no colour of their own.
_INK: Final = 0.35
# The spread of chroma at which a colour is one by a third.
_ONE_COLOUR: Final = 0.05
_SHARE_MIN: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on a page. indices: of the figures that are parts of them. point: in 0..1 of the page, within them."""

    indices: tuple[int, ...]
    box: Box
    head: Box
    has_face: bool
    panel: int | None
    point: tuple[float, float]


def people_of(meta: PageMeta, characters: Figures | None) -> list[Person]:
    """Return everybody whose head is large enough to be known by; characters: see `PageMaps`, None where unknown."""
    taken: set[int] = set()
    people = []
    for one in sorted(meta.characters, key=lambda figure: (-figure.box.area, figure.index)):
        if one.index in taken:
            continue
        indices = figures_of_one(one, meta)
        taken.update(indices)
        faces = [face for face in meta.faces if face.character in indices]
        face = max(faces, key=lambda each: each.score, default=None)
        head = _head(one, face, meta)
        if min(head.width, head.height) >= _LEAST_PX:
            point = _point(one.box, indices, face, meta, characters)
            people.append(
                Person(indices=indices, box=one.box, head=head, has_face=face is not None, panel=one.panel, point=point)
            )
    return people


def colours_of(
    rgb: NDArray[np.uint8], person: Person, characters: Figures | None, parts: Plane | None
) -> Mapping[str, tuple[Rgb, float]]:
    """Return the colours that somebody has on a coloured page, by part, and how sure each is, 0..1.

    parts: what the engine takes places for (`ColorizeResult.parts`); without them, by where hair, skin and clothes lie
    about a face, and nothing where there is none.
    """
    height, width = rgb.shape[:2]
    rows, columns = parts.shape[:2] if parts is not None else (height // 4 or 1, width // 4 or 1)
    box = _scaled(person.box, columns / width, rows / height)
    if min(box.width, box.height) < 2:
        return {}
    here = np.s_[box.top : box.bottom, box.left : box.right]
    picture = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA)[here]
    if parts is not None:
        shown = _shown(parts[here], _inside(characters, person, rows, columns, here))
    else:
        shown = _by_place(person, box, columns / width, rows / height)
    oklab = srgb_to_oklab(np.ascontiguousarray(picture))
    found = {}
    for name, part in _SHOWN_BY.items():
        mask = (shown == part) & (oklab[..., 0] > _INK)
        if np.count_nonzero(mask) >= _CELLS_MIN:
            found[name] = _colour(picture[mask], oklab[mask])
    return found


def face_of(rgb: NDArray[np.uint8], person: Person) -> bytes:
    """Return a head as a small WebP."""
    # Unless the format is there already, Pillow imports all of its seventy to find it.
    from PIL import Image, WebPImagePlugin  # noqa: F401

    box = person.head
    picture, buffer = Image.fromarray(rgb[box.top : box.bottom, box.left : box.right]), io.BytesIO()
    picture.thumbnail((FACE_PX, FACE_PX))
    picture.save(buffer, "WEBP", quality=78)
    return buffer.getvalue()


def tone_of(grey: NDArray[np.uint8], person: Person) -> float:
    """Return how light the hair is drawn, 0..1: the upper part of the head."""
    box = person.head
    upper = grey[box.top : box.top + max(1, box.height * 2 // 5), box.left : box.right]
    return float(grey_to_lightness(np.ascontiguousarray(upper)).mean())


def _head(one: Character, face: Face | None, meta: PageMeta) -> Box:
    page = Box(0, 0, meta.size.width, meta.size.height)
    if face is not None:
        box = face.box
        aside = round(box.width * _ASIDE)
        above, below = round(box.height * _ABOVE), round(box.height * _BELOW)
        return Box(box.left - aside, box.top - above, box.right + aside, box.bottom + below).intersection(page)
    side = min(one.box.width, one.box.height)
    middle = (one.box.left + one.box.right) // 2
    return Box(middle - side // 2, one.box.top, middle + side // 2, one.box.top + side).intersection(page)


def _point(
    box: Box, indices: tuple[int, ...], face: Face | None, meta: PageMeta, characters: Figures | None
) -> tuple[float, float]:
    """Return the middle of the face or of the figure, or the place of the figure in the map that is nearest to it."""
    target = face.box if face is not None else box
    x, y = (target.left + target.right) // 2, (target.top + target.bottom) // 2
    if characters is not None:
        part = characters[box.top : box.bottom, box.left : box.right]
        rows, columns = np.nonzero(np.isin(part, np.array(indices) + 1))
        if len(rows):
            nearest = int(np.argmin((rows + box.top - y) ** 2 + (columns + box.left - x) ** 2))
            x, y = int(columns[nearest]) + box.left, int(rows[nearest]) + box.top
    return round((x + 0.5) / meta.size.width, 6), round((y + 0.5) / meta.size.height, 6)


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(int(box.left * across), int(box.top * down), int(box.right * across), int(box.bottom * down))


def _inside(
    characters: Figures | None, person: Person, rows: int, columns: int, here: tuple[slice, slice]
) -> NDArray[np.bool_] | None:
    if characters is None:
        return None
    inside = np.isin(resize_labels(characters, rows, columns)[here], np.array(person.indices) + 1)
    return inside if inside.any() else None


def _shown(parts: Plane, inside: NDArray[np.bool_] | None) -> NDArray[np.intp]:
    """Return what each place of a figure shows, told relative to the whole of it as palettes are laid; -1 outside."""
    inside = np.ones(parts.shape[:2], np.bool_) if inside is None else inside
    more = parts / np.maximum(parts[inside].mean(axis=0), _SHARE_MIN)
    return np.where(inside, more.argmax(axis=-1), -1)


def _by_place(person: Person, box: Box, across: float, down: float) -> NDArray[np.intp]:
    shown = np.full((box.height, box.width), -1)
    if not person.has_face:
        return shown
    head = _scaled(person.head, across, down)
    left, right, top, bottom = head.left - box.left, head.right - box.left, head.top - box.top, head.bottom - box.top
    face_top = top + round(head.height * _ABOVE / (1 + _ABOVE + _BELOW))
    inner = round(head.width * _ASIDE / (1 + 2 * _ASIDE))
    shown[max(0, bottom) :, :] = PARTS.index("figure")
    shown[max(0, top) : max(0, face_top), max(0, left) : max(0, right)] = PARTS.index("hair")
    shown[max(0, face_top) : max(0, bottom), max(0, left + inner) : max(0, right - inner)] = PARTS.index("skin")
    return shown


def _colour(rgb: NDArray[np.uint8], oklab: Plane) -> tuple[Rgb, float]:
    red, green, blue = (int(level) for level in np.median(rgb, axis=0))
    chroma = oklab[:, 1:]
    spread = float(np.median(np.abs(chroma - np.median(chroma, axis=0)).sum(axis=1)))
    return (red, green, blue), round(float(np.exp(-spread / _ONE_COLOUR)), 3)
