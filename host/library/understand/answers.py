"""From a model's words to what it says of a page: fences, prose around them, broken or cut JSON, other names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from host.library.understand.story import ENTRIES_MAX, PAGE_TYPES, PANELS_MAX, StoryPanel, Utterance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from host.library.understand.story import Mended, PageType

_LINE_MAX: Final = 2000
# Repairing takes time that grows with the square of the length; no page needs so much.
_REPAIRED_MAX: Final = 1 << 16
_THOUGHT: Final = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCE: Final = re.compile(r"```[ \t]*(?:json5?|JSON)?[ \t]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_START: Final = re.compile(r"\[\s*\{|\{")
_PANELS: Final = ("panels", "panel_list", "frames")
_SAID: Final = ("text", "line", "content", "speech", "dialogue")
_WHO: Final = ("speaker", "character", "name", "who")
_CAPTIONS: Final = ("narration", "captions", "caption", "narrations")
_SOUNDS: Final = ("sfx", "sound_effects", "onomatopoeia", "sounds")


class AnswerInvalid(ValueError):
    """These words say nothing of a page that could be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says."""

    panels: tuple[StoryPanel, ...]
    page_type: PageType | None = None
    summary: str = ""
    mended: Mended = ""


def read_answer(words: str, *, is_cut: bool = False) -> Told:
    """Return what an answer says of a page. is_cut: the model was stopped before it was done.

    Raises:
        AnswerInvalid: it is empty, holds no JSON, or no list of panels.
    """
    document, mended = _parsed(_THOUGHT.sub("", words).strip())
    page = _page(document)
    panels = [_panel(place, one) for place, one in enumerate(_listed(page)[:PANELS_MAX])]
    kind = page.get("page_type")
    return Told(
        panels=tuple(panels),
        page_type=next((one for one in PAGE_TYPES if one == kind), None),
        summary=_line(page.get("summary")),
        mended="cut" if is_cut and mended else mended,
    )


def _parsed(words: str) -> tuple[Any, Mended]:
    if not words:
        raise AnswerInvalid("The answer is empty.")
    for text, mended in _candidates(words):
        try:
            return json.loads(text), mended
        except (ValueError, RecursionError):
            continue
    start = _START.search(words)
    if start is None:
        raise AnswerInvalid("The answer holds no JSON.")
    try:
        document, end = json.JSONDecoder().raw_decode(words, start.start())
        if end <= len(words):
            return document, "prose"
    except (ValueError, RecursionError):
        pass
    return _repaired(words[start.start() :][:_REPAIRED_MAX])


def _candidates(words: str) -> Iterator[tuple[str, Mended]]:
    yield words, ""
    for fenced in _FENCE.findall(words):
        if fenced.strip():
            yield fenced.strip(), "fences"


def _repaired(words: str) -> tuple[Any, Mended]:
    import json_repair

    body = words.partition("```")[0].rstrip()
    try:
        document = json_repair.loads(body, skip_json_loads=True)
    except (ValueError, RecursionError, IndexError, TypeError) as exc:
        raise AnswerInvalid("The answer's JSON cannot be repaired.") from exc
    is_whole = body.endswith(("}", "]")) and body.count("{") == body.count("}")
    return document, "syntax" if is_whole else "cut"


def _page(document: Any) -> Mapping[str, Any]:
    """Return the object that holds the panels."""
    if isinstance(document, list):
        is_wrapped = len(document) == 1 and isinstance(document[0], dict) and _has_panels(document[0])
        return document[0] if is_wrapped else {"panels": document}
    if not isinstance(document, dict):
        raise AnswerInvalid("The answer is no JSON object.")
    if _has_panels(document):
        return document
    for inner in document.values():  # {"page": {"panels": …}}
        if isinstance(inner, dict) and _has_panels(inner):
            return {**document, **inner}
    raise AnswerInvalid("The answer has no list of panels.")


def _has_panels(document: Mapping[str, Any]) -> bool:
    return any(isinstance(document.get(name), list) for name in _PANELS)


def _listed(page: Mapping[str, Any]) -> list[Any]:
    panels = next(page[name] for name in _PANELS if isinstance(page.get(name), list))
    if not all(isinstance(one, dict) for one in panels):
        raise AnswerInvalid("The answer's panels are no objects.")
    return list(panels)


def _panel(place: int, told: Mapping[str, Any]) -> StoryPanel:
    inner = told.get("text")
    fields = {**told, **inner} if isinstance(inner, dict) else told
    return StoryPanel(
        order=place,
        dialogue=tuple(_utterances(_first(fields, ("dialogue", "dialogues", "speech")))),
        narration=tuple(_lines(_first(fields, _CAPTIONS))),
        sfx=tuple(_lines(_first(fields, _SOUNDS))),
        characters=tuple(_lines(_first(fields, ("characters", "character")), _WHO)),
        description=_line(_first(fields, ("description", "caption_text", "action"))),
    )


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) is not None), None)


def _utterances(value: Any) -> Iterator[Utterance]:
    for one in _each(value):
        if isinstance(one, dict):
            text, speaker = _line(_first(one, _SAID)), _line(_first(one, _WHO))
        else:
            text, speaker = _line(one), ""
        if text:
            yield Utterance(text=text, speaker=speaker)


def _lines(value: Any, names: tuple[str, ...] = _SAID) -> Iterator[str]:
    for one in _each(value):
        line = _line(_first(one, names) if isinstance(one, dict) else one)
        if line:
            yield line


def _each(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return value[:ENTRIES_MAX] if isinstance(value, list) else [value]


def _line(value: Any) -> str:
    """Return a text; what is no text, or means that there is none, is empty."""
    if not isinstance(value, str):
        return ""
    text = value.encode("utf-8", "replace").decode().strip()[:_LINE_MAX]
    return "" if text.casefold() in ("none", "null", "n/a") else text
