"""Pages of other people's files with the answers that belong to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from engines.geometry import Box, Size
from host.errors import BadRequest
from host.library.align import pairs
from host.library.align.pairs import ForeignFiles, PagePair, pairs_of_files, panels_told
from host.library.understand.story import PageStory, StoryPanel

if TYPE_CHECKING:
    from pathlib import Path

PANELS = ([0, 0, 90, 95], [0, 100, 90, 95], [0, 200, 90, 95])


class Files:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "answers").mkdir()
        self.boxes: list[dict[str, Any]] = []

    def box(self, box: list[int], category: int = 1, **facts: Any) -> None:
        self.boxes.append({"id": len(self.boxes) + 1, "image_id": 1, "category_id": category, "bbox": box, **facts})

    def answer(self, name: str, *texts: str, raw: str = "") -> Path:
        path = self.folder / "answers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {"panels": [{"dialogue": [text], "narration": [], "sfx": []} for text in texts]}
        path.write_text(raw or json.dumps(told))
        return path

    def read(self, name: str = "S/v1/1.jpg", **asked: Any) -> list[PagePair]:
        coco = {
            "images": [{"id": 1, "file_name": name, "width": 100, "height": 300}],
            "annotations": self.boxes,
            "categories": [{"id": 1, "name": "panel"}, {"id": 2, "name": "text"}],
        }
        (self.folder / "coco.json").write_text(json.dumps(coco))
        given = ForeignFiles(coco=self.folder / "coco.json", answers=self.folder / "answers", **asked)
        return list(pairs_of_files(given))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_page_has_its_panels_in_order_its_place_and_its_answer(files: Files) -> None:
    for box in reversed(PANELS):
        files.box(box, score=0.9)
    files.answer("S/v1/1.json", "a", "b")
    [page] = files.read()
    assert page.id == "S/v1/1.jpg"
    assert page.size == Size(300, 100)
    assert page.direction == "ltr"
    assert [one.box for one in page.detected] == [Box(0, top, 90, top + 95) for top in (0, 100, 200)]
    assert {one.score for one in page.detected} == {0.9}
    assert page.told is not None
    assert [panel.dialogue[0].text for panel in page.told.panels] == ["a", "b"]
    assert page.name.series == "S"


def test_panels_below_the_least_score_are_none_and_those_without_one_count(files: Files) -> None:
    for box, facts in zip(PANELS, ({"score": 0.5}, {"score": 0.49}, {}), strict=True):
        files.box(box, **facts)
    [page] = files.read()
    assert [(one.box.top, one.score) for one in page.detected] == [(0, 0.5), (200, 1.0)]
    [page] = files.read(score_min=0.4)
    assert len(page.detected) == 3


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("S/v1/1.jpg", "S/v1/1.json"),
        ("S\\v1\\1.jpg", "S/v1/1.json"),
        ("S/v1/1.jpg", "S/v1/1.jpg.json"),
        ("S/v1/1.jpg", "S/v1/1.story.json"),
        ("S/v1.x/1", "S/v1.x/1.json"),
    ],
)
def test_an_answer_is_found_by_its_page_s_path(files: Files, name: str, answer: str) -> None:
    files.answer(answer, "a")
    files.answer("other.json", "b")
    [page] = files.read(name)
    assert page.told is not None
    assert page.told.panels[0].dialogue[0].text == "a"
    assert "\\" not in page.id


def test_a_map_says_which_answer_is_whose(files: Files) -> None:
    files.answer("x9.json", "mapped")
    absolute = files.answer("y.json", "far")
    (files.folder / "map.json").write_text(json.dumps({"x9.json": "S/v1/1.jpg", str(absolute): "S/v1/2.jpg"}))
    for name, text in (("S/v1/1.jpg", "mapped"), ("S/v1/2.jpg", "far")):
        [page] = files.read(name, answer_map=files.folder / "map.json")
        assert page.told is not None
        assert page.told.panels[0].dialogue[0].text == text


@pytest.mark.parametrize(("content", "words"), [
    ("[]", "is no map"), ('{"a": 1}', "is no map"), ('{"a": "b", "c": null}', "is no map"), ("{", "cannot be read"),
    ("[" * 100_000, "cannot be read"),
])  # fmt: skip
def test_what_is_no_map_is_refused_with_an_example(files: Files, content: str, words: str) -> None:
    (files.folder / "map.json").write_text(content)
    with pytest.raises(BadRequest, match=words) as told:
        files.read(answer_map=files.folder / "map.json")
    assert "answer.json" in told.value.hint


def test_without_a_folder_of_answers_nothing_is_paired(files: Files) -> None:
    (files.folder / "answers").rmdir()
    with pytest.raises(BadRequest, match="is no folder"):
        files.read()


@pytest.mark.parametrize("raw", ["", "no JSON"])
def test_an_answer_that_cannot_be_used_is_none(files: Files, raw: str) -> None:
    files.answer("S/v1/1.json", raw=raw or " ")
    [page] = files.read()
    assert page.told is None
    assert panels_told(page) == ()


def test_an_answer_that_is_too_large_is_not_read(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    size = files.answer("S/v1/1.json", "a").stat().st_size
    for most, is_read in ((size, True), (size - 1, False)):
        monkeypatch.setattr(pairs, "_ANSWER_BYTES_MAX", most)
        [page] = files.read()
        assert (page.told is not None) is is_read


def test_pages_whose_picture_is_wanted_and_not_there_are_left_out(files: Files) -> None:
    assert len(files.read()) == 1
    assert files.read(needs_picture=True) == []
    (files.folder / "root" / "S" / "v1").mkdir(parents=True)
    picture = files.folder / "root" / "S" / "v1" / "1.jpg"
    picture.write_bytes(b"x")
    for name in ("S/v1/1.jpg", "S\\v1\\1.jpg"):
        [page] = files.read(name, needs_picture=True, roots=(files.folder / "none", files.folder / "root"))
        assert page.picture_path == str(picture)


def test_words_belong_to_the_panel_that_holds_most_of_them(files: Files) -> None:
    files.box(PANELS[0])
    files.box(PANELS[1])
    files.box([0, 80, 90, 60], 2, attributes={"text": "second"})
    files.box([0, 10, 9, 9], 2, attributes={"text": "first"})
    files.box([0, 250, 9, 9], 2, attributes={"text": "nowhere"})
    [page] = files.read()
    assert [one.words for one in page.detected] == [("first",), ("second",)]


def test_what_a_model_told_comes_in_its_order() -> None:
    story = PageStory(model="m", panels=(StoryPanel(order=1), StoryPanel(order=0)))
    page = PagePair(id="a", picture_path="a", told=story)
    assert [panel.order for panel in panels_told(page)] == [0, 1]
