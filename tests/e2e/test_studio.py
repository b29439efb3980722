"""What the side panel does with one page: chosen on the page or opened, worked on by clicks, saved, undone."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
import resvg_py
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.panel import is_pointing
from tests.e2e.reading import POPUP, Reader, until
from tests.e2e.shots import shoot
from tests.e2e.site import PLAIN
from tests.e2e.test_axe import assert_accessible

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.e2e.site import MangaSite

pytestmark = pytest.mark.browser

PAGES = Path(__file__).parents[1] / "pages"
WAIT_MS = 120_000


@pytest.fixture
def reader(shared_reader: Reader) -> Reader:
    return shared_reader


def studio(reader: Reader, about: Page | None = None) -> tuple[Page, Locator]:
    """Open the side panel, and in it what is done with one page."""
    query = "" if about is None else f"?tabId={reader.tab_id(about)}"
    panel = reader.open(POPUP.replace("popup.html", "sidepanel.html") + query)
    panel.get_by_role("heading", name="This page").click()
    return panel, panel.get_by_role("region", name="This page")


def opened(reader: Reader, page: str = "panels-en.webp") -> tuple[Page, Locator]:
    panel, region = studio(reader)
    region.locator("input[type=file]").set_input_files(PAGES / page)
    expect(region.get_by_role("img", name="The picture that is worked on")).to_be_visible()
    return panel, region


def choose(region: Locator, tool: str) -> None:
    region.get_by_label("What to do").select_option(label=tool)


def start(region: Locator) -> None:
    region.get_by_role("button", name="Start").click()


def saved(panel: Page, region: Locator) -> tuple[str, bytes]:
    with panel.expect_download() as waiting:
        region.get_by_role("button", name="Save…").click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.int16)


def test_a_picture_of_the_page_is_filtered_looked_at_saved_and_undone(
    reader: Reader, site: MangaSite, screenshots: Path | None
) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    panel, region = studio(reader, page)
    region.get_by_role("button", name="Choose on the page").click()
    until(lambda: is_pointing(page), lambda: region.inner_text())
    page.bring_to_front()
    page.mouse.click(200, 200)
    picture = region.get_by_role("img", name="The picture that is worked on")
    expect(picture).to_be_visible()
    before = saved(panel, region)[1]
    untouched = picture.get_attribute("src")

    assert_accessible(panel)
    slider = region.get_by_label("Brightness")
    slider.fill("0.5")
    expect(picture).not_to_have_attribute("src", untouched or "")
    shoot(panel, screenshots, "studio-filter", width=380)
    start(region)
    expect(region.get_by_role("button", name="Undo the last change")).to_be_enabled(timeout=WAIT_MS)
    name, data = saved(panel, region)
    assert name == "irodori-filter.png"
    assert np.abs(pixels(data) - np.floor(pixels(before) * 0.5)).max() <= 1
    with panel.expect_download() as waiting:
        region.get_by_role("button", name="Save how it was made").click()
    assert '"brightness"' in waiting.value.path().read_text("utf-8")
    region.get_by_role("button", name="Undo the last change").click()
    assert saved(panel, region)[1] == before
    panel.close()
    page.close()


def test_a_film_a_drawing_and_figures_alone_are_shown_and_opened_by_other_programs(
    reader: Reader, screenshots: Path | None
) -> None:
    panel, region = opened(reader)
    choose(region, "Film")
    region.get_by_label("Panel", exact=True).fill("1")
    region.get_by_label("Seconds a panel").fill("0.5")
    start(region)
    film = region.locator("video")
    expect(film).to_be_visible(timeout=WAIT_MS)
    until(lambda: bool(film.evaluate("one => one.videoWidth > 0")), lambda: film.evaluate("one => one.error?.message"))
    shoot(panel, screenshots, "studio-film", width=380)
    name, data = saved(panel, region)
    with av.open(io.BytesIO(data)) as container:
        assert len(list(container.decode(video=0))) == 12
    assert name == "irodori-animate.webm"

    assert_accessible(panel)
    region.get_by_role("button", name="Back to the picture").click()
    choose(region, "Drawing of curves (SVG)")
    start(region)
    expect(region.get_by_role("img", name="Drawing of curves (SVG)")).to_be_visible(timeout=WAIT_MS)
    name, data = saved(panel, region)
    shown = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=data.decode()))))
    assert (name, shown.size[::-1]) == (
        "irodori-vectorise.svg",
        pixels((PAGES / "panels-en.webp").read_bytes()).shape[:2],
    )

    region.get_by_role("button", name="Back to the picture").click()
    choose(region, "Figures alone")
    start(region)
    expect(region.get_by_role("img", name="Figures alone")).to_be_visible(timeout=WAIT_MS)
    shoot(panel, screenshots, "studio-figures", width=380)
    name, data = saved(panel, region)
    cut = Image.open(io.BytesIO(data))
    assert (name, cut.mode) == ("irodori-cut-out.png", "RGBA")
    panel.close()


def test_a_figure_is_chosen_among_those_on_the_page_instead_of_clicked(
    reader: Reader, screenshots: Path | None
) -> None:
    panel, region = opened(reader, "figures-en.webp")
    choose(region, "Figures alone")
    region.get_by_role("button", name="Choose among the figures…").click()
    found = region.get_by_role("list", name="Figures on the picture")
    expect(found).to_be_visible(timeout=WAIT_MS)
    assert found.get_by_role("button").count() > 1
    found.get_by_role("button", name="Figure 2").click()
    expect(found.get_by_role("button", name="Figure 2")).to_have_attribute("aria-pressed", "true")
    assert_accessible(panel)
    shoot(panel, screenshots, "studio-choose-figures", width=380)
    start(region)
    expect(region.get_by_role("img", name="Figures alone")).to_be_visible(timeout=WAIT_MS)
    alone = np.asarray(Image.open(io.BytesIO(saved(panel, region)[1])))[..., 3] > 0
    region.get_by_role("button", name="Back to the picture").click()

    before = pixels((PAGES / "figures-en.webp").read_bytes())
    choose(region, "Make a part anew")
    found.get_by_role("button", name="Figure 2").click()
    expect(region.get_by_role("progressbar")).to_have_count(0)
    start(region)
    expect(region.get_by_role("button", name="Undo the last change")).to_be_enabled(timeout=WAIT_MS)
    changed = np.abs(pixels(saved(panel, region)[1]) - before).max(axis=2) > 0
    assert (changed & alone).sum() > 0.8 * changed.sum() > 0
    panel.close()


def test_a_film_by_a_network_says_what_it_needs_where_there_is_none(reader: Reader) -> None:
    panel, region = opened(reader)
    choose(region, "Film")
    mover = region.get_by_label("Moved by")
    expect(mover.get_by_role("option", name="LTX-2")).to_be_disabled()
    expect(mover).to_have_accessible_description(re.compile(r"no LTX-2 in the models' folder.*card with much memory"))
    assert_accessible(panel)
    panel.close()


def test_a_marked_part_is_made_anew_and_nothing_else(reader: Reader, screenshots: Path | None) -> None:
    panel, region = opened(reader)
    before = pixels((PAGES / "panels-en.webp").read_bytes())
    choose(region, "Make a part anew")
    start(region)
    expect(region.get_by_role("alert")).to_have_text("Mark the part on the picture first.")
    assert_accessible(panel)
    canvas = region.get_by_role("button", name="Mark what is made anew")
    canvas.focus()
    panel.keyboard.press("ArrowRight")
    panel.keyboard.press("Space")
    shoot(panel, screenshots, "studio-part", width=380)
    start(region)
    expect(region.get_by_role("button", name="Undo the last change")).to_be_enabled(timeout=WAIT_MS)
    expect(region.get_by_role("alert")).to_have_count(0)
    changed = np.abs(pixels(saved(panel, region)[1]) - before).max(axis=2) > 0
    rows, columns = np.nonzero(changed)
    height, width = before.shape[:2]
    brush = 0.04 * width
    assert 0 < np.ptp(columns) <= brush + 2
    assert 0 < np.ptp(rows) <= brush + 2
    assert abs(columns.mean() - 0.52 * width) < brush
    assert abs(rows.mean() - 0.5 * height) < brush

    choose(region, "Extend the page")
    assert_accessible(panel)
    region.get_by_label("Left").fill("24")
    start(region)
    expect(region.get_by_text(f"{width + 24} × {height} pixels")).to_be_visible(timeout=WAIT_MS)
    region.get_by_role("button", name="Undo the last change").click()
    expect(region.get_by_text(f"{width} × {height} pixels")).to_be_visible()
    panel.close()


def test_a_film_is_cancelled_in_the_queue_and_the_task_that_waited_goes_on(
    reader: Reader, screenshots: Path | None
) -> None:
    panel, region = opened(reader)
    choose(region, "Film")
    region.get_by_label("Seconds a panel").fill("30")
    start(region)
    other, waits = opened(reader)  # the panel of another window
    choose(waits, "Larger")
    start(waits)
    queue = other.get_by_role("region", name="Under way")
    film, larger = (queue.get_by_role("listitem", name=name).first for name in ("Film", "Larger"))
    expect(film.get_by_role("progressbar", name="Film")).to_be_visible()
    expect(film).to_contain_text("running")
    larger.get_by_role("button", name="First: Larger").click()
    expect(larger).to_contain_text("waiting")
    assert_accessible(other)
    shoot(other, screenshots, "studio-queue", width=380)
    film.get_by_role("button", name="Cancel Film").click()
    expect(region.get_by_role("progressbar")).to_have_count(0)
    expect(region.get_by_role("alert")).to_have_count(0)
    expect(film).to_contain_text("cancelled")
    expect(waits.get_by_role("button", name="Undo the last change")).to_be_enabled(timeout=WAIT_MS)
    expect(larger).to_contain_text("done")
    queue.get_by_role("button", name="Clear what has ended").click()
    expect(queue).to_have_count(0)
    choose(region, "Film")
    region.get_by_label("Seconds a panel").fill("30")
    start(region)
    region.get_by_role("button", name="Cancel").click()
    expect(region.get_by_role("progressbar")).to_have_count(0)
    other.close()
    panel.close()


def test_the_chapter_of_the_tab_becomes_a_storyboard(reader: Reader, site: MangaSite, screenshots: Path | None) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    panel, region = studio(reader, page)
    region.get_by_role("button", name="Storyboard of the chapter").click()
    expect(region.get_by_role("alert")).to_be_visible()  # nothing is in colour yet
    popup = reader.popup(page)
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    popup.close()
    region.get_by_role("button", name="Storyboard of the chapter").click()
    script = region.get_by_role("textbox", name="Storyboard")
    expect(script).to_be_visible(timeout=WAIT_MS)
    expect(script).to_have_value(re.compile(r"^Title: .*\n[\s\S]*panel 1\]\]"))
    assert_accessible(panel)
    shoot(panel, screenshots, "studio-storyboard", width=380)
    name, data = saved(panel, region)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        board = json.loads(archive.read("storyboard.json"))
        assert sorted(archive.namelist()) == ["storyboard.fountain", "storyboard.html", "storyboard.json"]
    assert name == "irodori-storyboard.zip"
    assert {shot["source"]["page"] for scene in board["scenes"] for shot in scene["shots"]} >= {"001"}
    other, holder = opened(reader)
    choose(holder, "Film")
    holder.get_by_label("Seconds a panel").fill("30")
    start(holder)  # so that the storyboard waits, and is not done before it can be cancelled
    region.get_by_role("button", name="Storyboard of the chapter").click()
    region.get_by_role("button", name="Cancel", exact=True).click()
    expect(region.get_by_role("progressbar")).to_have_count(0)
    expect(region.get_by_role("alert")).to_have_count(0)
    expect(script).to_be_visible()
    holder.get_by_role("button", name="Cancel", exact=True).click()
    other.close()
    panel.close()
    page.close()


def test_an_element_of_the_series_is_found_on_the_shots_with_its_reasons(
    reader: Reader, site: MangaSite, screenshots: Path | None
) -> None:
    page = reader.open(f"{site.origin}/chapter/plain")
    popup = reader.popup(page)
    popup.get_by_role("button", name="Colorize chapter").click()
    reader.wait_until_done(page, len(PLAIN))
    popup.close()
    panel, region = studio(reader, page)
    elements = panel.get_by_role("region", name="Elements")
    elements.get_by_role("button", name="Add an element").click()
    card = elements.get_by_role("article")
    card.get_by_label("Name").fill("Figure")
    card.get_by_label("Name").blur()
    card = elements.get_by_role("article", name="Figure")
    card.get_by_label("Word in wishes").fill("the hero")
    card.get_by_label("Word in wishes").blur()
    expect(card.get_by_label("Word in wishes")).to_have_value("@thehero")
    card.get_by_label("What it looks like").fill("a red coat")
    card.get_by_label("What it looks like").blur()
    card.get_by_role("button", name="Show by the chosen references: Figure").click()
    expect(panel.get_by_role("main").get_by_role("alert")).to_have_text("Choose references in the popup first.")
    assert_accessible(panel)
    shoot(panel, screenshots, "studio-elements", width=380)
    region.get_by_role("button", name="Storyboard of the chapter").click()
    found = region.get_by_text(re.compile("Elements on the shots: [0-9]+"))
    expect(found).to_be_visible(timeout=WAIT_MS)
    found.click()
    expect(region.get_by_text("its name is in the action").first).to_be_visible()
    shoot(panel, screenshots, "studio-matches", width=380)
    card.get_by_role("button", name="Remove Figure").click()
    expect(card).to_have_count(0)
    panel.close()
    page.close()


def test_what_is_no_picture_is_told(reader: Reader, tmp_path: Path) -> None:
    panel, region = studio(reader)
    stranger = tmp_path / "stranger.png"
    stranger.write_bytes(b"no picture at all")
    region.locator("input[type=file]").set_input_files(stranger)
    expect(region.get_by_role("alert")).to_contain_text("no picture")
    panel.close()
