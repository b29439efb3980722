"""A reader's wish with trigger words in it: what it says in full, and the pictures that come with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from host.studio.elements.records import TRIGGER

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence
    from pathlib import Path

    from host.studio.elements.records import Element


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish. words: with what its trigger words stand for. pictures: of those that it names, each once, in order."""

    words: str
    pictures: tuple[Path, ...]


def understood(text: str, elements: Sequence[Element], folder: Path) -> Wish:
    """Return what a wish says in full: `@Hero runs` becomes `Aki (a boy in a red coat) runs`.

    A word that no element has stays as it is. folder: where the elements' pictures lie.
    """
    known = {one.trigger.casefold(): one for one in elements if one.trigger}

    def told(match: re.Match[str]) -> str:
        one = known.get(match[0].casefold())
        if one is None:
            return match[0]
        return f"{one.name} ({one.description})" if one.description else one.name

    named = [known[word] for word in map(str.casefold, TRIGGER.findall(text)) if word in known]
    return Wish(TRIGGER.sub(told, text), tuple(dict.fromkeys(folder / name for one in named for name in one.pictures)))
