"""COCO JSON: round trips without loss, other people's files, and files that are none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.geometry import Box, Size
from host.annotations.annotations import AnnotatedBox, AnnotatedPage, Annotations, Rectangle
from host.annotations.coco import read_coco, write_coco
from host.annotations.from_meta import annotations_of
from host.errors import BadRequest
from host.pipeline.records.page_meta import Balloon, Character, Face, PageMeta, Panel, SoundEffect, TextBlock
from tests.host.annotations.strategies import annotations, refusal_of


def document(**changes):
    return {
        "images": [{"id": 7, "file_name": "a/001.png", "width": 100, "height": 200}],
        "categories": [{"id": 3, "name": "frame"}, {"id": 9, "name": "Speech_Bubbles"}, {"id": 4, "name": "balloon"}],
        "annotations": [
            {"id": 11, "image_id": 7, "category_id": 3, "bbox": [1, 2, 30.5, 40], "area": 1220, "iscrowd": 0},
            {"id": 12, "image_id": 7, "category_id": 4, "bbox": [0, 0, 9, 9], "segmentation": [[0, 0, 9, 0, 9, 9]]},
        ],
    } | changes


def read(**changes):
    return read_coco(json.dumps(document(**changes)).encode())


@given(annotations())
def test_a_book_written_and_read_again_is_the_same(book) -> None:
    reading = read_coco(write_coco(book))
    assert reading.left_out == {}
    for page, again in zip(book.pages, reading.annotations.pages, strict=True):
        for box, back in zip(page.boxes, again.boxes, strict=True):
            area = None if box.area_px == box.box.width * box.box.height else box.area_px
            assert back == box.model_copy(update={"area_px": area})
        assert again.model_copy(update={"boxes": ()}) == page.model_copy(update={"boxes": ()})
    assert (reading.annotations.title, reading.annotations.characters) == (book.title, book.characters)


@given(annotations())
def test_what_was_read_is_written_the_same_byte_for_byte(book) -> None:
    written = write_coco(read_coco(write_coco(book)).annotations)
    assert write_coco(read_coco(written).annotations) == written


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
def test_bytes_that_are_no_coco_file_are_refused(data) -> None:
    with pytest.raises(BadRequest):
        read_coco(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["images", "annotations", "categories", "characters", "info"]), JSON)
def test_a_part_of_another_shape_is_read_or_refused_but_never_trips(part, value) -> None:
    refusal = refusal_of(lambda: read(**{part: value}))
    assert refusal is None or refusal.hint


@given(
    st.sampled_from(
        ["id", "image_id", "category_id", "bbox", "area", "score", "segmentation", "attributes", "iscrowd"]
    ),
    JSON,
)
def test_a_field_of_another_shape_is_read_or_refused_but_never_trips(field, value) -> None:
    changed = dict(document()["annotations"][0]) | {field: value}
    refusal = refusal_of(lambda: read_coco(write_coco(read(annotations=[changed]).annotations)))
    assert refusal is None or (refusal.hint and refusal_of(lambda: read(annotations=[changed])))


def test_other_names_of_our_classes_are_understood() -> None:
    (page,) = read().annotations.pages
    assert [(box.id, box.label) for box in page.boxes] == [("11", "panel"), ("12", "balloon")]
    assert page.boxes[0].box == (1, 2, 30.5, 40)
    assert page.boxes[1].polygons == ((0, 0, 9, 0, 9, 9),)
    assert (page.number, page.name) == (7, "a/001.png")


def test_boxes_of_classes_that_we_do_not_know_are_counted() -> None:
    reading = read(categories=[{"id": 3, "name": "frame"}, {"id": 4, "name": "tail"}])
    assert reading.left_out == {"of class 'tail'": 1}
    assert [box.label for box in reading.annotations.pages[0].boxes] == ["panel"]


def test_annotations_without_ids_get_some() -> None:
    one = document()["annotations"][0]
    bare = {name: value for name, value in one.items() if name != "id"}
    (page,) = read(annotations=[bare, one, bare]).annotations.pages
    assert len({box.id for box in page.boxes}) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": []}, "annotations[0] is on the image 7, which the file does not have"),
        ({"categories": []}, "annotations[0] is of category 3, which the file does not have"),
        ({"annotations": [{"id": 1, "image_id": 7, "category_id": 3}]}, "annotations[0].bbox: is missing; add it"),
        (
            {"annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, -3, 4]}]},
            "annotations[0].bbox[2]: is -3; give a number of at least 0",
        ),
        ({"annotations": [document()["annotations"][0]] * 2}, "the box id '11' is given twice"),
        ({"images": document()["images"] * 2}, "the page number 7 is given twice"),
        ({"images": 5}, "images: is 5; give a list"),
    ],
)
def test_what_is_wrong_is_named_with_the_mend(changes, words) -> None:
    with pytest.raises(BadRequest) as refusal:
        read(**changes)
    assert words in refusal.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"images":' * 5000,
        b'{"images": [], "categories": [], "annotations": NaN}',
        json.dumps(document(annotations=[])).encode() + b"{}",
        json.dumps(document()).replace("30.5", "1e999").encode(),
        json.dumps(document()).replace("30.5", "9" * 10_000).encode(),
        json.dumps(document(images=[{"id": 7, "file_name": "x", "width": 1, "height": 1, "attributes": {"a": 5}}]))
        .replace("5", "1e999")
        .encode(),
    ],
)
def test_hostile_files_are_refused(data) -> None:
    with pytest.raises(BadRequest):
        read_coco(data)


def test_a_page_s_record_becomes_boxes_with_order_and_who_is_whose() -> None:
    meta = PageMeta(
        size=Size(200, 100),
        pixels_sha256="0" * 64,
        kind="story",
        direction="rtl",
        panels=(
            Panel(box=Box(50, 0, 100, 90), order=0, score=0.9, polygon=((50, 0), (100, 0), (90, 90), (50, 90))),
            Panel(box=Box(0, 0, 50, 90), order=1, score=0.8, coloured=True),
        ),
        balloons=(Balloon(box=Box(55, 5, 70, 30), order=0, panel=0),),
        text=(TextBlock(box=Box(57, 8, 68, 28), balloon=0),),
        sound_effects=(SoundEffect(box=Box(1, 1, 9, 9), panel=1),),
        characters=(Character(box=Box(5, 20, 40, 90), index=0, panel=1, depth_01=0.75),),
        faces=(Face(box=Box(10, 25, 20, 35), panel=1, character=0), Face(box=Box(60, 40, 70, 50), panel=0)),
    )
    written = json.loads(write_coco(annotations_of([("001.png", meta)], "A book")))
    found = {(one["category_id"], *one["bbox"]): one for one in written["annotations"]}
    assert found[1, 50, 0, 50, 90]["attributes"]["order"] == 0
    assert found[1, 50, 0, 50, 90]["segmentation"] == [[50, 0, 100, 0, 90, 90, 50, 90]]
    assert found[1, 0, 0, 50, 90]["attributes"] == {"order": 1, "coloured": True}
    assert found[2, 55, 5, 15, 25]["attributes"]["panel"] == 0
    assert found[3, 57, 8, 11, 20]["attributes"]["balloon"] == 0
    assert found[6, 5, 20, 35, 70]["attributes"]["depth_01"] == 0.75
    assert found[5, 10, 25, 10, 10]["attributes"]["character"] == found[6, 5, 20, 35, 70]["attributes"]["character"]
    assert "character" not in found[5, 60, 40, 10, 10]["attributes"]
    assert written["images"][0]["attributes"] == {"kind": "story", "direction": "rtl"}
    assert written["info"]["description"] == "A book"


@given(annotations())
def test_numbers_of_boxes_are_distinct_and_never_nought(book) -> None:
    numbers = [one["id"] for one in json.loads(write_coco(book))["annotations"]]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers, default=1) > 0


@pytest.mark.parametrize("ids", [("7", "07"), ("0", "1"), ("²", "2"), ("9" * 30, "1"), ("a", "1")])
def test_ids_that_are_no_plain_numbers_are_kept_beside_numbers(ids) -> None:
    boxes = tuple(AnnotatedBox(id=one, label="panel", box=Rectangle(0, 0, 9, 9)) for one in ids)
    book = Annotations(pages=(AnnotatedPage(number=1, name="1.png", width=9, height=9, boxes=boxes),))
    written = write_coco(book)
    assert [one["id"] for one in json.loads(written)["annotations"]] == [1, 2]
    assert read_coco(written).annotations == book
