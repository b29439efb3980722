"""`elements.json`, as a person writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from host.errors import BadRequest, TooLarge
from host.palettes.elements import TRIGGER
from host.studio.elements.records import BYTES_MAX, elements_of, read_elements

if TYPE_CHECKING:
    from pathlib import Path


def listed(*elements: dict[str, object], **facts: object) -> bytes:
    return json.dumps({"elements": elements, **facts}).encode()


def test_what_a_file_lists_is_read(tmp_path: Path) -> None:
    file = tmp_path / "elements.json"
    file.write_bytes(
        listed({"name": "Aki", "trigger": "@Hero", "pictures": ["a.png"]}, {"name": "Hall", "kind": "place"})
    )
    aki, hall = read_elements(file).elements
    assert (aki.name, aki.kind, aki.trigger, aki.pictures) == ("Aki", "character", "@Hero", ("a.png",))
    assert (hall.kind, hall.trigger, hall.description) == ("place", None, "")


def test_a_file_that_is_none_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "elements.json"
    file.write_bytes(listed({"name": ""}))
    with pytest.raises(BadRequest, match=r"elements\.json: It is no valid list") as refused:
        read_elements(file)
    assert refused.value.hint.startswith("elements[0].name: ")
    with pytest.raises(BadRequest, match="There is no"):
        read_elements(tmp_path / "none.json")
    file.write_bytes(b" " * (BYTES_MAX + 1))
    with pytest.raises(TooLarge):
        read_elements(file)


@pytest.mark.parametrize(
    ("one", "two", "what"),
    [
        ({"name": "Aki"}, {"name": "AKI"}, "the name 'aki'"),
        ({"name": "A", "trigger": "@x"}, {"name": "B", "trigger": "@X"}, "the trigger '@x'"),
    ],
)
def test_no_two_have_one_name_or_trigger(one: dict[str, object], two: dict[str, object], what: str) -> None:
    with pytest.raises(BadRequest) as refused:
        elements_of(listed(one, two))
    assert what in refused.value.hint
    assert elements_of(listed({"name": "A"}, {"name": "B"})).elements[1].name == "B"  # neither has a trigger


@pytest.mark.parametrize(
    ("text", "words"),
    [("@Hero runs", ["@Hero"]), ("x@Hero @@Hero", []), ("(@a-b)@c, @d.", ["@a-b", "@c", "@d"]), ("@ alone", [])],
)
def test_a_trigger_word_stands_whole_in_a_text(text: str, words: list[str]) -> None:
    assert TRIGGER.findall(text) == words
