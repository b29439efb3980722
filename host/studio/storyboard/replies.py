"""A language model's answer into scenes: fences off, its JSON found, and what is wrong in it put right.

Unknown shots are `medium`, a shot without an action gets "A cinematic shot.", what is no text is left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from host.errors import BadRequest
from host.pipeline.records.json_files import parse_json
from host.studio.storyboard.records import (
    DEFAULT_ACTION,
    DEFAULT_SHOT,
    SHOT_TYPES,
    Scene,
    Shot,
    ShotType,
    Storyboard,
    scenes_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"scenes": {"type": "array", "items": Scene.model_json_schema(mode="validation")}},
    "required": ["scenes"],
}
INSTRUCTIONS: Final = (
    "You are a storyboard artist and screenwriter. Turn the text into scenes and shots. Answer with JSON alone, "
    'without any words around it: [{"heading": "INT. PLACE - TIME", "shots": [{"shot_type": "...", "action": "...", '
    '"character": null, "dialogue": null}]}]. shot_type is one of '
    f"{', '.join(SHOT_TYPES)}. A scene has 1 to 8 shots of different types. Actions are short and visual. "
    "Dialogue stands with close_up or medium shots. Names of characters are in Title Case."
)
_FENCE: Final = re.compile(r"```[\w-]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_LINE_MAX: Final = 4096


def storyboard_of_reply(reply: str, title: str = "") -> Storyboard:
    """Return the storyboard that a model answered with.

    Raises:
        BadRequest: there is no list of scenes in it.
    """
    for document in _documents(reply):
        found = document.get("scenes", [document]) if isinstance(document, dict) else document
        asked = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        scenes = tuple(scene for one in asked for scene in _scene(one))
        if scenes:
            return Storyboard(title=title, told_by="model", scenes=scenes)
    raise BadRequest("The model's answer holds no scenes.", "Ask again, or leave the model out: rules do it, too.")


def _documents(reply: str) -> Iterator[Any]:
    """Yield what can be read as JSON in an answer, the likeliest first."""
    fenced = _FENCE.search(reply)
    for text in filter(None, (fenced and fenced[1], reply, _span(reply, "[", "]"), _span(reply, "{", "}"))):
        try:
            yield parse_json(text.strip().encode())
        except BadRequest:
            continue


def _span(text: str, opening: str, closing: str) -> str:
    start, end = text.find(opening), text.rfind(closing)
    return text[start : end + 1] if 0 <= start < end else ""


def _scene(one: dict[str, Any]) -> list[Scene]:
    shots = one.get("shots")
    heading = _text(one.get("heading")) or "SCENE"
    return scenes_of(
        heading, [_shot(shot) for shot in shots if isinstance(shot, dict)] if isinstance(shots, list) else []
    )


def _shot(one: dict[str, Any]) -> Shot:
    return Shot(
        shot_type=normal_shot(one.get("shot_type")),
        action=_text(one.get("action")) or DEFAULT_ACTION,
        character=_text(one.get("character")),
        dialogue=_text(one.get("dialogue")),
    )


def normal_shot(value: object) -> ShotType:
    """Return a kind of shot from what somebody calls it: `Close-Up`, `close up` and `CLOSE_UP` are `close_up`."""
    name = re.sub(r"[\s-]+", "_", str(value).strip().casefold())
    found = next((kind for kind in SHOT_TYPES if kind == name), None)
    return found or DEFAULT_SHOT


def _text(value: object) -> str | None:
    """Return a line's text; a line as an object (`{"line": …}`, `{"text": …}`) is its text, everything else is none."""
    if isinstance(value, dict):
        value = value.get("line") or value.get("text") or value.get("name")
    return value.strip()[:_LINE_MAX] or None if isinstance(value, str) else None
