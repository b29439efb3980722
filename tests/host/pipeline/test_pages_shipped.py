"""The comic pages that ship with the project, read as they are."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.decode import DecodeLimits, decode_page

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "demo" / "chapter").glob("0*.*")) + sorted((ROOT / "tests" / "pages").glob("manga-*"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_most_of_a_page_stays_open_to_colour(path: Path) -> None:
    page = decode_page(path.read_bytes(), DecodeLimits())
    reading = TwoOpinionReader().read(page, "auto")
    assert reading.meta.kind in {"story", "splash"}
    assert 0.05 < reading.masks.protect.mean() < 0.45
    # A gutter that encloses panels was once taken for a balloon, and with it everything that it encloses.
    assert max((balloon.box.area for balloon in reading.meta.balloons), default=0) < 0.25 * page.size.pixels


@pytest.mark.parametrize("size", [22, 26, 34])
def test_a_page_of_print_is_text(size: int) -> None:
    picture = Image.new("RGB", (1200, 1800), (250, 250, 250))
    words = "\n".join(["Thank you for reading so far. The next one tells what came of it."[: 1500 // size]] * 30)
    ImageDraw.Draw(picture).multiline_text((90, 120), words, (20, 20, 20), ImageFont.load_default(size), spacing=12)
    encoded = io.BytesIO()
    picture.save(encoded, "PNG")
    assert shipped_reader().read(decode_page(encoded.getvalue()), "ltr").meta.kind == "text"


def figures_on_bare_paper() -> np.ndarray:
    """Return two people in thick outlines and a cup, on white, without a panel and without a word."""
    page = np.full((1000, 800), 255, np.uint8)
    for left, top in ((60, 80), (440, 60)):
        corners = np.array(
            [(70, 190), (190, 190), (230, 470), (180, 820), (120, 820), (120, 500), (80, 820), (20, 820), (30, 470)]
        )
        cv2.polylines(page, [np.add(corners, (left, top))], True, 0, 9, cv2.LINE_AA)
        cv2.line(page, (left + 60, top + 260), (left - 10, top + 480), 0, 9, cv2.LINE_AA)
        cv2.circle(page, (left + 130, top + 100), 85, 0, 9, cv2.LINE_AA)
        for eye in (100, 160):
            cv2.circle(page, (left + eye, top + 90), 9, 0, -1, cv2.LINE_AA)
        cv2.ellipse(page, (left + 130, top + 125), (32, 22), 0, 20, 160, 0, 6, cv2.LINE_AA)
    cv2.ellipse(page, (360, 860), (50, 60), 0, 0, 180, 0, 8, cv2.LINE_AA)
    cv2.line(page, (305, 860), (415, 860), 0, 8, cv2.LINE_AA)
    return page


def test_figures_on_bare_paper_are_art() -> None:
    page = figures_on_bare_paper()
    reading = shipped_reader().read(decode_page(cv2.imencode(".png", page)[1].tobytes()), "ltr")
    assert reading.meta.kind in {"story", "splash", "cover"}
    outlines = page < 128
    assert (reading.masks.lettering | reading.masks.balloons)[outlines].mean() < 0.2
    inside = np.zeros(page.shape, np.uint8)
    for left, top in ((60, 80), (440, 60)):
        cv2.circle(inside, (left + 130, top + 100), 75, 1, -1)
    assert reading.masks.protect[inside > 0].mean() < 0.1


@pytest.mark.parametrize("truth", sorted((ROOT / "tests" / "pages").glob("*.balloons.png")), ids=lambda path: path.name)
def test_balloons_of_the_test_pages_are_protected_to_the_last_pixel(truth: Path) -> None:
    source = next(path for path in truth.parent.glob(f"{truth.name.split('.')[0]}.*") if path != truth)
    reading = shipped_reader().read(decode_page(source.read_bytes()), "auto")
    balloons = np.asarray(Image.open(truth).convert("L"))
    inside = cv2.erode(balloons, np.ones((21, 21), np.uint8)) > 0
    assert inside.any()
    assert reading.masks.protect[inside].all()


@pytest.mark.parametrize("name", ["manga-library-ja.png", "panels-ja.jpg"])
def test_a_page_in_negative_is_read_as_it_is_itself(name: str) -> None:
    page = decode_page((ROOT / "tests" / "pages" / name).read_bytes())
    turned = cv2.imencode(".png", 255 - page.grey)[1].tobytes()
    plain, negative = (shipped_reader().read(one, "rtl") for one in (page, decode_page(turned)))
    assert negative.masks.balloons[cv2.erode(plain.masks.balloons.view(np.uint8), np.ones((9, 9))) > 0].mean() > 0.92
    assert (negative.masks.protect & ~plain.masks.protect).mean() < 0.03
    assert len(negative.meta.panels) == len(plain.meta.panels)


# Shares of the page: large lettering in large balloons, and a mark alone, none of which the pixel network knows.
@pytest.mark.parametrize("centre", [(0.667, 0.141), (0.545, 0.799), (0.887, 0.225)], ids=["jagged", "cut off", "mark"])
def test_balloons_that_the_pixel_network_does_not_know_are_protected(centre: tuple[float, float]) -> None:
    page = decode_page((ROOT / "demo" / "chapter" / "05.webp").read_bytes())
    protect = shipped_reader().read(page, "rtl").masks.protect
    height, width = protect.shape
    x, y, reach = round(centre[0] * width), round(centre[1] * height), round(0.03 * width)
    assert protect[y - reach : y + reach, x - reach : x + reach].all()


@pytest.mark.parametrize("beside", [True, False], ids=["spread", "strip"])
def test_pages_side_by_side_and_below_each_other_are_read(beside: bool) -> None:
    names = ("panels-ja.jpg", "manga-library-ja.png", "insets-en.jpg", "dragons-ja.png")
    opened = [Image.open(ROOT / "tests" / "pages" / name).convert("L").resize((500, 700)) for name in names]
    joined = np.hstack(opened[:2]) if beside else np.vstack(opened)
    reading = shipped_reader().read(decode_page(cv2.imencode(".png", joined)[1].tobytes()), "rtl")
    assert len(reading.meta.panels) > 4
    assert len(reading.meta.balloons) > 2
