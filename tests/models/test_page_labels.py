"""The labels made by hand: every file is whole, and its boxes make sense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[2] / "training" / "pages" / "labels").glob("*.json"))


def test_there_are_labels_for_sixty_pages_and_more() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_boxes_lie_on_the_page_and_faces_in_their_figures(path: Path) -> None:
    page = json.loads(path.read_text("utf-8"))
    assert set(page) == {"page", "width", "height", "faces", "characters", "sfx"}
    assert page["page"] == path.stem
    assert set(page["sfx"]) == {"en", "ja"}
    boxes = [one["box"] for one in (*page["faces"], *page["characters"])] + page["sfx"]["en"] + page["sfx"]["ja"]
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= page["width"]
        assert 0 <= top < bottom <= page["height"]
    assert all(one["name"] for one in page["characters"])
    for face in page["faces"]:
        left, top, right, bottom = face["box"]
        figure = page["characters"][face["of"]]["box"]
        across = min(right, figure[2]) - max(left, figure[0])
        down = min(bottom, figure[3]) - max(top, figure[1])
        assert max(0, across) * max(0, down) > 0.5 * (right - left) * (bottom - top)
