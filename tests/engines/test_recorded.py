"""What the engines' parts make of pieces of real pages, as it was when a person last looked at it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines import oklab
from engines.base import ColorizeRequest, Device, Plan
from engines.colorize.compact.engine import CompactEngine
from engines.colorize.compact.gather import label_regions, trust_in
from engines.colorize.sdxl import pose
from engines.components import find_components
from engines.detect.boxes import Proposal, joined, suppress, unnested
from engines.detect.lobes import with_joined_lobes
from engines.embed.palette import PaletteEmbedder
from engines.embed.panels import letters, panel_crop, panel_geometry
from engines.embed.picture import as_input
from engines.nearest import resize_labels
from engines.regions import find_regions, outlined
from engines.upscale.lanczos import Lanczos
from engines.upscale.tiles import enlarge
from engines.warp import look_up, moved

if TYPE_CHECKING:
    from tests.recorded import Recorded

PAGES = Path(__file__).parents[1] / "pages"


def piece(name: str, left: int, top: int, side: int = 320) -> np.ndarray:
    """Return a square piece of a page, RGB."""
    bgr = cv2.imread(str(PAGES / name), cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.ascontiguousarray(bgr[top : top + side, left : left + side, ::-1])


INKED, RAIN, COLOURED = (
    piece("insets-en.jpg", 60, 80),
    piece("manga-rain-ja.webp", 200, 300),
    piece("coloured-en.webp", 40, 60),
)
GREY = np.ascontiguousarray(INKED[..., 1])
LIGHTNESS = oklab.grey_to_lightness(GREY)


def test_regions(recorded: Recorded) -> None:
    borders = outlined([[(20, 30), (300, 40), (280, 290), (25, 280)]], GREY.shape)
    panels = np.zeros(GREY.shape, np.uint8)
    panels[40:200, 30:160], panels[60:310, 170:300] = 1, 2
    for name, found in {
        "regions": find_regions(LIGHTNESS),
        "bordered": find_regions(LIGHTNESS, borders),
        "rain": find_regions(oklab.grey_to_lightness(np.ascontiguousarray(RAIN[..., 0]))),
        "labels": label_regions(LIGHTNESS, panels),
    }.items():
        # Numbers of regions say nothing by themselves: how many there are, and how large they are, does.
        sizes = np.sort(np.bincount(found.ravel()))[::-1][:60].tolist()
        recorded.values(name, [found.shape, sizes, int(found.max())], pixels=12)
    recorded.values("trust", [trust_in(LIGHTNESS), outlined([[(3, 4), (50, 9)]], (20, 60))])
    recorded.values(
        "components", [one.shape if one.ndim > 1 and one.size > 4000 else one for one in find_components(GREY < 90, 8)]
    )


def test_colour_space(recorded: Recorded) -> None:
    lab = oklab.srgb_to_oklab(COLOURED)
    dark, light = np.meshgrid(np.linspace(-0.1, 1.1, 30, dtype=np.float32), np.linspace(-4, 9, 40, dtype=np.float32))
    recorded.values("oklab", [lab, oklab.max_chroma(dark, light), oklab.max_chroma(dark.ravel(), light.ravel())])
    recorded.values("outside", oklab.oklab_to_srgb(lab * np.float32([1.1, 2.5, 2.5])))
    recorded.values("grey", oklab.lightness_to_grey(np.linspace(-0.2, 1.2, 60, dtype=np.float32)))


def test_pictures_of_other_sizes(recorded: Recorded) -> None:
    long = np.resize(GREY, (3, 40_000))
    recorded.values(
        "sizes",
        [
            resize_labels(GREY, 500, 113), resize_labels(long, 7, 30_011), resize_labels(long.T.copy(), 1_003, 2),
            moved(INKED, 3.25, -7.5), moved(long, -20.5, 0.75), moved(long.T.copy(), 0.75, -20.5),
            look_up(LIGHTNESS, np.linspace(-5, 330, 60, dtype=np.float32), np.linspace(340, -3, 60, dtype=np.float32)),
            enlarge(Lanczos(2), INKED), enlarge(Lanczos(3), INKED[:41, :57]),
        ],
    )  # fmt: skip


def test_what_embedders_see(recorded: Recorded) -> None:
    recorded.values("palettes", PaletteEmbedder().embed([INKED, COLOURED, RAIN, np.ascontiguousarray(INKED[:3, :5])]))
    recorded.values("inputs", [as_input(COLOURED), as_input(INKED[:90]), panel_crop(COLOURED, (20, 30, 200, 300), 64)])
    recorded.values("geometry", panel_geometry((20, 30, 200, 300), (400, 500)))
    recorded.values("letters", letters("A woman's 3rd hat, 東京!", 40))


def test_skeletons(recorded: Recorded) -> None:
    """Seventeen points on a small canvas; of one figure the arms are not sure."""
    rng = np.random.default_rng(3)
    pictures = []
    for unsure in ((), (7, 8, 9, 10), range(17)):
        canvas, scores = np.zeros((72, 64, 3), np.uint8), np.full(17, 0.31, np.float32)
        scores[list(unsure)] = 0.29
        points = rng.uniform(4, 60, (17, 2)).astype(np.float32)
        assert pose.draw(canvas, points, scores) == (len(unsure) < 17)
        pictures.append(canvas)
    assert not pictures[-1].any()
    recorded.picture("skeletons", np.concatenate(pictures[:2], axis=1))
    mask = np.zeros((20, 30), bool)
    assert pose._box(mask) is None
    mask[4:9, 11:28] = True
    assert pose._box(mask) == [11.0, 4.0, 17.0, 5.0]


def test_boxes(recorded: Recorded) -> None:
    rng = np.random.default_rng(7)
    corners = rng.uniform(0, 220, (60, 2))
    edges = np.hstack([corners, corners + rng.uniform(15, 120, (60, 2))]).astype(np.float32)
    scores, kinds = rng.uniform(0.1, 1, 60).astype(np.float32), rng.integers(0, 3, 60)
    kept = suppress(edges, scores, kinds)
    found = [
        Proposal(int(kinds[one]), float(scores[one]), tuple(map(float, edges[one])))
        for one in sorted(kept, key=lambda one: -scores[one])
    ]
    recorded.values("kept", [kept.tolist(), suppress(edges, scores, kinds, 0.2).tolist()])
    recorded.values("unnested", unnested(found, frozenset({1, 2})))
    recorded.values("joined", joined(found))
    recorded.values("lobes", with_joined_lobes(GREY, found, frozenset({0, 1})))


@pytest.mark.slow
@pytest.mark.usefixtures("float_networks")
@pytest.mark.parametrize("references", [(), (COLOURED,), (COLOURED, RAIN[:200])])
def test_compact_engine(references: tuple[np.ndarray, ...], recorded: Recorded) -> None:
    engine = CompactEngine()
    engine.load(Device("cpu", "processor", 0))
    protect = GREY > 250
    parts = np.zeros(GREY.shape, np.uint8)
    parts[50:200, 60:170], parts[60:300, 180:280] = 1, 2
    request = ColorizeRequest(page=GREY, protect=protect, references=references, plan=Plan(), parts=None, panels=parts)
    recorded.values(f"compact {len(references)}", engine.colorize(request, lambda *_: None).oklab)
