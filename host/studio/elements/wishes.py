"""A reader's wish with trigger words in it: what it says in full, and the pictures that come with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from host.palettes.elements import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from host.studio.elements.records import Element


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish. words: with what its trigger words stand for. pictures: of those that it names, each once, in order."""

    words: str
    pictures: tuple[Path, ...]


def understood(text: str, elements: Sequence[Element], folder: Path) -> Wish:
    """Return what a wish says in full, as `spoken`. folder: where the elements' pictures lie."""
    said = spoken(text, elements)
    return Wish(said.words, tuple(folder / name for name in said.pictures))
