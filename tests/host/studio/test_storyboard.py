"""Storyboards: of panels, of scripts, of models' answers; and what becomes of them."""

import json

import numpy as np
import pytest

from engines.geometry import Box, Size
from host.errors import BadRequest
from host.pipeline.records.page_meta import Balloon, Character, Face, PageMeta, Panel, SoundEffect
from host.studio import schemas
from host.studio.elements.match import match
from host.studio.elements.records import Element
from host.studio.storyboard import replies
from host.studio.storyboard.fountain import as_fountain
from host.studio.storyboard.from_pages import ReadPage, storyboard_of_pages
from host.studio.storyboard.records import MatchedElement, Scene, Shot, Storyboard, scenes_of
from host.studio.storyboard.replies import INSTRUCTIONS, normal_shot, storyboard_of_reply
from host.studio.storyboard.script import shot_named, storyboard_of_script
from host.studio.storyboard.sheet import contact_sheet
from host.studio.storyboard.shots import action, shot_type

PANEL = Panel(box=Box(0, 0, 100, 100), order=0, score=1.0)


def meta(**fields: object) -> PageMeta:
    base = {"size": Size(200, 100), "pixels_sha256": "0" * 64, "kind": "story", "direction": "rtl", "panels": (PANEL,)}
    return PageMeta.model_validate(base | fields)


def figure(height: int, panel: int = 0) -> Character:
    return Character(box=Box(10, 100 - height, 50, 100), index=0, panel=panel)


def face(height: int, panel: int = 0) -> Face:
    return Face(box=Box(10, 10, 40, 10 + height), panel=panel)


@pytest.mark.parametrize(
    ("kind", "things"),
    [
        ("close_up", {"faces": (face(34),)}),
        ("medium", {"faces": (face(33),)}),
        ("medium", {"faces": (face(10),), "characters": (figure(20),)}),
        ("wide", {"faces": (face(9),), "characters": (figure(99),)}),
        ("medium", {"characters": (figure(67),)}),
        ("wide", {"characters": (figure(66),)}),
        ("establishing", {}),
        ("establishing", {"characters": (figure(90, panel=1),)}),  # somebody else's panel
        ("insert", {"panels": (PANEL.model_copy(update={"box": Box(0, 0, 49, 50)}),)}),
        ("establishing", {"panels": (PANEL.model_copy(update={"box": Box(0, 0, 50, 50)}),)}),
    ],
)
def test_a_panel_s_shot_goes_by_who_is_in_it(kind: str, things: dict) -> None:
    found = meta(**things)
    assert shot_type(found.panels[0], found) == kind


def test_an_action_counts_what_is_to_be_seen() -> None:
    found = meta(
        characters=(figure(20), figure(30).model_copy(update={"index": 1}), figure(9, panel=3)),
        balloons=(Balloon(box=Box(0, 0, 9, 9), order=0, panel=0),),
        sound_effects=(SoundEffect(box=Box(0, 0, 9, 9), panel=0), SoundEffect(box=Box(1, 0, 9, 9), panel=0)),
    )
    assert action(PANEL, found) == "2 figures, one balloon, 2 sound effects."
    assert action(PANEL, meta()) == "Nobody is to be seen."


def pages_of(*kinds: str) -> list[ReadPage]:
    """A page of one panel for each kind of shot."""
    things = {"establishing": {}, "close_up": {"faces": (face(60),)}, "wide": {"characters": (figure(30),)}}
    return [ReadPage(f"{number}.png", meta(**things[kind])) for number, kind in enumerate(kinds, 1)]


def test_a_place_seen_anew_begins_a_scene() -> None:
    kinds = ("close_up", "establishing", "establishing", "wide", "establishing")
    board = storyboard_of_pages(pages_of(*kinds), "One")
    assert [[shot.shot_type for shot in scene.shots] for scene in board.scenes] == [
        ["close_up"], ["establishing", "establishing", "wide"], ["establishing"],
    ]  # fmt: skip
    assert board.scenes[1].heading == "2.png, PANEL 1"


def test_a_splash_begins_a_scene_and_a_long_scene_is_cut() -> None:
    pages = pages_of(*["close_up"] * 10)
    pages[9] = ReadPage("last.png", pages[9].meta.model_copy(update={"kind": "splash"}))
    board = storyboard_of_pages(pages)
    assert [len(scene.shots) for scene in board.scenes] == [8, 1, 1]
    assert board.scenes[1].heading == "1.png, PANEL 1 (CONT'D)"


