"""Every tool of the side panel by clicks: what it makes, what it says of bad input, and a cancel."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.reading import Reader, until
from tests.e2e.shots import shoot
from tests.e2e.test_studio import PAGES, WAIT_MS, choose, opened, pixels, saved, start, studio

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

NAME = "manga-rain-ja.webp"
TOOLS = {
    "filter": "Filters",
    "cut-out": "Figures alone",
    "vectorise": "Drawing of curves (SVG)",
    "animate": "Film",
    "inpaint": "Make a part anew",
    "extend": "Extend the page",
    "upscale": "Larger",
    "words": "Text of the page",
}


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def ask(panel: Page, region: Locator, tool: str) -> None:
    """Choose a tool and ask it for something small."""
    choose(region, TOOLS[tool])
    if tool == "filter":
        region.get_by_label("Contrast").fill("1.3")
    elif tool == "animate":
        region.get_by_label("Panel", exact=True).fill("1")
        region.get_by_label("Seconds a panel").fill("1")
        region.get_by_label("Longer side, pixels").select_option("320")
    elif tool == "inpaint":
        region.get_by_role("button", name="Mark what is made anew").focus()
        panel.keyboard.press("Space")
    elif tool == "extend":
        region.get_by_label("Right").fill("24")


def test_every_tool_makes_its_own_of_a_page_and_what_goes_on_can_be_undone(
    reader: Reader, screenshots: Path | None
) -> None:
    panel, region = opened(reader, NAME)
    before = pixels((PAGES / NAME).read_bytes())
    height, width = before.shape[:2]
    sizes = {"extend": (height, width + 24), "upscale": (2 * height, 2 * width)}
    for tool in ("filter", "inpaint", "extend", "upscale"):
        ask(panel, region, tool)
        start(region)
        undo = region.get_by_role("button", name="Undo the last change")
        expect(undo).to_be_enabled(timeout=WAIT_MS)
        shoot(panel, screenshots, f"tool-{tool}", width=380)
        made = pixels(saved(panel, region)[1])
        assert made.shape[:2] == sizes.get(tool, (height, width))
        assert made.shape != before.shape or (made != before).any()
        undo.click()
        np.testing.assert_array_equal(pixels(saved(panel, region)[1]), before)

    for tool in ("cut-out", "vectorise", "animate", "words"):
        ask(panel, region, tool)
        start(region)
        back = region.get_by_role("button", name="Back to the picture")
        expect(back).to_be_visible(timeout=WAIT_MS)
        name, data = saved(panel, region)
        assert name.startswith(f"irodori-{tool}.")
        if tool == "cut-out":
            alpha = np.asarray(Image.open(io.BytesIO(data)))[..., 3]
            assert 0.02 < np.mean(alpha > 0) < 0.95
        elif tool == "vectorise":
            drawing = region.get_by_role("img", name=TOOLS[tool])
            expect(drawing).to_have_js_property("naturalWidth", width)
            assert drawing.evaluate("one => one.decode().then(() => one.naturalHeight)") == height
        elif tool == "animate":
            plays(region.locator("video"))
        else:
            expect(region.get_by_role("textbox", name=TOOLS[tool])).to_be_visible()
        shoot(panel, screenshots, f"tool-{tool}", width=380)
        back.click()
    panel.close()


def test_a_film_as_mp4_plays_in_the_panel_and_is_saved_as_one(reader: Reader) -> None:
    panel, region = opened(reader, NAME)
    ask(panel, region, "animate")
    region.get_by_label("Film as").select_option("mp4")
    start(region)
    plays(region.locator("video"))
    name, data = saved(panel, region)
    assert name == "irodori-animate.mp4"
    assert data[4:8] == b"ftyp"
    panel.close()


def plays(film: Locator) -> None:
    """Hold that the browser's own decoder shows the film, and that its time and its picture move on."""
    until(
        lambda: bool(film.evaluate("one => one.currentTime > 0.2")), lambda: film.evaluate("one => one.error?.message")
    )
    facts = film.evaluate(
        """async one => {
          one.pause();
          const look = async at => {
            await new Promise(seen => { one.onseeked = seen; one.currentTime = at; });
            const canvas = new OffscreenCanvas(one.videoWidth, one.videoHeight);
            const context = canvas.getContext("2d");
            context.drawImage(one, 0, 0);
            return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
          };
          const [first, last] = [await look(0.02), await look(one.duration - 0.05)];
          const moved = first.reduce((sum, value, at) => sum + Math.abs(value - last[at]), 0) / first.length;
          return { moved, sides: [one.videoWidth, one.videoHeight], seconds: one.duration };
        }"""
    )
    assert max(facts["sides"]) == 320
    assert 0.9 < facts["seconds"] < 1.1
    assert facts["moved"] > 0.5


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.png"
    path.write_bytes(cv2.imencode(".png", np.full((300, 200), 255, np.uint8))[1].tobytes())
    return path


