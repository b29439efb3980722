"""A page of a panel with a figure and a balloon, by what analysis would say of it."""

import numpy as np

from engines.geometry import Box, Size
from host.pipeline.records.masks import PageMaps, PageMasks
from host.pipeline.records.page_meta import Character, PageMeta, Panel
from host.studio.page import StudioPage

SKY, COAT, PAPER, INK = (90, 150, 220), (200, 60, 40), (255, 255, 255), (0, 0, 0)
BAR = (40, 90, 60)
PANEL = Box(10, 10, 210, 150)
FIGURE = Box(90, 60, 130, 149)
BALLOON = Box(20, 20, 70, 50)


def studio_page(depth_01: float = 0.8) -> StudioPage:
    """Return the page: 160 high, 220 wide."""
    rgb = np.full((160, 220, 3), PAPER, np.uint8)
    fill(rgb, PANEL, INK)
    fill(rgb, Box(12, 12, 208, 148), SKY)
    fill(rgb, Box(172, 12, 180, 148), BAR)  # so that one sees the ground move
    fill(rgb, FIGURE, COAT)
    fill(rgb, BALLOON, PAPER)
    fill(rgb, Box(30, 30, 60, 34), INK)
    nothing = np.zeros((160, 220), np.bool_)
    balloons, lettering, gutters = nothing.copy(), nothing.copy(), ~nothing
    fill(balloons, BALLOON, True)
    fill(lettering, Box(30, 30, 60, 34), True)
    fill(gutters, PANEL, False)
    labels = np.zeros((160, 220), np.uint8)
    fill(labels, FIGURE, 1)
    panels = np.zeros((160, 220), np.uint8)
    fill(panels, PANEL, 1)
    meta = PageMeta(
        size=Size(160, 220),
        pixels_sha256="0" * 64,
        kind="story",
        direction="rtl",
        panels=(Panel(box=PANEL, order=0, score=1.0),),
        characters=(Character(box=FIGURE, index=0, panel=0, depth_01=depth_01),),
    )
    masks = PageMasks(balloons=balloons, lettering=lettering, gutters=gutters)
    maps = PageMaps(panels=panels, characters=labels, depth=labels, tone=rgb[..., 0])
    return StudioPage(rgb, meta, masks, maps)


def fill(values: np.ndarray, box: Box, value: object) -> None:
    values[box.top : box.bottom, box.left : box.right] = value
