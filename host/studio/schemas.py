"""JSON Schemas of the records of `irodori page`; `python -m host.studio.schemas [--check]` writes `docs/schemas`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from host.generated import REPOSITORY, stale_files, write_or_check
from host.studio.elements.records import Elements
from host.studio.filters import FilterChain
from host.studio.storyboard.records import Storyboard

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

_RECORDS: Final[dict[str, type[BaseModel]]] = {
    "elements": Elements,
    "filters": FilterChain,
    "storyboard": Storyboard,
}


def generated() -> dict[Path, str]:
    """Return what each schema file must hold."""
    return {
        REPOSITORY / "docs" / "schemas" / f"{name}.schema.json": (
            json.dumps(record.model_json_schema(), indent=2, ensure_ascii=False) + "\n"
        )
        for name, record in _RECORDS.items()
    }


def stale() -> list[Path]:
    """Return the schema files that do not hold what they must."""
    return stale_files(generated())


if __name__ == "__main__":
    sys.exit(write_or_check(generated()))