def test_panels_come_as_they_are_read_with_what_their_balloons_say() -> None:
    panels = (PANEL.model_copy(update={"order": 1}), PANEL.model_copy(update={"box": Box(0, 100, 100, 200)}))
    said = ((2, 0, "Third. "), (0, 0, "First\nof all."), (1, 1, "Second."), (3, 0, ""))
    balloons = tuple(
        Balloon(box=Box(0, 0, 9, 9), order=order, panel=panel, words=words) for order, panel, words in said
    )
    page = ReadPage("p.png", meta(panels=panels, balloons=balloons))
    shots = storyboard_of_pages([page]).scenes[0].shots
    assert [shot.source.panel for shot in shots if shot.source] == [1, 2]
    assert [shot.dialogue for shot in shots] == ["First of all. / Third.", "Second."]
    assert shots[0].source is not None
    assert shots[0].source.box == (0, 100, 100, 200)


def test_pages_without_panels_have_no_scenes() -> None:
    assert storyboard_of_pages([ReadPage("a", meta(panels=()))]).scenes == ()


SCRIPT = """INT. NEON CITY - NIGHT

Wide shot of towers in the rain.

AKI (whispering)
(looks up)
Is it
over?

Close-up: a hand on a sword.
EXT. ROOF
PANEL 1: Aki runs.
Panel 2
Kon: Wait!
"""


def test_a_script_s_headings_actions_and_lines() -> None:
    board = storyboard_of_script(SCRIPT, "Night")
    assert [scene.heading for scene in board.scenes] == ["INT. NEON CITY - NIGHT", "EXT. ROOF"]
    first, second = board.scenes
    assert [shot.shot_type for shot in first.shots] == ["wide", "close_up", "close_up"]
    assert (first.shots[1].character, first.shots[1].dialogue) == ("Aki", "Is it over?")
    assert second.shots[0].action == "Aki runs."
    assert (second.shots[1].character, second.shots[1].dialogue) == ("Kon", "Wait!")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "AKI", "INT.", ".", "PANEL", "(", "\x00", "a" * 9000, "INT. A\r\rAKI\rHello", "@ki\nHi", ": :"]
)
def test_any_text_is_a_script(text: str) -> None:
    board = storyboard_of_script(text)
    assert Storyboard.model_validate_json(board.model_dump_json()) == board


@pytest.mark.parametrize(
    ("text", "kind"),
    [("We follow him", "tracking"), ("A wide shot, then a close-up", "wide"), ("Insert: a key", "insert"),
     ("He sits", "medium"), ("AERIAL view", "establishing"), ("mislead", "medium")],
)  # fmt: skip
def test_the_first_word_for_a_shot_counts(text: str, kind: str) -> None:
    assert shot_named(text) == kind


SCENES = [
    {
        "heading": "INT. HALL",
        "shots": [{"shot_type": "wide", "action": "A hall.", "dialogue": "Hi", "character": "Aki"}],
    }
]


@pytest.mark.parametrize(
    "reply",
    [
        json.dumps(SCENES),
        "```json\n" + json.dumps(SCENES) + "\n```",
        "Here you are:\n```\n" + json.dumps(SCENES, indent=2) + "\n```\nEnjoy!",
        "Sure! " + json.dumps(SCENES) + " Is that fine?",
        json.dumps({"scenes": SCENES}),
        "The scene: " + json.dumps(SCENES[0]) + ".",
        "```json\n" + json.dumps(SCENES),
    ],
)
def test_a_model_s_answer_in_any_wrapping(reply: str) -> None:
    board = storyboard_of_reply(reply)
    assert board.told_by == "model"
    assert board.scenes == (
        Scene(heading="INT. HALL", shots=(Shot(shot_type="wide", action="A hall.", character="Aki", dialogue="Hi"),)),
    )


def test_what_a_model_gets_wrong_is_put_right() -> None:
    shots = [{"shot_type": "dutch angle", "action": "", "character": 3, "dialogue": {"line": " Oh "}}, "no shot", {}]
    (scene,) = storyboard_of_reply(
        json.dumps([{"shots": shots}, 7, {"shots": "x"}, {"heading": "Y", "shots": []}])
    ).scenes
    assert scene.heading == "SCENE"
    assert scene.shots == (
        Shot(shot_type="medium", action="A cinematic shot.", character=None, dialogue="Oh"),
        Shot(),
    )


@pytest.mark.parametrize(
    "reply", ["", "I cannot do that.", "[]", "{}", "null", "[1, 2]", "```json\n```", "[" * 5000, '[{"a":']
)
def test_an_answer_without_scenes_is_refused(reply: str) -> None:
    with pytest.raises(BadRequest):
        storyboard_of_reply(reply)


