"""`PageStory`: what a vision-language model says of a page, panel by panel. The contract of `story.json`."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from host.pipeline.records.page_meta import Order, Record

SCHEMA_VERSION: Final = 1
PROMPT_VERSION: Final = "1"
PANELS_MAX: Final = 64
ENTRIES_MAX: Final = 64
PageType = Literal[
    "cover", "back_cover", "title_page", "splash", "interior", "ad_third_party", "letters", "editorial", "backmatter",
    "preview_comic_pages",
]  # fmt: skip
PAGE_TYPES: Final[tuple[PageType, ...]] = PageType.__args__  # type: ignore[attr-defined]
Mended = Literal["", "fences", "prose", "syntax", "cut"]
Line = Annotated[str, Field(max_length=2000)]
Count = Annotated[int, Field(ge=0)]


class Utterance(Record):
    """What somebody says; speaker: who, in the model's words, empty where it does not say."""

    text: Line
    speaker: Line = ""


class StoryPanel(Record):
    """A panel as the model tells it. order: its place in the model's reading order, from 0."""

    order: Order
    dialogue: tuple[Utterance, ...] = ()
    narration: tuple[Line, ...] = ()
    sfx: tuple[Line, ...] = ()
    characters: tuple[Line, ...] = ()
    description: Line = ""

    @property
    def has_text(self) -> bool:
        """Whether anything is written in it."""
        return bool(self.dialogue or self.narration or self.sfx)

    @property
    def lines(self) -> tuple[str, ...]:
        """All that is written in it."""
        return (*self.narration, *(one.text for one in self.dialogue), *self.sfx)


class Usage(Record):
    """What the answer took, all attempts together. cost_usd: None where nobody said a price."""

    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    attempts: Count = 1
    cost_usd: float | None = None


class PageStory(Record):
    """Everything that a model said of a page.

    place: where it ran, a server's origin or `transformers`. mended: what had to be done to its words before they were
    JSON; `cut`: it stopped in the middle, and what it had said by then is kept.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    model: str
    place: str = ""
    prompt_version: str = PROMPT_VERSION
    page_type: PageType | None = None
    summary: Line = ""
    panels: tuple[StoryPanel, ...] = ()
    usage: Usage = Usage()
    mended: Mended = ""


def _texts() -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ANSWER_SCHEMA: Final[dict[str, Any]] = _object(
    {
        "page_type": {"type": "string", "enum": list(PAGE_TYPES)},
        "summary": {"type": "string"},
        "panels": {
            "type": "array",
            "items": _object(
                {
                    "description": {"type": "string"},
                    "dialogue": {
                        "type": "array",
                        "items": _object({"speaker": {"type": "string"}, "text": {"type": "string"}}),
                    },
                    "narration": _texts(),
                    "sfx": _texts(),
                    "characters": _texts(),
                }
            ),
        },
    }
)
"""What a model is asked to answer, as JSON Schema: every field required, as strict servers want it."""

_DIRECTIONS: Final = {"rtl": "right to left", "ltr": "left to right", "ttb": "from the top down"}


def question(direction: str) -> str:
    """Return what a model is asked about a page that is read in this direction."""
    way = _DIRECTIONS.get(direction, "the way that it is drawn for")
    return (
        f"This is one page of a comic. Its panels are read {way}, from the top. Answer with one JSON object and "
        'nothing else: {"page_type": one of '
        f"{', '.join(PAGE_TYPES)}; "
        '"summary": one sentence on what happens; "panels": a list with one object for each panel, in reading order: '
        '{"description": what is seen, in one sentence, "dialogue": [{"speaker": who, or "", "text": what the balloon '
        'says}], "narration": [captions], "sfx": [sound effects], "characters": [who is seen]}}. Write '
        "lettering down letter for letter in its own language; do not translate, do not invent. An empty list where "
        "there is none."
    )
