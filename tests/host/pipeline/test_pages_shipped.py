"""The comic pages that ship with the project, read as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.pass1.read import TwoOpinionReader

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
