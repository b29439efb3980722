"""MaskBinder: what a page's masks mean to a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import FACE, FIGURE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from host.pipeline.records.masks import PageMaps, PageMasks
    from host.pipeline.records.page_meta import PageMeta

_FACE_SURE: Final = 0.4
_FACE_SHARE: Final = 0.9


def bind_protect(masks: PageMasks) -> NDArray[np.bool_]:
    """Return `(H, W)` bool, read-only: everything that stays as it is."""
    protect = masks.protect
    protect.setflags(write=False)
    return protect


def bind_tone(maps: PageMaps | None, masks: PageMasks) -> NDArray[np.uint8] | None:
    """Return the page with its screentone made even; None where it has none."""
    if maps is None or masks.screentone is None or not masks.screentone.any():
        return None
    maps.tone.setflags(write=False)
    return maps.tone


def bind_panels(maps: PageMaps | None) -> NDArray[np.uint8] | None:
    """Return the page's panels by number; None where it has one at most."""
    if maps is None or maps.panels.max() < 2:
        return None
    maps.panels.setflags(write=False)
    return maps.panels


def bind_parts(meta: PageMeta, maps: PageMaps | None) -> NDArray[np.uint8] | None:
    """Return which pixels show figures and, as ellipses in their boxes, faces; None where nobody was found."""
    faces = [face for face in meta.faces if face.score >= _FACE_SURE]
    if maps is None or not (faces or meta.characters):
        return None
    parts = np.where(maps.characters > 0, np.uint8(FIGURE), np.uint8(0))
    for face in faces:
        box = face.box
        axes = round(box.width / 2 * _FACE_SHARE), round(box.height / 2 * _FACE_SHARE)
        cv2.ellipse(parts, ((box.left + box.right) // 2, (box.top + box.bottom) // 2), axes, 0, 0, 360, FACE, -1)
    return parts
