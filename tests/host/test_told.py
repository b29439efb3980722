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
from models.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROOT = Path(__file__).parents[2]
# Of these codes the extension's own sentence says less than there is to say: what went wrong is told beside it.
TOLD_ERRORS = {
    *("BadRequest", "NotFound", "TooLarge", "RemoteFailed", "FetchRefused", "EngineNotAvailable"),
    *("EngineUnavailable", "EngineRemoteFailed", "RequestUnsupported", "HubError"),
}
# Weights that lack something are pulled anew, as the sentence of their code says: which tensor it is, is for the log.
WEIGHTS_ERRORS = {"WeightsMissing", "WeightsInvalid", "ModelMissing", "ModelInvalid"}
COMMAND_LINE = "for whoever gives a command, which is in English"
CALLER = "only a program that breaks the protocol hears it, never somebody who reads with the extension"
UNTOLD = {
    "engines/base.py": (3, CALLER),
    "engines/colorize/comfyui/server_engine.py": (1, CALLER),
    "engines/colorize/flux2/options.py": (4, COMMAND_LINE),
    "engines/segment/regions.py": (1, "the side panel points and says no words"),
    "engines/words/registry.py": (3, COMMAND_LINE),
    "host/corrections.py": (4, CALLER),
    "host/jobs/board.py": (2, CALLER),
    "host/jobs/recipe.py": (1, CALLER),
    "host/messaging/calls.py": (2, CALLER),
    "host/messaging/framing.py": (3, CALLER),
    "host/messaging/rpc.py": (4, CALLER),
    "host/messaging/scan.py": (3, CALLER),
    "host/messaging/session.py": (2, CALLER),
    "host/palettes/book.py": (1, CALLER),
    "host/palettes/changes.py": (2, CALLER),
    "host/pipeline/records/json_files.py": (6, COMMAND_LINE),
    "host/pipeline/records/validation.py": (1, COMMAND_LINE),
    "host/rerun.py": (6, COMMAND_LINE),
    "host/service.py": (2, CALLER),
    "host/settings.py": (1, CALLER),
    "host/studio/desk.py": (1, CALLER),
    "host/studio/film.py": (1, COMMAND_LINE),
    "host/studio/filters.py": (1, COMMAND_LINE),
    "host/studio/page.py": (1, CALLER),
    "host/studio/storyboard/replies.py": (1, COMMAND_LINE),
    "host/studio/tools.py": (1, CALLER),
    "host/studio/track.py": (1, COMMAND_LINE),
}
ROOMS_OF_COMMANDS = ("host/cli/", "host/library/", "host/annotations/", "host/books/", "engines/testing/")
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
    files = [path for room in ("host", "engines", "models") for path in (ROOT / room).rglob("*.py")]
    told = [(path.name, *one) for path in files for one in told_in(path.read_text("utf-8"), known)]
    assert len(told) > 40
    assert [one for one in told if known.get(one[1]) != one[2]] == []
    assert set(known) - {key for _, key, _ in told} == set()


def test_every_model_that_can_be_pulled_has_a_name_in_each_language() -> None:
    part = (ROOT / "extension" / "locales" / "en.yml").read_text("utf-8").split("\n  labels:\n")[1].split("\n\n")[0]
    labels = dict(re.findall(r'^    (\w+): "(.*)"$', part, re.MULTILINE))
    known = {re.sub(r"[-.]", "_", one.id): one.label for one in load_catalog().values() if one.repository}
    assert labels == known


def untold_in(source: str) -> int:
    """Return how many errors a source makes of which only the code can be said."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    made = [one for one in calls if ast.unparse(one.func).split(".")[-1] in TOLD_ERRORS]
    return sum(all(each.arg != "told" for each in one.keywords) and len(one.args) < 3 for one in made)


@pytest.mark.slow
def test_every_error_that_a_reader_meets_can_be_said_in_their_language() -> None:
    found: dict[str, int] = {}
    for room in ("host", "engines", "models"):
        for path in (ROOT / room).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(ROOMS_OF_COMMANDS) and (count := untold_in(path.read_text("utf-8"))):
                found[name] = count
    assert found == {name: count for name, (count, _) in UNTOLD.items()}


def test_an_error_without_a_key_is_seen() -> None:
    assert untold_in("raise NotFound('no', 'why')\nraise NotFound('no', told=('no_engine',))") == 1
    assert untold_in("raise errors.BadRequest(words) from exc\nreturn EngineUnavailable('a', 'b', told)") == 1


def test_every_kind_of_error_that_says_more_than_its_code_is_looked_for() -> None:
    said = (ROOT / "host" / "errors.py").read_text("utf-8") + (ROOT / "engines" / "base.py").read_text("utf-8")
    kinds = {node.name for node in ast.walk(ast.parse(said)) if isinstance(node, ast.ClassDef)}
    assert (TOLD_ERRORS | WEIGHTS_ERRORS) - {"HubError"} <= kinds


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