@pytest.mark.parametrize(
    ("said", "kind"),
    [("Close-Up", "close_up"), (" CLOSE UP ", "close_up"), ("insert", "insert"), (None, "medium"), (3, "medium")],
)  # fmt: skip
def test_kinds_of_shots_are_told_however_they_are_written(said: object, kind: str) -> None:
    assert normal_shot(said) == kind


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("close_up", "close_up"), ("medium", "medium"), ("wide", "wide"), ("establishing", "establishing"),
        ("insert", "insert"), ("tracking", "tracking"), ("dutch", "medium"), ("", "medium"),
    ],
)  # fmt: skip
def test_kinds_of_shots_are_the_plan_s(said: str, kind: str) -> None:
    assert normal_shot(said) == kind
    assert kind in INSTRUCTIONS


def test_a_fountain_script_reads_back() -> None:
    board = storyboard_of_script(SCRIPT, "Night\nfall")
    text = as_fountain(board)
    assert text.startswith("Title: Night fall\n\n.INT. NEON CITY - NIGHT\n\n!WIDE - Wide shot of towers in the rain.\n")
    assert "@AKI\nIs it over?\n" in text
    again = storyboard_of_script(text.split("\n\n", 1)[1])
    assert [scene.heading for scene in again.scenes] == [scene.heading for scene in board.scenes]
    assert [shot.dialogue for scene in again.scenes for shot in scene.shots if shot.dialogue] == [
        "Is it over?",
        "Wait!",
    ]


def test_a_contact_sheet_shows_panels_and_escapes_words() -> None:
    page = ReadPage("<p>.png", meta(faces=(face(60),)))
    board = storyboard_of_pages([page], "<b>&")
    asked: list[str] = []

    def picture_of(name: str) -> np.ndarray:
        asked.append(name)
        return np.full((200, 100, 3), 200, np.uint8)

    html = contact_sheet(board, picture_of).decode()
    assert asked == ["<p>.png"]
    assert html.count("<img ") == 1
    assert "&lt;b&gt;&amp;" in html
    assert "<b>&" not in html
    assert "1 scene, 1 shot" in html
    assert contact_sheet(board, lambda _: None).decode().count("<img ") == 0


def test_a_contact_sheet_says_who_speaks_and_which_elements_are_there() -> None:
    matched = MatchedElement(element="<Hero>", confidence=0.875, signals=("name", "look"))
    spoken = Shot(shot_type="close_up", action="A & B", character="Aki", dialogue="<Run>", matched_elements=(matched,))
    silent = Shot(shot_type="wide", action="c", dialogue="Boom")
    board = Storyboard(title="", told_by="script", scenes=tuple(scenes_of("ROOF", [spoken, silent])))
    html = contact_sheet(board, lambda _: None).decode()
    assert "<title>Storyboard" in html
    assert "1. ROOF" in html
    assert "<b>1.1 close up</b><span>A &amp; B</span><q>Aki: &lt;Run&gt;</q>" in html
    assert "<small>&lt;Hero&gt; 0.88 (name, look)</small>" in html
    assert "<b>1.2 wide</b><span>c</span><q>Boom</q>" in html
    assert "1 scene, 2 shots" in html


def test_the_exported_schemas_are_current() -> None:
    assert schemas.stale() == []


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (" Run! ", "Run!"), ({"line": "Run!", "text": "no"}, "Run!"), ({"text": "Run!", "name": "no"}, "Run!"),
        ({"name": " Run! "}, "Run!"), ({"line": "", "name": "Run!"}, "Run!"), ({}, None), ("  ", None), (3, None),
        ({"line": 3}, None), (["Run!"], None),
    ],
)  # fmt: skip
def test_a_line_is_told_as_text_or_as_an_object(said: object, text: str | None) -> None:
    assert replies._text(said) == text


def test_people_who_are_known_are_named_in_their_panel_and_so_found_among_the_elements() -> None:
    two = PANEL.model_copy(update={"order": 1, "box": Box(100, 0, 200, 100)})
    page = ReadPage("001", meta(panels=(PANEL, two), characters=(figure(50),)), people={0: ("Aki", "Ren")})
    scene, after = storyboard_of_pages([page]).scenes  # an empty panel begins another one
    assert [shot.action for shot in (*scene.shots, *after.shots)] == [
        "One figure. Seen: Aki, Ren.",
        "Nobody is to be seen.",
    ]
    assert scene.shots[0].character is None  # who speaks is not known
    (found,) = match(scene.shots[0], scene.heading, [Element(name="Ren"), Element(name="Kon")])
    assert (found.element, found.confidence) == ("Ren", 0.85)
