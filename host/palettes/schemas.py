"""The JSON Schema of a palette's file; `python -m host.palettes.schemas [--check]` writes it to `docs/schemas`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec

from host.generated import REPOSITORY, stale_files, write_or_check
from host.palette_records import SeriesPalette

if TYPE_CHECKING:
    from pathlib import Path


def generated() -> dict[Path, str]:
    """Return what the schema file must hold."""
    schema = msgspec.json.schema(SeriesPalette)
    text = json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    return {REPOSITORY / "docs" / "schemas" / "palette.schema.json": text}


def stale() -> list[Path]:
    """Return the schema file where it does not hold what it must."""
    return stale_files(generated())


if __name__ == "__main__":
    sys.exit(write_or_check(generated()))
