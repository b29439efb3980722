"""The JSON Schemas of a page's records: `python -m host.pipeline.schemas [--check]`.

Writes `docs/schemas`. With `--check` nothing is written; the exit status is 1 where a file is not current.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from host.pipeline.pagemeta import PageMeta
from host.pipeline.runmeta import RunMeta

if TYPE_CHECKING:
    from pydantic import BaseModel

_ROOT: Final = Path(__file__).resolve().parents[2]
_RECORDS: Final[dict[str, type[BaseModel]]] = {"pagemeta": PageMeta, "runmeta": RunMeta}


def generated() -> dict[Path, str]:
    """Return what each schema file must hold: the record as it is written out."""
    return {_ROOT / "docs" / "schemas" / f"{name}.schema.json": _text(record) for name, record in _RECORDS.items()}


def stale() -> list[Path]:
    """Return the schema files that do not hold what they must."""
    return [path for path, text in generated().items() if not path.is_file() or path.read_text("utf-8") != text]


def main() -> int:
    """Write the schemas, or only name those that are not current."""
    check = "--check" in sys.argv[1:]
    for path in (late := stale()):
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path], "utf-8", newline="\n")
        sys.stderr.write(f"{'not current' if check else 'written'}: {path.relative_to(_ROOT)}\n")
    return 1 if check and late else 0


def _text(record: type[BaseModel]) -> str:
    return json.dumps(record.model_json_schema(mode="serialization"), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
