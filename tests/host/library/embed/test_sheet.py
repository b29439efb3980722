"""The sheet of what was found: which pages, in which order, with which pictures and words; one file that is safe."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from engines.geometry import Box
from host.library.embed.search import Found
from host.library.embed.sheet import Card, _thumb, cards, sheet_html
from host.library.understand.shelf import AnalysedShelf
from host.pipeline.records.page_meta import PageMeta
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

META = PageMeta(size=(40, 60), pixels_sha256="0" * 64, kind="story", direction="rtl", panels=[])


def analysed(folder: Path, *volumes: str) -> AnalysedShelf:
    """Return a shelf of volumes with two pages each, as an analysis leaves it behind."""
    lines = []
    for number, place in enumerate(volumes):
        make_cbz(folder / "shelf" / f"{place}.cbz", {f"{page}.png": picture(2 * number + page) for page in range(2)})
        records = folder / "analysis" / place
        records.mkdir(parents=True)
        entries = []
        for page in range(2):
            entry = {"id": f"{place}/{page}.png", "name": f"{page}.png", "stem": str(page), "number": page}
            digest = hashlib.sha256(picture(2 * number + page)).hexdigest()
            entries.append(json.dumps(entry | {"sha256": digest, "order": "one", "fault": ""}))
            (records / f"{page}.meta.json").write_text(META.model_dump_json())
        (records / "pages.jsonl").write_text("\n".join(entries) + "\n")
        volume = {"place": place, "path": str(folder / "shelf" / f"{place}.cbz"), "stamp": "", "order": "one"}
        lines.append(json.dumps(volume | {"books": [{"place": place, "within": 0, "pages": 2}]}))
    ledger = folder / "analysis" / ".irodori-library" / "analysis.jsonl"
    ledger.parent.mkdir()
    ledger.write_text("\n".join(lines) + "\n")
    return AnalysedShelf(folder / "analysis")


def test_cards_are_what_was_found_in_its_order_with_the_pages_pictures(tmp_path: Path) -> None:
    shelf = analysed(tmp_path, "v0", "v1", "v2")
    (tmp_path / "shelf" / "v1.cbz").unlink()  # nothing of it was found, so that nobody misses it
    found = [Found("v2/1.png", 0.9), Found("v0/0.png", 0.8, None, "words"), Found("gone/0.png", 0.7)]
    made = cards(found, shelf)
    assert [one.found for one in made] == found[:2]
    for one, number in zip(made, (5, 0), strict=True):
        with Image.open(io.BytesIO(one.thumb)) as thumb:
            assert (thumb.format, thumb.size) == ("WEBP", (40, 60))
            seen = np.asarray(thumb.convert("L"), int)
        with Image.open(io.BytesIO(picture(number))) as page:
            assert np.abs(seen - np.asarray(page.convert("L"), int)).mean() < 30
    assert "v2.cbz" in made[0].place
    assert "1.png" in made[0].place


def test_a_page_whose_picture_is_gone_has_a_card_without_one(tmp_path: Path) -> None:
    shelf = analysed(tmp_path, "v0")
    make_cbz(tmp_path / "shelf" / "v0.cbz", {"0.png": b"no picture"})
    made = cards([Found("v0/0.png", 0.9), Found("v0/1.png", 0.8)], shelf)
    assert [one.thumb for one in made] == [b"", b""]


def test_of_long_words_the_first_240_letters_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.library.embed.words.page_words", lambda page: f"{page.id} " + "x" * 400)
    (made,) = cards([Found("v0/1.png", 0.9)], analysed(tmp_path, "v0"))
    assert made.words == "v0/1.png " + "x" * 231


def test_the_sheet_shows_cards_in_order_and_nothing_in_them_is_markup() -> None:
    listed = [
        Card(
            Found("<b>1</b>", 0.98765, None, "words & panel 2"), b"webp", "/shelf/<v>.cbz", "<script>alert(1)</script>"
        ),
        Card(Found("2\udc80", 0.5, None, "the page"), b"", "place", ""),
    ]
    html = sheet_html('a <witch> & "cat"', listed)
    for part in (
        "a &lt;witch&gt; &amp; &quot;cat&quot;",
        f'src="data:image/webp;base64,{base64.b64encode(b"webp").decode()}"',
        "<h2>&lt;b&gt;1&lt;/b&gt;</h2>",
        "0.988 · words &amp; panel 2",
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>",
        "<p class=place>/shelf/&lt;v&gt;.cbz</p>",
        "<li><div class=none>no picture</div><h2>2?</h2>",
    ):
        assert part in html
    assert html.index("0.988") < html.index("0.500")
    assert html.count("<li>") == 2
    assert re.search(r"\b2\b", html.partition("<li>")[0])
    assert "$" not in html
    assert not re.search(r"https?://", html)


def shown(
    panel: int | None, size: tuple[int, int] = (800, 400), panels: Sequence[tuple[int, Box]] | None = None
) -> Any:
    """Return a page's small picture as numbers; its panels are the left half, which comes second, and the right one."""
    buffer = io.BytesIO()
    Image.new("RGB", size, (255, 255, 255)).save(buffer, "PNG")
    boxes = panels if panels is not None else [(1, Box(0, 0, 400, 400)), (0, Box(400, 0, 800, 400))]
    meta = SimpleNamespace(panels=[SimpleNamespace(order=order, box=box) for order, box in boxes])
    with Image.open(io.BytesIO(_thumb(buffer.getvalue(), meta, panel))) as thumb:  # type: ignore[arg-type]
        assert thumb.format == "WEBP"
        return np.asarray(thumb.convert("RGB"), int)


def red(pixels: Any) -> Any:
    return (pixels[:, :, 0] - pixels[:, :, 1]) > 90


def test_a_picture_is_at_most_320_wide_and_twice_as_high() -> None:
    assert shown(None).shape == (160, 320, 3)
    assert shown(None, (100, 2000)).shape == (640, 32, 3)
    assert shown(None, (300, 200)).shape == (200, 300, 3)


@pytest.mark.parametrize(("panel", "left", "right"), [(0, False, True), (1, True, False), (2, False, False)])
def test_the_panel_that_was_found_has_a_red_frame_by_its_place_in_reading_order(
    panel: int, left: bool, right: bool
) -> None:
    frame = red(shown(panel))
    assert (bool(frame[80, 2]), bool(frame[80, 317])) == (left, right)
    assert not frame[60:100, 60:100].any()
    assert not frame[60:100, 220:260].any()
    assert not red(shown(None)).any()


def test_a_frame_is_an_80th_of_the_page_s_width_and_lies_within_its_panel() -> None:
    frame = red(shown(0, panels=[(0, Box(0, 0, 800, 400))]))
    assert frame[80, :4].all()
    assert not frame[80, 5:315].any()
    assert frame[80, 316:].all()
    assert frame[157:, 160].all()
