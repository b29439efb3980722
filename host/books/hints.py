"""Colour hints as `irodori colorize` takes them: `PAGE:X,Y=#RRGGBB`, or a JSON file of the wire's own hints.

The file: `{"PAGE": [{"points": [[0.5, 0.2]], "rgb": [200, 40, 40], "radius": 0.01}]}`; radius may be left out.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from host.books.corrections import CorrectionKind
from host.corrections import ColourHint
from host.errors import BadRequest

_NUMBER: Final = r"\d*\.?\d+"
_POINT: Final = rf"{_NUMBER},{_NUMBER}"
_HINT: Final = re.compile(rf"(?P<page>.+):(?P<points>{_POINT}(?:;{_POINT})*)=#(?P<rgb>[0-9a-fA-F]{{6}})", re.ASCII)
_SAY_HOW: Final = "Write PAGE:X,Y=#RRGGBB with X and Y from 0 to 1 of the page; X,Y;X,Y is a stroke."


def parse_hint(text: str) -> tuple[str, ColourHint]:
    """Return the page that a text names, and its hint.

    Raises:
        BadRequest
    """
    found = _HINT.fullmatch(text)
    if found is None:
        raise BadRequest(f"{text[:128]!r} is no hint.", _SAY_HOW)
    points = [[float(number) for number in point.split(",")] for point in found["points"].split(";")]
    facts = {"points": points, "rgb": list(bytes.fromhex(found["rgb"]))}
    try:
        return found["page"], msgspec.convert(facts, ColourHint)
    except msgspec.ValidationError as exc:
        raise BadRequest(f"{text[:128]!r} is no hint: {exc}.", _SAY_HOW) from exc


HINTS: Final = CorrectionKind("hints", "hint", ColourHint, parse_hint)
