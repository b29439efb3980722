"""Asking a model about pages until it answers: again where that may help, never where it cannot."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engines.vlm.base import ModelFault
from host.errors import RemoteFailed
from host.library.understand.answers import AnswerInvalid, Told, read_answer
from host.library.understand.pace import Pace
from host.library.understand.story import ANSWER_SCHEMA, PROMPT_VERSION, PageStory, Usage, question

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from engines.vlm.base import Answer, VisionLanguageModel

_REST_MAX_S: Final = 60.0
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens; None where nobody said. A server that says what it charged goes first."""

    prompt: float | None = None
    completion: float | None = None

    def of(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Return what so many tokens cost."""
        if self.prompt is None and self.completion is None:
            return None
        return (prompt_tokens * (self.prompt or 0) + completion_tokens * (self.completion or 0)) / _MILLION


class _Spent:
    """What the attempts of one page took together."""

    def __init__(self) -> None:
        self.prompt = self.completion = self.attempts = 0
        self.cost: float | None = None
        self.said = ""
        self.cut: Told | None = None

    def add(self, answer: Answer, prices: Prices) -> None:
        self.prompt += answer.prompt_tokens
        self.completion += answer.completion_tokens
        self.said = answer.text
        cost = answer.cost_usd
        if cost is None:
            cost = prices.of(answer.prompt_tokens, answer.completion_tokens)
        if cost is not None:
            self.cost = (self.cost or 0.0) + cost


class StoryFailed(RemoteFailed):
    """A model did not tell a page. said: its last words, empty where there were none."""

    def __init__(self, message: str, hint: str, said: str, usage: Usage) -> None:
        super().__init__(message, hint)
        self.said = said
        self.usage = usage


class Teller:
    """Asks one model; thread-safe. After a fault that holds for all pages nothing more is sent."""

    def __init__(
        self,
        model: VisionLanguageModel,
        pace: Pace | None = None,
        attempts: int = 5,
        prices: Prices | None = None,
        backoff_s: float = 1.0,
    ) -> None:
        """Set up. backoff_s: the first wait after a fault; it doubles each time, to a minute; by chance a part."""
        self.model = model
        self._pace = pace or Pace()
        self._attempts = attempts
        self._prices = prices or Prices()
        self._backoff_s = backoff_s
        self._stopped: ModelFault | None = None
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        """What decides a story, apart from the page."""
        return json.dumps([self.model.place, self.model.name, PROMPT_VERSION])

    def end(self) -> None:
        """Let those who wait give up; nothing more is asked."""
        self._pace.end()

    def tell(self, picture: bytes, direction: str) -> PageStory:
        """Return what the model says of a page, a JPEG.

        Raises:
            StoryFailed: it does not answer, also when asked again.
        """
        import tenacity

        spent = _Spent()
        asked = question(direction)
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception(_may_help),
            sleep=self._pace.sleep,
            reraise=True,
        )
        try:
            told = retrying(self._ask, picture, asked, spent)
        except AnswerInvalid as exc:
            if spent.cut is None:
                words = f"The model's answer cannot be used: {exc}"
                raise StoryFailed(words, "Try another model.", spent.said, self._usage(spent)) from exc
            told = spent.cut
        except ModelFault as exc:
            if spent.cut is None:
                raise StoryFailed(exc.message, exc.hint, spent.said, self._usage(spent)) from exc
            told = spent.cut
        return PageStory(
            model=self.model.name,
            place=self.model.place,
            page_type=told.page_type,
            summary=told.summary,
            panels=told.panels,
            usage=self._usage(spent),
            mended=told.mended,
        )

    def _ask(self, picture: bytes, asked: str, spent: _Spent) -> Told:
        with self._lock:
            if self._stopped is not None:
                raise ModelFault(self._stopped.message, self._stopped.hint, kind="all")
        if not self._pace.wait():
            raise ModelFault("The run ended.", kind="all")
        spent.attempts += 1
        try:
            answer = self.model.ask(picture, asked, ANSWER_SCHEMA)
        except ModelFault as exc:
            self._heed(exc)
            raise
        spent.add(answer, self._prices)
        told = read_answer(answer.text, is_cut=answer.is_cut)
        # Words are missing: once more, and what came is kept for the case that it is cut again.
        if told.mended == "cut" and (spent.cut is None or len(told.panels) > len(spent.cut.panels)):
            spent.cut = told
            if spent.attempts < min(2, self._attempts):
                raise AnswerInvalid("The answer is cut short.")
        return told

    def _heed(self, fault: ModelFault) -> None:
        if fault.kind == "all":
            with self._lock:  # a fresh one, which holds on to no frames
                self._stopped = ModelFault(fault.message, fault.hint, kind="all")
        elif fault.retry_after_s:
            self._pace.rest(fault.retry_after_s)

    def _wait(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome is not None else None
        if isinstance(fault, ModelFault) and fault.retry_after_s is not None:
            return fault.retry_after_s
        if isinstance(fault, AnswerInvalid):
            return 0.0
        import random

        longest = min(_REST_MAX_S, self._backoff_s * 2 ** (state.attempt_number - 1))
        return float(longest * random.uniform(0.5, 1.0))  # noqa: S311 - not for secrets

    @staticmethod
    def _usage(spent: _Spent) -> Usage:
        cost: Any = None if spent.cost is None else round(spent.cost, 8)
        return Usage(
            prompt_tokens=spent.prompt,
            completion_tokens=spent.completion,
            attempts=max(1, spent.attempts),
            cost_usd=cost,
        )


def _may_help(exc: BaseException) -> bool:
    return isinstance(exc, AnswerInvalid) or (isinstance(exc, ModelFault) and exc.kind == "later")
