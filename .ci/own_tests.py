"""Tells a module's own tests: those of its name, those a table names, those that import it, those of its room.

python .ci/own_tests.py host/jobs/scheduler.py
"""

from __future__ import annotations

import ast
import sys
import tomllib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"


def own_tests(module: Path) -> list[Path]:
    """Return the test files of a module, which is a path below the root; those that say most about it first."""
    package, *_, stem = (parts := module.with_suffix("").parts)
    files = _test_files(package)
    stem = parts[-2] if stem == "__init__" else stem
    by_name = [path for path in files if path.stem in (f"test_{stem}", f"test_{parts[-2]}_{stem}")]
    importers = [path for path in files if ".".join(parts).removesuffix(".__init__") in _imported(path)]
    named = _table().get(package, {}).get("/".join(parts[1:]), [])
    by_table = [TESTS / package / f"{name}.py" for name in named]
    by_room = [path for path in files if f"{path.stem}_".startswith(f"test_{parts[-2]}_")]
    near = sorted(by_name, key=lambda path: -len(set(path.parts) & set(parts)))
    return list(dict.fromkeys([*near, *by_table, *importers, *by_room]))


@cache
def _test_files(package: str) -> list[Path]:
    return sorted((TESTS / package).rglob("test_*.py"))


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    with (TESTS / "modules.toml").open("rb") as table:
        return tomllib.load(table)


@cache
def _imported(path: Path) -> set[str]:
    """Return the names that a test file imports, and those of the modules that it imports them from."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


if __name__ == "__main__":
    for path in own_tests(Path(sys.argv[1])):
        print(path.relative_to(ROOT))
