"""What a schema cannot say of a record: that what it names is there, once, and on the page."""

import json

import pytest

from engines.geometry import Box, Size
from host.errors import BadRequest
from host.pipeline.records.page_meta import Balloon, Character, Face, PageMeta, Panel, SoundEffect, TextBlock
from host.pipeline.records.validation import check_page_meta, check_run_meta, page_meta_of, run_meta_of

BOX = Box(1, 2, 9, 10)
ANEW = "make the record anew with `irodori analyze`"


def record(**facts) -> bytes:
    fields = {"size": Size(20, 10), "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl"}
    return PageMeta(**fields | facts).model_dump_json().encode()


def said(data: bytes) -> list[str]:
    return [str(one) for one in check_page_meta(data)]


def panels(*orders):
    return {"panels": tuple(Panel(box=BOX, order=order, score=1.0) for order in orders)}


def test_a_record_that_holds_together_is_valid():
    whole = record(
        **panels(0, 1),
        balloons=(Balloon(box=BOX, order=0, panel=1), Balloon(box=BOX, order=1)),
        text=(TextBlock(box=BOX, balloon=1), TextBlock(box=BOX)),
        sound_effects=(SoundEffect(box=BOX, panel=0),),
        characters=(Character(box=BOX, index=0, panel=0),),
        faces=(Face(box=BOX, panel=0, character=0), Face(box=BOX)),
        parts=(Box(0, 0, 10, 20),),
    )
    assert said(whole) == []
    assert len(page_meta_of(whole).panels) == 2


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"size": Size(0, 10)}, "size: is 0 x 10; give a height and a width of at least 1 pixel"),
        ({"size": Size(1, 1)}, None),
        (panels(0, 0), "panels: have the order 0 2 times; give each its own"),
        (panels(1, 1, 1), "panels: have the order 1 3 times; give each its own"),
        (
            {"balloons": (Balloon(box=BOX, order=3), Balloon(box=BOX, order=3))},
            "balloons: have the order 3 2 times; give each its own",
        ),
        (
            {"characters": (Character(box=BOX, index=2), Character(box=BOX, index=2))},
            "characters: have the index 2 2 times; give each its own",
        ),
        (
            panels(0, 1) | {"balloons": (Balloon(box=BOX, order=0, panel=2),)},
            "balloons[0].panel: is 2, which the page does not have; there is 0, 1",
        ),
        (
            {"sound_effects": (SoundEffect(box=BOX), SoundEffect(box=BOX, panel=0))},
            "sound_effects[1].panel: is 0, which the page does not have; there is none",
        ),
        (
            {"characters": (Character(box=BOX, index=0, panel=1),)},
            "characters[0].panel: is 1, which the page does not have; there is none",
        ),
        (
            panels(*range(9)) | {"faces": (Face(box=BOX, panel=9),)},
            "faces[0].panel: is 9, which the page does not have; there is 0, 1, 2, 3, 4, 5, 6, 7",
        ),
        (
            {"text": (TextBlock(box=BOX, balloon=0),)},
            "text[0].balloon: is 0, which the page does not have; there is none",
        ),
        (
            {"faces": (Face(box=BOX, character=1),), "characters": (Character(box=BOX, index=0),)},
            "faces[0].character: is 1, which the page does not have; there is 0",
        ),
        ({"text": (TextBlock(box=Box(0, 0, 10, 20)),)}, None),
        (
            {"text": (TextBlock(box=Box(0, 0, 11, 20)),)},
            "text[0].box: leaves the page, [0, 0, 11, 20]; keep it within 10 x 20 pixels",
        ),
        (
            {"parts": (Box(0, 0, 10, 10), Box(0, 10, 10, 21))},
            "parts[1]: leaves the page, [0, 10, 10, 21]; keep it within 10 x 20 pixels",
        ),
        (
            {"faces": (Face(box=Box(3, 3, 3, 5)),)},
            "faces[0].box: is empty, [3, 3, 3, 5]; give left, top, right and bottom; the last two are the larger ones",
        ),
    ],
)
def test_what_a_record_contradicts_itself_in_is_told(facts, fault):
    assert said(record(**facts)) == ([] if fault is None else [fault])
    if fault is not None:
        with pytest.raises(BadRequest) as refused:
            page_meta_of(record(**facts))
        assert (refused.value.message, refused.value.hint) == ("It is no valid record of a page.", f"{fault}.")


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ([1], "the document: is no JSON object"),
        ({"schema_version": 99}, "schema_version: is 99, this version of Irodori reads {version}"),
        ({"schema_version": "x" * 50}, "schema_version: is '" + "x" * 39 + ", this version of Irodori reads {version}"),
    ],
)
def test_what_is_no_record_of_this_version_is_to_be_made_anew(document, what):
    data = json.dumps(document).encode()
    for check, version, anew in (
        (check_page_meta, PageMeta.model_fields["schema_version"].default, ANEW),
        (check_run_meta, 2, "colour the page anew with `irodori colorize --runmeta`"),
    ):
        assert [str(one) for one in check(data)] == [f"{what.format(version=version)}; {anew}"]


def test_the_other_kind_of_record_is_recognised():
    assert said(b'{"pipeline_version": "1"}') == [
        "the document: is a picture's record; check it with `irodori runmeta validate`"
    ]
    assert [str(one) for one in check_run_meta(b'{"perceptual_hash": null}')] == [
        "the document: is a page's record; check it with `irodori meta validate`"
    ]
    with pytest.raises(BadRequest, match=r"^It is no valid record of a picture\.$"):
        run_meta_of(b"{}")


def test_what_is_no_json_is_told_with_what_to_do():
    (fault,) = check_page_meta(b"{")
    assert fault.field == "the document"
    assert fault.what.startswith("It is no JSON: ")
    assert not fault.what.endswith(".")
    assert fault.mend == ANEW
