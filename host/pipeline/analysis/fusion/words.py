"""Lettering as it is handed on: a box with writing in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engines.geometry import Box


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Something with lettering: its box, the boxes of its text, and how sure it is (1 where two opinions agree)."""

    box: Box
    text: tuple[Box, ...] = ()
    score: float = 1.0
