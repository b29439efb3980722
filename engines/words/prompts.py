"""What a language model is told of the engine that its words are for, by family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from engines.info import Wording

Work = Literal["page", "part", "film"]
_ANSWER: Final = "Answer in English with the wording alone: no introduction, no quotes, no explanation."
_TASKS: Final[dict[Work, str]] = {
    "page": (
        "You word requests for a network that colours black-and-white manga pages. The drawing stays exactly as it is: "
        "say only which colours, materials, light and mood things have. Keep every colour and every name that the "
        "reader gives. Add no people, objects, text, poses or camera moves."
    ),
    "part": (
        "You word requests for a network that paints one part of a manga page anew, in the style of what is around it. "
        "Say what is to be seen there, with its colours, materials and light. Keep every thing, colour and name that "
        "the reader gives. Add nobody and nothing that the reader did not ask for, and no text."
    ),
    "film": (
        "You word requests for a network that makes a drawn panel of a manga move for a few seconds. Say who or what "
        "moves, how and in which order, and what the camera does. Keep everything that the reader says. Add nobody and "
        "no cut to another scene."
    ),
}
_TAGS: Final = (
    "The network reads tags as on Danbooru: short, lower case, separated by commas, the most important first, at most "
    "30. No sentences."
)
_SENTENCES: Final = "The network reads plain sentences: two to four of them, at most 90 words, nothing negated."
_OF_ENGINE: Final = {
    "flux2": "It has no negative prompt, weighs every word alike and knows colours by name or as #RRGGBB.",
    "qwen": "It follows instructions: begin with `Colour`, then name part after part.",
    "sd35": "It reads what comes first most carefully: begin with the most important colours.",
}
FAMILIES: Final = ("tags", "sentences", *_OF_ENGINE)


def family_of(engine_id: str, wording: Wording) -> str:
    """Return the family of an engine that reads words, one of `FAMILIES`."""
    if wording == "tags":
        return "tags"
    return next((one for one in _OF_ENGINE if one in engine_id), "flux2" if engine_id == "comfyui" else "sentences")


def system_prompt(family: str, work: Work = "page") -> str:
    """Return what the model is told before it hears the wish. work: what the words are for."""
    reads = _TAGS if family == "tags" else _SENTENCES
    return " ".join(filter(None, (_TASKS[work], _ANSWER, reads, _OF_ENGINE.get(family, ""))))


def question(wish: str, captions: str) -> str:
    """Return what the model is asked: the wish, and what the page shows."""
    asked = f"The reader's wish: {wish}" if wish else "The reader wishes nothing in particular."
    return f"{asked}\nThe page shows: {captions}" if captions else asked
