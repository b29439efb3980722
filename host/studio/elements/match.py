"""Which elements a shot shows, told by its texts alone: eight signals, each with how sure it makes.

    character_field_exact      1.00   the shot's character is the element's name
    trigger_word_in_action     0.95   the action has the element's trigger word
    name_in_action             0.85   the action has the element's name
    partial_name_in_character  0.80   a word of the name is a word of the character, or the other way round
    name_in_scene              0.60   the scene's heading has the name
    description_tokens         0.50   the action has at least two words of the description, and a fifth of them
    dialogue_mention           0.50   the name is spoken
    action_keywords            0.40   the action has a word of the name

An element's confidence is that of its strongest signal; all that speak for it are told. Below `THRESHOLD` it is not
linked. Words are compared whole and without case. The table is that of the project's seed plan for storyboards.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

from host.palettes.elements import TRIGGER
from host.studio.storyboard.records import MatchedElement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from host.studio.elements.records import Element
    from host.studio.storyboard.records import Shot, Storyboard

Signal = Literal[
    "character_field_exact",
    "trigger_word_in_action",
    "name_in_action",
    "partial_name_in_character",
    "name_in_scene",
    "description_tokens",
    "dialogue_mention",
    "action_keywords",
]
CONFIDENCE: Final[dict[Signal, float]] = {
    "character_field_exact": 1.0,
    "trigger_word_in_action": 0.95,
    "name_in_action": 0.85,
    "partial_name_in_character": 0.8,
    "name_in_scene": 0.6,
    "description_tokens": 0.5,
    "dialogue_mention": 0.5,
    "action_keywords": 0.4,
}
THRESHOLD: Final = 0.35
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SHORTEST_WORD: Final = 3
_TOKENS_MIN: Final = 2
_TOKENS_SHARE: Final = 0.2
_COMMON: Final = frozenset(
    """
    the a an and or of in on at to with for from by is are was were be been has have had his her its
    their she he they it who that this these those into over under out up down as but not all one two
    very then than
    """.split()  # noqa: SIM905 - a list of words reads as one
)


def matched(board: Storyboard, elements: Sequence[Element]) -> Storyboard:
    """Return the storyboard with the elements of every shot."""
    scenes = [
        scene.model_copy(
            update={
                "shots": tuple(
                    shot.model_copy(update={"matched_elements": match(shot, scene.heading, elements)})
                    for shot in scene.shots
                )
            }
        )
        for scene in board.scenes
    ]
    return board.model_copy(update={"scenes": tuple(scenes)})


def matches(board: Storyboard) -> list[dict[str, Any]]:
    """Return every match of a storyboard as plain data: where, which element, how surely, and by which signals."""
    return [
        {
            "scene": number, "shot": place, "page": shot.source.page if shot.source else "",
            "panel": shot.source.panel if shot.source else 0,
            "element": one.element, "confidence": one.confidence, "signals": list(one.signals),
        }
        for number, scene in enumerate(board.scenes, 1)
        for place, shot in enumerate(scene.shots, 1)
        for one in shot.matched_elements
    ]  # fmt: skip


def match(shot: Shot, heading: str, elements: Sequence[Element]) -> tuple[MatchedElement, ...]:
    """Return the elements that a shot shows, the surest first; of equals the one that is listed first."""
    found = []
    for element in elements:
        signals = sorted(signals_of(element, shot, heading), key=lambda one: -CONFIDENCE[one])
        if signals and CONFIDENCE[signals[0]] >= THRESHOLD:
            found.append(
                MatchedElement(element=element.name, confidence=CONFIDENCE[signals[0]], signals=tuple(signals))
            )
    return tuple(sorted(found, key=lambda one: -one.confidence))


def signals_of(element: Element, shot: Shot, heading: str) -> Iterator[Signal]:
    """Yield what speaks for an element in a shot."""
    name, action = _words(element.name), _words(shot.action)
    character = _words(shot.character or "")
    if name and character == name:
        yield "character_field_exact"
    elif _telling(name) & _telling(character):
        yield "partial_name_in_character"
    if element.trigger and _has_trigger(shot.action, element.trigger):
        yield "trigger_word_in_action"
    if _holds(action, name):
        yield "name_in_action"
    if _holds(_words(heading), name):
        yield "name_in_scene"
    if _holds(_words(shot.dialogue or ""), name):
        yield "dialogue_mention"
    told = _telling(_words(element.description))
    shared = told & _telling(action)
    if len(shared) >= _TOKENS_MIN and len(shared) >= _TOKENS_SHARE * len(told):
        yield "description_tokens"
    if _telling(name) & _telling(action):
        yield "action_keywords"


def _has_trigger(text: str, trigger: str) -> bool:
    return trigger.casefold() in map(str.casefold, TRIGGER.findall(text))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _telling(words: Sequence[str]) -> frozenset[str]:
    return frozenset(
        word for word in words if word not in _COMMON and (len(word) >= _SHORTEST_WORD or not word.isascii())
    )


def _holds(text: Sequence[str], part: Sequence[str]) -> bool:
    count = len(part)
    return count > 0 and any(tuple(text[at : at + count]) == tuple(part) for at in range(len(text) - count + 1))
