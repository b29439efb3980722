"""What models made of the reader's words for a page, step by step; stands in the page's `RunMeta`."""

from __future__ import annotations

from typing import Final, Literal

from host.pipeline.records.page_meta import Record

Step = Literal["translate", "caption", "enhance"]
STEPS: Final[tuple[Step, ...]] = ("translate", "caption", "enhance")


class WordStep(Record):
    """One step. by: the model. subject: what it was about: `wish`, `avoid`, `page`, `panel 1`, `reference ID`.

    before, after: the words; a caption has nothing before it. language: what a translated text was taken for. fault:
    why it was not done, with `after` as it was before; empty where it was.
    """

    step: Step
    by: str = ""
    subject: str
    before: str = ""
    after: str = ""
    language: str = ""
    fault: str = ""


class Rewording(Record):
    """All steps of a page, in their order; the words that its engine is told follow from them alone."""

    steps: tuple[WordStep, ...] = ()

    @property
    def failed(self) -> tuple[Step, ...]:
        """The kinds of steps of which one was not done."""
        return tuple(kind for kind in STEPS if any(one.fault for one in self.steps if one.step == kind))

    @property
    def enhanced(self) -> str:
        """What a language model made of the wish; empty where none did."""
        return next((one.after for one in self._done("enhance")), "")

    @property
    def captions(self) -> tuple[tuple[str, str], ...]:
        """What is seen, each with its subject."""
        return tuple((one.subject, one.after) for one in self._done("caption"))

    def english(self, subject: Literal["wish", "avoid"], otherwise: str) -> str:
        """Return a text of the reader's in English, where it was translated."""
        return next((one.after for one in self._done("translate") if one.subject == subject), otherwise)

    def _done(self, step: Step) -> list[WordStep]:
        return [one for one in self.steps if one.step == step and not one.fault]
