"""A written list of elements taken into a palette: all of it, or nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from host.application import Application
from host.errors import BadRequest, ImageInvalid, IrodoriError
from host.palette_records import (
    ElementPicture,
    ElementSet,
    ElementsFile,
    PaletteElement,
    PaletteQuery,
    PaletteSet,
)
from host.paths import state_paths
from host.studio.elements.records import Element, Elements
from host.studio.elements.taken_in import changes_of, pictures_named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERO = Element(name="Aki", trigger="@Hero", description="a red coat", pictures=("faces/aki.png", "aki.png"))
TOWN = Element(name="Town", kind="place")


def test_a_name_means_the_picture_that_is_called_so_else_that_of_its_last_part() -> None:
    record = Elements(elements=(HERO, Element(name="Kon", pictures=(r"faces\kon.png",))))
    assert pictures_named(record, {"faces/aki.png", "aki.png", "kon.png"}) == {
        "faces/aki.png": "faces/aki.png", "aki.png": "aki.png", r"faces\kon.png": "kon.png",
    }  # fmt: skip
    assert pictures_named(record, {"aki.png", "kon.png"})["faces/aki.png"] == "aki.png"
    with pytest.raises(BadRequest, match="not chosen") as told:
        pictures_named(record, {"aki.png"})
    assert told.value.told == ("pictures_missing", r"faces\kon.png")
    with pytest.raises(BadRequest) as told:
        pictures_named(Elements(), {"aki.png"})
    assert told.value.told == ("no_element",)


def test_one_that_has_the_name_is_changed_and_another_is_new() -> None:
    known = [PaletteElement(element_id="h", name="AKI")]
    first, second = changes_of(Elements(elements=(HERO, TOWN)), known, {"faces/aki.png": "p", "aki.png": "q"})
    assert first == ElementSet(
        element_id="h", name="Aki", kind="character", trigger="@Hero", description="a red coat", pictures=["p", "q"]
    )
    assert second == ElementSet(name="Town", kind="place", trigger="", description="", pictures=[])


def test_what_a_palette_does_not_hold_is_refused() -> None:
    assert changes_of(Elements(elements=(Element(name="Aki", description="d" * 700),)), (), {})
    with pytest.raises(BadRequest) as told:
        changes_of(Elements(elements=(Element(name="Aki", description="d" * 701),)), (), {})
    assert told.value.told == ("element_long",)


@pytest.fixture
def application(irodori_home: Path) -> Iterator[Application]:
    with Application.open(state_paths(), lambda _: None) as opened:
        yield opened


def listed(*elements: dict[str, Any], pictures: dict[str, bytes] | None = None) -> ElementsFile:
    given = [ElementPicture(name=name, image=image) for name, image in (pictures or {}).items()]
    return ElementsFile(series="S", json=json.dumps({"elements": elements}).encode(), pictures=given)


def test_a_list_becomes_the_series_and_is_taken_back_as_one(application: Application, pages: Path) -> None:
    warm = (pages / "reference-warm.webp").read_bytes()
    aki = {"name": "Aki", "trigger": "@Hero", "pictures": ["faces/aki.webp"]}
    view = application.take_in_elements(
        listed(aki, {"name": "Town", "kind": "place"}, pictures={"aki.webp": warm, "other.webp": b"never looked at"})
    )
    hero, town = view.palette.elements
    assert (hero.name, hero.trigger, town.name, town.kind) == ("Aki", "@Hero", "Town", "place")
    (reference,) = application.store.references.list("S")
    assert hero.pictures == [reference.reference_id]
    assert application.palettes.undo(PaletteQuery(series="S")).palette.elements == []


@pytest.mark.parametrize(
    ("file", "key"),
    [
        (ElementsFile(series="S", json=b"{"), "elements_invalid"),
        (ElementsFile(series="S", json=b'{"elements": [{"name": ""}]}'), "elements_invalid"),
        (listed(), "no_element"),
        (listed({"name": "Kon", "pictures": ["kon.png"]}), "pictures_missing"),
        (listed({"name": "Kon", "description": "d" * 701, "pictures": ["p"]}, pictures={"p": b""}), "element_long"),
        (listed({"name": "Town"}, {"name": "Kon", "trigger": "@hero"}), "element_twice"),
        (listed({"name": "Kon", "pictures": ["p"]}, pictures={"p": b"no picture"}), ""),
    ],
)
def test_what_cannot_be_taken_in_changes_nothing(application: Application, file: ElementsFile, key: str) -> None:
    kept = application.palettes.set(PaletteSet(series="S", element=ElementSet(name="Aki", trigger="@Hero"))).palette
    with pytest.raises(IrodoriError) as refusal:
        application.take_in_elements(file)
    assert (refusal.value.told[0] == key) if key else isinstance(refusal.value, ImageInvalid)
    assert application.palettes.get(PaletteQuery(series="S")).palette == kept
    assert application.store.references.list("S") == []
