"""The seam between whoever asks about a picture and whatever model answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

FaultKind = Literal["later", "picture", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said, and what it took. is_cut: it was not done when it had to stop.

    cost_usd: what the server says that it charged; None where it does not say.
    """

    text: str
    is_cut: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None


class ModelFault(Exception):
    """A model did not answer.

    kind: `later`: the same question may be answered another time; `picture`: not for this picture; `all`: for no
    picture as things are. retry_after_s: how long it asks to be left alone; None where it does not say. The hint says
    what can be done.
    """

    def __init__(self, message: str, hint: str = "", *, kind: FaultKind, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.kind = kind
        self.retry_after_s = retry_after_s

    @property
    def words(self) -> str:
        """What happened and what to do, in one line."""
        return f"{self.message} {self.hint}".strip()


class VisionLanguageModel(ABC):
    """Answers questions about pictures.

    name: of the model. place: where it runs: a server's origin, or `transformers`. at_once: how many questions may be
    asked side by side at most.
    """

    name: str
    place: str
    at_once: int

    @abstractmethod
    def ask(self, picture: bytes | None, question: str, schema: Mapping[str, Any]) -> Answer:
        """Return the answer to a question about a JPEG, or to one in words alone where there is none.

        schema: a JSON Schema that the answer should follow.

        Raises:
            ModelFault: there is none.
        """

    def close(self) -> None:  # noqa: B027 - most hold nothing open
        """Give back what asking holds open."""
