"""What the host tells by a key and values can be said: the extension has the key's sentence, with as many places."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engines.base import EngineUnavailable
from host.application import Application
from host.doctor import examine
from host.errors import EngineNotAvailable
from host.paths import state_paths
from host.pipeline.faults import faults_mapped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROOT = Path(__file__).parents[2]
SENTENCE = re.compile(r'^  (\w+): (".*"|.*)$', re.MULTILINE)


def sentences() -> dict[str, int]:
    """Return how many values each sentence of the extension names."""
    part = (ROOT / "extension" / "locales" / "en.yml").read_text("utf-8").split("\ntold:\n")[1].split("\n\n")[0]
    found = {key: json.loads(text) if text.startswith('"') else text for key, text in SENTENCE.findall(part)}
    return {key: max([0, *map(int, re.findall(r"\$(\d)", text))]) for key, text in found.items()}


def told_in(source: str, known: Collection[str]) -> Iterator[tuple[str, int]]:
    """Yield each key that a source tells, and with how many values; unknown ones where they are told on the spot."""
    for node in ast.walk(ast.parse(source)):
        values: list[ast.expr] = []
        if isinstance(node, ast.keyword) and node.arg == "told" and isinstance(node.value, ast.Tuple):
            values = node.value.elts
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("_good", "_bad"):
            values = node.args[2 if ast.unparse(node.func) == "_good" else 3 :]
        elif isinstance(node, ast.Tuple) and is_key(node.elts) and ast.literal_eval(node.elts[0]) in known:
            values = node.elts
        if is_key(values):
            yield ast.literal_eval(values[0]), len(values) - 1


def is_key(values: list[ast.expr]) -> bool:
    return bool(values) and isinstance(values[0], ast.Constant) and isinstance(values[0].value, str)


@pytest.mark.slow
def test_every_key_that_is_told_has_its_sentence_and_every_sentence_is_told() -> None:
    known = sentences()
    files = [path for room in ("host", "engines") for path in (ROOT / room).rglob("*.py")]
    told = [(path.name, *one) for path in files for one in told_in(path.read_text("utf-8"), known)]
    assert len(told) > 40
    assert [one for one in told if known.get(one[1]) != one[2]] == []
    assert set(known) - {key for _, key, _ in told} == set()


def test_what_an_engine_tells_reaches_the_wire() -> None:
    with pytest.raises(EngineNotAvailable) as found, faults_mapped():
        raise EngineUnavailable("no server is set", "Set it.", ("no_server", "comfyui_url"))
    assert found.value.wire()["data"] == {"told": ["no_server", "comfyui_url"]}
    assert "data" not in EngineNotAvailable("no", "why").wire()


def test_every_check_of_the_chain_is_told(irodori_home: Path) -> None:
    with Application.open(state_paths(), lambda _: None) as application:
        checks = examine(application)
    known = sentences()
    assert {one.check: known.get(one.told[0]) == len(one.told) - 1 for one in checks} == dict.fromkeys(
        (one.check for one in checks), True
    )
    assert {one.check for one in checks} >= {"folders", "engines", "log"}
