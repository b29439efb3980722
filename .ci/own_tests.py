"""Tells a module's own tests: those of its name, those a table names, those that import it, those of its room.

python .ci/own_tests.py host/jobs/scheduler.py
"""

from __future__ import annotations

import ast
import sys
import tomllib
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"


def own_tests(module: Path) -> list[Path]:
    """Return the test files of a module, which is a path below the root; those that say most about it first."""
    package, *_, stem = (parts := module.with_suffix("").parts)
    files = _test_files(package)
    stem = parts[-2] if stem == "__init__" else stem
    by_name = [path for path in files if path.stem in (f"test_{stem}", f"test_{parts[-2]}_{stem}")]
    name = ".".join(parts).removesuffix(".__init__")
    importers = [path for path in files if name in imports(path).modules | imports(path).names]
    place = "/".join(parts[1:])
    named = [test for one, tests in _table().get(package, {}).items() if fnmatch(place, one) for test in tests]
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


class Imports(NamedTuple):
    """What a file imports, also in functions: modules, full names of what is taken from them or of plain imports.

    at_runtime: those names that are not for type checkers alone. relative: whether one is relative.
    """

    modules: frozenset[str]
    names: frozenset[str]
    at_runtime: frozenset[str]
    relative: bool


@cache
def imports(path: Path) -> Imports:
    """Return what a file imports. Trees are not kept: many of them make every collection of garbage slow."""
    modules: set[str] = set()
    names: tuple[set[str], set[str]] = (set(), set())
    relative = False
    waiting: list[tuple[ast.stmt, bool]] = [(one, False) for one in ast.parse(path.read_text("utf-8")).body]
    while waiting:
        one, typing = waiting.pop()
        if isinstance(one, ast.Import):
            found = [alias.name for alias in one.names]
            modules.update(found)
            names[typing].update(found)
        elif isinstance(one, ast.ImportFrom):
            relative |= one.level != 0
            modules.add(str(one.module))
            names[typing].update(f"{one.module}.{alias.name}" for alias in one.names)
        elif isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test):
            waiting += [(inner, True) for inner in one.body]
            waiting += [(inner, typing) for inner in one.orelse]
        else:
            waiting += [(inner, typing) for inner in _within(one)]
    return Imports(frozenset(modules), frozenset(names[0] | names[1]), frozenset(names[0]), relative)


def _within(one: ast.stmt) -> list[ast.stmt]:
    """Return the statements of a statement's blocks; an import stands in no expression."""
    found: list[ast.stmt] = []
    for block in ("body", "orelse", "finalbody"):
        found += getattr(one, block, ())
    for clause in (*getattr(one, "handlers", ()), *getattr(one, "cases", ())):
        found += clause.body
    return found


if __name__ == "__main__":
    for path in own_tests(Path(sys.argv[1])):
        print(path.relative_to(ROOT))
