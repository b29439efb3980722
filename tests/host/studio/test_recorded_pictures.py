"""Films, cut-outs and repairs of one page of two panels, as they were when a person last looked at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.geometry import Box, Size
from host.pipeline.records.masks import PageMaps, PageMasks
from host.pipeline.records.page_meta import Character, PageMeta, Panel
from host.studio.animate import Motion, animate
from host.studio.camera import camera_for, seen
from host.studio.cutout import cut_out
from host.studio.edges import soft_alpha
from host.studio.larger import larger
from host.studio.layers import PanelLayers, take_apart
from host.studio.page import StudioPage
from host.studio.repaint import Margins, extended, fill
from tests.host.studio.test_larger import Red

if TYPE_CHECKING:
    from host.vocabulary import CameraMove
    from tests.recorded import Recorded

SIZE = Size(360, 300)
PANELS = (Box(8, 8, 292, 190), Box(20, 200, 180, 350))
FIGURES = (Box(40, 60, 110, 188), Box(90, 40, 160, 180), Box(30, 240, 120, 345))
BALLOON = Box(180, 20, 280, 80)


def _noise(seed: int, blur: float) -> np.ndarray:
    made = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (*SIZE, 3)), (0, 0), blur)
    return np.clip(140 + 70 * made / made.std(), 0, 255).astype(np.uint8)


def _page() -> StudioPage:
    rgb, labels, panels = np.full((*SIZE, 3), 255, np.uint8), np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    scene, coat = _noise(1, 6), _noise(2, 3)
    for number, box in enumerate(PANELS):
        here = np.s_[box.top : box.bottom, box.left : box.right]
        rgb[here], panels[here] = scene[here], number + 1
        cv2.rectangle(rgb, (box.left, box.top), (box.right - 1, box.bottom - 1), (0, 0, 0), 3)
    for number, box in enumerate(FIGURES):
        body = np.zeros(SIZE, np.uint8)
        middle = (box.left + box.right) // 2, (box.top + box.bottom) // 2
        cv2.ellipse(body, middle, (box.width // 2, box.height // 2), 0, 0, 360, 1, -1)
        rgb[body > 0] = coat[body > 0]
        labels[body > 0] = number + 1
    balloons, lettering = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    cv2.ellipse(balloons, (230, 50), (48, 28), 0, 0, 360, 1, -1)
    lettering[44:56, 200:260] = 1
    rgb[balloons > 0] = 255
    rgb[lettering > 0] = 0
    meta = PageMeta(
        size=SIZE, pixels_sha256="0" * 64, kind="story", direction="ltr",
        panels=tuple(Panel(box=box, order=number, score=1) for number, box in enumerate(PANELS)),
        characters=tuple(
            Character(box=box, index=number, panel=number // 2, depth_01=(0.4, 0.9, 0.7)[number])
            for number, box in enumerate(FIGURES)
        ),
    )  # fmt: skip
    masks = PageMasks(balloons=balloons > 0, lettering=lettering > 0, gutters=panels == 0)
    return StudioPage(rgb, meta, masks, PageMaps(panels=panels, characters=labels, depth=labels * 80, tone=rgb[..., 1]))


PAGE = _page()


def apart(panel: int, longest_px: int) -> PanelLayers:
    return take_apart(PAGE, PAGE.meta.panels[panel], longest_px)


@pytest.mark.parametrize(("panel", "longest_px"), [(0, 200), (0, 700), (1, 160)])
def test_layers(panel: int, longest_px: int, recorded: Recorded) -> None:
    found = apart(panel, longest_px)
    layers = [[one.rgb, one.alpha, one.depth_01] for one in (*found.moving, found.top)]
    recorded.values(f"layers {panel} {longest_px}", layers)


@pytest.mark.parametrize("move", ["auto", "left", "right", "up", "down", "in", "out"])
def test_what_a_camera_sees(move: CameraMove, recorded: Recorded) -> None:
    layers = apart(0, 200)
    camera = camera_for(move, layers.size, "rtl")
    recorded.values(move, [camera, *(seen(layers, camera, moment) for moment in (0.0, 0.3, 1.0))])


def test_a_film(recorded: Recorded) -> None:
    pictures = list(animate(PAGE, Motion(seconds=0.6, rate=5, longest_px=120)))
    recorded.values("film", pictures)


def test_cut_outs(recorded: Recorded) -> None:
    def matte(rgb: np.ndarray) -> np.ndarray:
        return np.asarray(rgb[..., 0], np.float32) / np.float32(255)

    recorded.values("cut-outs", [cut_out(PAGE, [1]), cut_out(PAGE, [0, 2], matte)])
    recorded.values("soft alpha", soft_alpha(PAGE.rgb, PAGE.maps.characters > 0))


def test_repairs(recorded: Recorded) -> None:
    hole = np.zeros(SIZE, bool)
    hole[100:112, 60:140] = True
    wider, added = extended(PAGE.rgb, Margins(left=3, top=5, right=7, bottom=11))
    recorded.values("repairs", [fill(PAGE.rgb, hole), wider, added])
    recorded.values("larger", larger(Red(), PAGE.rgb, PAGE.masks.lettering, lambda share: None))
