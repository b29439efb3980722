"""What the sidebar of a real Firefox does with one page: looked at, changed, undone, drawn as curves, made a film."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.e2e.gecko import ROOT, Gecko, firefox, reading_in_firefox
from tests.e2e.reading import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(firefox() is None, reason="needs Firefox, and not Snap's: run `make firefox`"),
]

SIDEBAR: Final = "sidepanel.html"
OPEN_STUDIO: Final = """() => {
  const studio = document.querySelector("details.studio");
  if (studio) studio.open = true;
  return studio !== null }"""
TAKE: Final = """(base64) => {
  const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], "page.webp", { type: "image/webp" }));
  const input = document.querySelector("details.studio input[type=file]");
  input.files = given.files;
  input.dispatchEvent(new Event("change", { bubbles: true })) }"""
SLIDE: Final = """() => {
  const slider = document.querySelector("details.studio input[type=range]");
  slider.value = 0.5;
  slider.dispatchEvent(new Event("input", { bubbles: true })) }"""
SHOWN: Final = """() => {
  const picture = document.querySelector("details.studio .stage img, details.studio figure img");
  return [picture?.src ?? "", picture?.naturalWidth ?? 0] }"""
ONE_SECOND: Final = """() => {
  for (const [field, value] of [["0.5", "1"], ["1", "1"]]) {
    const input = document.querySelector(`details.studio input[type=number][min="${field}"]`);
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true })) } }"""
# What film is on: its type, once a second of it was decoded and its picture is another one at its end.
SEEN_MOVING: Final = """async () => {
  const film = document.querySelector("details.studio video");
  if (!film?.videoWidth || !(film.duration > 0) || film.readyState < 2) return film?.error?.message ?? "";
  film.pause();
  const look = async (at) => {
    await new Promise((seen) => { film.onseeked = seen; film.currentTime = at });
    if (!film.videoWidth) return null; // Firefox has its picture a moment later
    const canvas = new OffscreenCanvas(film.videoWidth, film.videoHeight);
    canvas.getContext("2d").drawImage(film, 0, 0);
    return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data };
  const [first, last] = [await look(0.02), await look(film.duration - 0.05)];
  if (!first || !last) return "no picture of it yet";
  const moved = first.reduce((sum, value, at) => sum + Math.abs(value - last[at]), 0) / first.length;
  if (Math.abs(film.duration - 1) > 0.1 || Math.max(film.videoWidth, film.videoHeight) !== 320 || moved < 0.5)
    return `${film.duration} s, ${film.videoWidth} x ${film.videoHeight}, moved by ${moved}`;
  return (await (await fetch(film.src)).blob()).type }"""


@pytest.fixture
def gecko(tmp_path: Path) -> Iterator[Gecko]:
    made = subprocess.run(["make", "extension-firefox"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    with reading_in_firefox(tmp_path) as started:
        yield started
        faults = started.faults()
        assert not faults, "".join(faults)


def test_a_page_is_filtered_undone_drawn_as_curves_and_made_a_film_in_the_sidebar(gecko: Gecko) -> None:
    gecko.open("about:mozilla")  # a page that no extension may read: the panel is reached from there too
    gecko.open_popup()
    gecko.press("popup.html", "Palette")
    until(lambda: gecko.is_open(SIDEBAR) and gecko.evaluate(SIDEBAR, OPEN_STUDIO))
    gecko.wait_for(SIDEBAR, "Open a file")
    page = ROOT / "tests" / "pages" / "coloured-en.webp"
    gecko.evaluate(SIDEBAR, TAKE, base64.b64encode(page.read_bytes()).decode())
    gecko.wait_for(SIDEBAR, "700 × 989 pixels")
    before = gecko.evaluate(SIDEBAR, SHOWN)[0]
    gecko.evaluate(SIDEBAR, SLIDE)
    until(lambda: gecko.evaluate(SIDEBAR, SHOWN)[0] not in (before, ""), lambda: gecko.text(SIDEBAR))
    gecko.shot(SIDEBAR)
    gecko.press(SIDEBAR, "Start")
    gecko.press(SIDEBAR, "Undo the last change")  # it can be pressed when there is one
    until(lambda: gecko.evaluate(SIDEBAR, SHOWN) == [before, 700], lambda: gecko.text(SIDEBAR))
    gecko.choose(SIDEBAR, "vectorise")
    gecko.press(SIDEBAR, "Start")
    gecko.wait_for(SIDEBAR, "Back to the picture")
    until(lambda: gecko.evaluate(SIDEBAR, SHOWN)[1] == 700, lambda: gecko.text(SIDEBAR))
    for film in ("webm", "mp4"):
        gecko.press(SIDEBAR, "Back to the picture")
        gecko.choose(SIDEBAR, "animate")
        gecko.evaluate(SIDEBAR, ONE_SECOND)
        gecko.choose(SIDEBAR, film)
        gecko.choose(SIDEBAR, "320")
        gecko.press(SIDEBAR, "Start")
        until(lambda: gecko.evaluate(SIDEBAR, SEEN_MOVING) == f"video/{film}", lambda: gecko.text(SIDEBAR))  # noqa: B023
