"""Elements of shots: a row for each of the eight signals, and what none of them is."""

import pytest

from host.errors import BadRequest
from host.studio.elements.match import CONFIDENCE, THRESHOLD, match
from host.studio.elements.records import Element, elements_of
from host.studio.storyboard.records import Shot

AKI = Element(name="Aki Tanaka", trigger="@Aki", description="a boy in a red coat with a wooden sword")
CITY = Element(name="Neon City", kind="place", description="rain, towers, signs")
SHOT = Shot(action="Nothing of note.")


def with_(**fields: object) -> Shot:
    return SHOT.model_copy(update=fields)


@pytest.mark.parametrize(
    ("signal", "confidence", "shot", "heading"),
    [
        ("character_field_exact", 1.0, with_(character="AKI TANAKA"), ""),
        ("trigger_word_in_action", 0.95, with_(action="Then @aki, laughing, falls."), ""),
        ("name_in_action", 0.85, with_(action="Enter Aki Tanaka."), ""),
        ("partial_name_in_character", 0.8, with_(character="Old Tanaka"), ""),
        ("name_in_scene", 0.6, SHOT, "INT. AKI TANAKA'S ROOM - AKI TANAKA"),
        ("description_tokens", 0.5, with_(action="A red coat lies on the floor."), ""),
        ("dialogue_mention", 0.5, with_(dialogue="Where is Aki Tanaka?"), ""),
        ("action_keywords", 0.4, with_(action="Tanaka is late."), ""),
    ],
)
def test_a_signal_of_the_plan_s_table(signal: str, confidence: float, shot: Shot, heading: str) -> None:
    (found,) = match(shot, heading, [AKI, CITY])
    assert (found.element, found.confidence, found.signals[0]) == ("Aki Tanaka", confidence, signal)


def test_the_table_is_the_plan_s() -> None:
    assert sorted(CONFIDENCE.values(), reverse=True) == [1.0, 0.95, 0.85, 0.8, 0.6, 0.5, 0.5, 0.4]
    assert THRESHOLD == 0.35


@pytest.mark.parametrize(("confidence", "is_linked"), [(0.35, True), (0.3499, False)])
def test_from_the_plan_s_threshold_on_an_element_is_linked(
    monkeypatch: pytest.MonkeyPatch, confidence: float, *, is_linked: bool
) -> None:
    monkeypatch.setitem(CONFIDENCE, "action_keywords", confidence)
    assert bool(match(with_(action="Tanaka is late."), "", [AKI])) == is_linked


@pytest.mark.parametrize(
    ("shot", "heading"),
    [
        (SHOT, "INT. KITCHEN"),
        (with_(character="Akira"), ""),  # words are whole
        (with_(action="@Akiko waves; mail@akiko.example"), ""),
        (with_(action="A coat."), ""),  # one word of the description is too few
        (with_(action="He has a boy with the of"), ""),  # common words tell nothing
        (with_(action="Akitanaka"), ""),
        (with_(character=""), ""),
    ],
)
def test_what_is_no_signal(shot: Shot, heading: str) -> None:
    assert match(shot, heading, [AKI]) == ()


def test_all_signals_are_told_and_the_strongest_counts_once() -> None:
    shot = with_(character="Aki Tanaka", action="Aki Tanaka in a red coat.", dialogue="I am Aki Tanaka")
    (found,) = match(shot, "AKI TANAKA", [AKI])
    assert found.confidence == 1.0
    assert set(found.signals) == {
        "character_field_exact", "name_in_action", "name_in_scene", "description_tokens", "dialogue_mention",
        "action_keywords",
    }  # fmt: skip


def test_the_surest_comes_first_and_equals_as_they_are_listed() -> None:
    shot = with_(character="Aki Tanaka", dialogue="Neon City!")
    assert [one.element for one in match(shot, "", [CITY, AKI])] == ["Aki Tanaka", "Neon City"]
    twins = [Element(name="Red Fox"), Element(name="Red Cat")]
    assert [one.element for one in match(with_(action="A red thing"), "", twins)] == ["Red Fox", "Red Cat"]


def test_names_of_other_scripts_are_words() -> None:
    assert match(with_(character="明"), "", [Element(name="明")])[0].confidence == 1.0
    assert match(with_(action="明 laughs"), "", [Element(name="明")])[0].signals[0] == "name_in_action"


@pytest.mark.parametrize(
    "data",
    [
        b'{"elements": [{"name": "A"}, {"name": "a"}]}',
        b'{"elements": [{"name": "A", "trigger": "@x"}, {"name": "B", "trigger": "@X"}]}',
        b'{"elements": [{"name": "A", "trigger": "x"}]}',
        b'{"elements": [{"name": " "}]}',
        b'{"elements": [{"name": "A", "kind": "ghost"}]}',
        b'{"elements": {}}',
        b"",
    ],
)
def test_what_is_no_list_of_elements_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest):
        elements_of(data)
