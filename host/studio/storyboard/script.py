"""A script's text into scenes, by rules; the words of screenplays, as Fountain writes them, or plain prose.

A line that begins with INT., EXT., INT./EXT., I/E., EST., or with a dot, is a scene's heading; a line in capitals after
an empty one is who speaks, and what follows up to the next empty line what is said; everything else is action, a
paragraph a shot. `SCENE 3`, `PAGE 2` and `PANEL 4` begin a scene or a shot, as comic scripts have them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from host.studio.storyboard.records import DEFAULT_ACTION, DEFAULT_SHOT, Scene, Shot, ShotType, Storyboard, scenes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTES_MAX: Final = 4 * 2**20
_HEADING: Final = re.compile(
    r"^(?:INT\.?/EXT|EXT\.?/INT|I/E|INT|EXT|EST)[. ]|^\.(?!\.)|^(?:SCENE|PAGE)\b.{0,80}$", re.IGNORECASE
)
_PANEL: Final = re.compile(r"^PANEL\s+\d+\s*[.:-]*\s*", re.IGNORECASE)
_CUE: Final = re.compile(r"^@?[^a-z]{0,60}[^\W\d_][^a-z]{0,60}$")
_ASIDE: Final = re.compile(r"\s*\([^()]*\)\s*")
_INLINE: Final = re.compile(r"^([^\W\d_][\w .'-]{0,40}):\s+(.+)$", re.DOTALL)
_LETTERS_MAX: Final = 4096
_UNTITLED: Final = "SCENE 1"
# The first of these words in an action says what shot it is.
_WORDS: Final[dict[ShotType, str]] = {
    "close_up": "close[- ]?up|extreme close|cu|ecu",
    "establishing": "establishing|aerial|skyline|panorama",
    "wide": "wide|long shot|full shot|ls|ws",
    "insert": "insert|detail",
    "tracking": "tracking|pan|dolly|follow(?:s|ing)?",
    "medium": "medium|mid[- ]shot|ms",
}


def storyboard_of_script(text: str, title: str = "") -> Storyboard:
    """Return the storyboard of a script; of an empty one it has no scenes."""
    scenes: list[Scene] = []
    heading, shots = _UNTITLED, list[Shot]()
    for block in _blocks(text):
        first, rest = block[0], block[1:]
        if _HEADING.match(first):
            scenes += scenes_of(heading, shots)
            heading, shots = first.lstrip(".").strip(), []
            block = rest
        if block:
            shots.append(_shot(block))
    scenes += scenes_of(heading, shots)
    return Storyboard(title=title, told_by="script", scenes=tuple(scenes))


def _blocks(text: str) -> Iterator[list[str]]:
    """Yield the lines of each paragraph, trimmed; a heading and a panel begin one, even without an empty line."""
    block: list[str] = []
    for line in [one.strip() for one in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")] + [""]:
        if block and (not line or _HEADING.match(line) or _PANEL.match(line)):
            yield block
            block = []
        if line:
            block.append(line[:_LETTERS_MAX])


def _shot(block: list[str]) -> Shot:
    first = _PANEL.sub("", block[0])
    cue = _ASIDE.sub(" ", first.lstrip("@")).strip()
    if len(block) > 1 and _CUE.match(cue) and not _PANEL.match(block[0]):
        return _spoken(cue, " ".join(line for line in block[1:] if not (line.startswith("(") and line.endswith(")"))))
    text = " ".join(filter(None, [first, *block[1:]]))
    inline = _INLINE.match(text)
    if inline and not _named(inline[1]):
        return _spoken(inline[1], inline[2])
    return Shot(shot_type=shot_named(text), action=text[:_LETTERS_MAX] or DEFAULT_ACTION)


def _spoken(name: str, words: str) -> Shot:
    who = name.title()
    return Shot(shot_type="close_up", action=f"{who} speaks.", character=who, dialogue=words[:_LETTERS_MAX] or None)


def shot_named(text: str) -> ShotType:
    """Return what a text says a shot is, `medium` where it says nothing."""
    return _named(text) or DEFAULT_SHOT


def _named(text: str) -> ShotType | None:
    found = [
        (match.start(), kind)
        for kind, words in _WORDS.items()
        if (match := re.search(rf"\b(?:{words})\b", text, re.IGNORECASE))
    ]
    return min(found)[1] if found else None
