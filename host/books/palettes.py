"""Palettes of figures as `irodori colorize` takes them: `PAGE:X,Y:hair=#RRGGBB,skin=#RRGGBB`, or a JSON file.

The file: `{"PAGE": [{"point": [0.5, 0.2], "hair": [200, 40, 40], "skin": [240, 200, 180]}]}`; also `clothes`.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from host.books.corrections import CorrectionKind
from host.corrections import FigurePalette
from host.errors import BadRequest

_NUMBER: Final = r"\d*\.?\d+"
_COLOUR: Final = r"(?:hair|skin|clothes)=#[0-9a-fA-F]{6}"
_PALETTE: Final = re.compile(
    rf"(?P<page>.+):(?P<x>{_NUMBER}),(?P<y>{_NUMBER}):(?P<colours>{_COLOUR}(?:,{_COLOUR})*)", re.ASCII
)
_SAY_HOW: Final = "Write PAGE:X,Y:hair=#RRGGBB,skin=#RRGGBB,clothes=#RRGGBB, X and Y from 0 to 1 of the page."


def parse_palette(text: str) -> tuple[str, FigurePalette]:
    """Return the page that a text names, and its palette.

    Raises:
        BadRequest
    """
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


PALETTES: Final = CorrectionKind("palettes", "palette", FigurePalette, parse_palette)
