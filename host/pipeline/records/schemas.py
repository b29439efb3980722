"""The JSON Schemas of a page's records: `python -m host.pipeline.records.schemas [--check]`.

Writes `docs/schemas`. With `--check` nothing is written; the exit status is 1 where a file is not current.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from host.generated import REPOSITORY, stale_files, write_or_check
from host.pipeline.records.page_meta import PageMeta
from host.pipeline.records.run_meta import RunMeta

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel

_RECORDS: Final[dict[str, type[BaseModel]]] = {"pagemeta": PageMeta, "runmeta": RunMeta}


def generated() -> dict[Path, str]:
    """Return what each schema file must hold: the record as it is written out."""
    return {REPOSITORY / "docs" / "schemas" / f"{name}.schema.json": _text(record) for name, record in _RECORDS.items()}


def stale() -> list[Path]:
    """Return the schema files that do not hold what they must."""
    return stale_files(generated())


def main() -> int:
    """Write the schemas, or only name those that are not current."""
    return write_or_check(generated())


def _text(record: type[BaseModel]) -> str:
    return json.dumps(record.model_json_schema(mode="serialization"), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
