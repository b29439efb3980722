"""Palettes of figures as `irodori colorize` takes them: `PAGE:X,Y:hair=#RRGGBB,skin=#RRGGBB`, or a JSON file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from host.books.corrections import gather_corrections
from host.errors import BadRequest
from host.messaging.messages import FigurePalette

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    Palettes = Mapping[str, list[FigurePalette]]

PALETTES_MAX: Final = 64
_NUMBER: Final = r"\d*\.?\d+"
_COLOUR: Final = r"(?:hair|skin|clothes)=#[0-9a-fA-F]{6}"
_PALETTE: Final = re.compile(
    rf"(?P<page>.+):(?P<x>{_NUMBER}),(?P<y>{_NUMBER}):(?P<colours>{_COLOUR}(?:,{_COLOUR})*)", re.ASCII
)
_SAY_HOW: Final = "Write PAGE:X,Y:hair=#RRGGBB,skin=#RRGGBB,clothes=#RRGGBB, X and Y from 0 to 1 of the page."


def parse_palettes(texts: Iterable[str], file: Path | None) -> Palettes:
    """Return all palettes by the name of their page: those of the file first, so that the others go over them.

    file: `{"PAGE": [{"point": [0.5, 0.2], "hair": [200, 40, 40], "skin": [240, 200, 180]}]}`; also `clothes`.

    Raises:
        BadRequest: a palette or the file is not as it should be.
    """
    return gather_corrections(file, texts, FigurePalette, _parse, PALETTES_MAX, "palettes")


def _parse(text: str) -> tuple[str, FigurePalette]:
    found = _PALETTE.fullmatch(text)
    if found is None:
        raise BadRequest(f"{text[:128]!r} is no palette.", _SAY_HOW)
    named = [one.split("=#") for one in found["colours"].split(",")]
    facts = {name: list(bytes.fromhex(rgb)) for name, rgb in named}
    if len(facts) < len(named):
        raise BadRequest(f"{text[:128]!r} is no palette: it says one part twice.", _SAY_HOW)
    try:
        return found["page"], msgspec.convert(facts | {"point": [float(found["x"]), float(found["y"])]}, FigurePalette)
    except msgspec.ValidationError as exc:
        raise BadRequest(f"{text[:128]!r} is no palette: {exc}.", _SAY_HOW) from exc
