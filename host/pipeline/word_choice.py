"""Which steps models take with the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engines.words.prompts import Work
    from host.vocabulary import EnhancerId


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChoice:
    """Which steps a job takes. caption: a model's name, empty for none. model, url: of the enhancer.

    work: what the words are for: colouring a page, painting a part of it, or letting it move.
    """

    translate: bool = False
    caption: str = ""
    enhance: EnhancerId = "off"
    model: str = ""
    url: str = ""
    work: Work = "page"

    @property
    def is_any(self) -> bool:
        """Whether there is a step at all."""
        return self.translate or bool(self.caption) or self.enhance != "off"