def test_every_tool_says_what_it_cannot_do(reader: Reader, blank: Path, screenshots: Path | None) -> None:
    panel, region = studio(reader)
    region.locator("input[type=file]").set_input_files(blank)
    expect(region.get_by_role("img", name="The picture that is worked on")).to_be_visible()
    told, go = region.get_by_role("alert"), region.get_by_role("button", name="Start")
    for tool in ("filter", "extend"):
        choose(region, TOOLS[tool])
        expect(go).to_be_disabled()
    for tool, words in (
        ("cut-out", "No figure was found"),
        ("animate", "no panel 99"),
        ("inpaint", "Mark the part on the picture first."),
    ):
        choose(region, TOOLS[tool])
        if tool == "animate":
            region.get_by_label("Panel", exact=True).fill("99")
        start(region)
        expect(told).to_contain_text(words, timeout=WAIT_MS)
        shoot(panel, screenshots, f"tool-{tool}-refused", width=380)
        expect(region.get_by_role("progressbar")).to_have_count(0)
        expect(go).to_be_enabled()
    choose(region, TOOLS["words"])
    start(region)
    expect(region.get_by_role("textbox")).to_have_value("Nothing was read on this page.", timeout=WAIT_MS)
    panel.close()


@pytest.fixture
def moving(tmp_path: Path) -> Path:
    """A picture that browsers show, and that is no page."""
    path = tmp_path / "moving.gif"
    first, second = (Image.new("L", (320, 200), shade) for shade in (255, 0))
    first.save(path, save_all=True, append_images=[second], duration=100_000)
    return path


def test_every_tool_refuses_a_picture_that_moves(reader: Reader, moving: Path, screenshots: Path | None) -> None:
    panel, region = studio(reader)
    region.locator("input[type=file]").set_input_files(moving)
    picture = region.get_by_role("img", name="The picture that is worked on")
    expect(picture).to_have_js_property("naturalWidth", 320)
    shown, told = picture.get_attribute("src"), region.get_by_role("alert")
    for tool in TOOLS:
        ask(panel, region, tool)
        start(region)
        expect(told).to_contain_text("The picture is animated", timeout=WAIT_MS)
        shoot(panel, screenshots, f"tool-{tool}-no-page", width=380)
        expect(region.get_by_role("progressbar")).to_have_count(0)
        expect(region.get_by_role("button", name="Undo the last change")).to_be_disabled()
        if tool == "filter":
            region.get_by_role("button", name="Reset").click()
        expect(picture).to_have_attribute("src", shown or "")
    panel.close()


def test_a_page_that_would_become_too_large_is_refused(reader: Reader, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(cv2.imencode(".png", np.full((4000, 4000), 255, np.uint8))[1].tobytes())
    panel, region = studio(reader)
    region.locator("input[type=file]").set_input_files(large)
    expect(region.get_by_text("4000 × 4000 pixels")).to_be_visible()
    choose(region, TOOLS["upscale"])
    region.get_by_label("How much larger").select_option("4")
    start(region)
    expect(region.get_by_role("alert")).to_contain_text("16000", timeout=WAIT_MS)
    expect(region.get_by_role("button", name="Undo the last change")).to_be_disabled()
    panel.close()


def test_every_tool_can_be_cancelled_and_leaves_the_picture_as_it_was(reader: Reader) -> None:
    other, holder = opened(reader)
    choose(holder, TOOLS["animate"])
    holder.get_by_label("Seconds a panel").fill("30")
    start(holder)  # so that the others wait, and none is done before it can be cancelled
    panel, region = opened(reader, NAME)
    picture = region.get_by_role("img", name="The picture that is worked on")
    shown = picture.get_attribute("src")
    for tool in TOOLS:
        ask(panel, region, tool)
        start(region)
        region.get_by_role("button", name="Cancel", exact=True).click()
        expect(region.get_by_role("progressbar", name=re.compile("far"))).to_have_count(0)
        expect(region.get_by_role("alert")).to_have_count(0)
        expect(region.get_by_role("button", name="Undo the last change")).to_be_disabled()
        if tool == "filter":
            region.get_by_role("button", name="Reset").click()
        expect(picture).to_have_attribute("src", shown or "")
    holder.get_by_role("button", name="Cancel", exact=True).click()
    expect(holder.get_by_role("progressbar", name=re.compile("far"))).to_have_count(0)
    panel.close()
    other.close()
