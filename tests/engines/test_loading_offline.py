"""Nothing that a library loads for us is asked of a hub, may be a pickle, or brings code of its own."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINES = Path(__file__).parents[2] / "engines"
ALWAYS = {"local_files_only": True, "use_safetensors": True, "trust_remote_code": False}


def calls(source: str) -> Iterator[tuple[ast.Call, dict[str, object]]]:
    """Yield what is loaded by a library, with the words that say how, also those of a dictionary in the module."""
    tree = ast.parse(source)
    dictionaries = [
        {key.value: value.value for key, value in zip(one.keys, one.values, strict=True)
         if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)}
        for one in ast.walk(tree) if isinstance(one, ast.Dict)
    ]  # fmt: skip
    given = next((one for one in dictionaries if "local_files_only" in one), {})
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "from_pretrained":
            said = {
                one.arg: one.value.value for one in node.keywords if one.arg and isinstance(one.value, ast.Constant)
            }
            spread = any(one.arg is None for one in node.keywords)
            yield node, (given if spread else {}) | said


FILES = [path for path in sorted(ENGINES.rglob("*.py")) if "from_pretrained(" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ENGINES)))
def test_what_is_loaded_lies_here_and_holds_data_alone(path: Path) -> None:
    found = list(calls(path.read_text("utf-8")))
    assert found
    for node, said in found:
        assert said.get("local_files_only") is True, f"line {node.lineno} may ask a hub"
        for word, value in ALWAYS.items():
            assert said.get(word, value) is value, f"line {node.lineno}: {word}={said[word]}"


def test_there_are_such_files() -> None:
    assert len(FILES) > 12
