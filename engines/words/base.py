"""The seams: whatever reads lettering, and whatever works on the reader's own words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.geometry import Box


@dataclass(frozen=True, slots=True)
class Words:
    """What is written somewhere: its lines in reading order, joined by newlines; empty where nothing was read.

    score: how sure the reader is, 0..1.
    """

    text: str = ""
    score: float = 0.0


class WordReader(ABC):
    """Reads lettering. Same picture and same regions give the same words.

    id, version: what decides the words, besides the picture. memory_mib: what it takes once it has read.
    """

    id: str
    version: str
    memory_mib: int = 0

    @abstractmethod
    def read(self, picture: NDArray[np.uint8], regions: Sequence[Box]) -> list[Words]:
        """Return what is written in each region.

        picture: `(h, w, 3)` uint8 sRGB RGB. regions: boxes in its pixels, within it and not empty.

        Raises:
            EngineUnavailable: a library is missing. ModelMissing, ModelInvalid: the weights are not there or no such.
        """


class WordModel(ABC):
    """A model that helps with words; not thread-safe. It loads when it is first asked and may be unloaded any time.

    id, version: what decides its answers, besides the question. memory_mib: what it takes when it is loaded; 0 where
    that is another process's.
    """

    id: str
    version: str
    memory_mib: int

    @abstractmethod
    def unload(self) -> None:
        """Give its memory back; nothing where it is not loaded."""


class Translator(WordModel):
    """Brings words of one language into English."""

    @abstractmethod
    def translate(self, text: str) -> str:
        """Return the text in English; same text, same answer.

        Raises:
            EngineError: it cannot run, or its weights are no such.
        """


class Captioner(WordModel):
    """Says what a picture shows."""

    @abstractmethod
    def caption(self, picture: NDArray[np.uint8]) -> str:
        """Return a sentence or two, in English, about a `(h, w, 3)` uint8 sRGB picture.

        Raises:
            EngineError
        """


class Enhancer(WordModel):
    """Makes of a reader's wish what an engine understands best. place: where it runs."""

    place: str

    def sees(self) -> bool:
        """Tell whether it looks at pictures.

        Raises:
            EngineError: nobody can tell.
        """
        return False

    @abstractmethod
    def enhance(self, system: str, wish: str, picture: bytes | None = None) -> str:
        """Return the wish, worded anew: plain text on one line, never empty.

        system: what the model is told of its task. picture: a JPEG of the page, for models that see; others ignore it.

        Raises:
            EngineError: it gave no answer that can be used; the message says why.
        """
