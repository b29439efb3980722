"""Which steps models take with the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from host.vocabulary import EnhancerId


@dataclass(frozen=True, slots=True, kw_only=True)
class WordChoice:
    """Which steps a job takes. caption: a model's name, empty for none. model, url: of the enhancer."""

    translate: bool = False
    caption: str = ""
    enhance: EnhancerId = "off"
    model: str = ""
    url: str = ""

    @property
    def is_any(self) -> bool:
        """Whether there is a step at all."""
        return self.translate or bool(self.caption) or self.enhance != "off"
