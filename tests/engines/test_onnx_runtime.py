"""ONNX Runtime's one door: what fails behind it is an engine's error with something to do about it."""

from __future__ import annotations

import ast
import threading
import time
from pathlib import Path

import pytest

from engines.base import EngineError, EngineOutOfMemory, ModelInvalid
from engines.onnx_runtime import _TURNS, OnnxNetwork, before_others
from models.store import SHIPPED_WEIGHTS


@pytest.fixture
def network() -> OnnxNetwork:
    return OnnxNetwork((SHIPPED_WEIGHTS / "embed-compact.onnx").read_bytes(), "the network", "Mend it.")


@pytest.mark.parametrize("content", [b"", b"no network", bytes(64)])
def test_a_file_that_is_no_network_is_refused_by_name_and_with_the_hint(content: bytes) -> None:
    with pytest.raises(ModelInvalid, match="refuses the network") as refused:
        OnnxNetwork(content, "the network", "Mend it.")
    assert refused.value.hint == "Mend it."


def test_names_and_shapes_are_the_files(network: OnnxNetwork) -> None:
    assert list(network.inputs) == ["pictures"]
    assert list(network.outputs) == ["vectors"]


def test_inputs_that_do_not_fit_are_the_models_fault(network: OnnxNetwork) -> None:
    with pytest.raises(ModelInvalid, match="the network failed"):
        network.run({})


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (MemoryError(), EngineOutOfMemory),
        (RuntimeError("Failed to allocate memory for requested buffer"), EngineOutOfMemory),
        (RuntimeError("std::bad_alloc"), EngineOutOfMemory),
        (RuntimeError("node 3 is broken"), ModelInvalid),
    ],
)
def test_what_the_library_raises_is_mapped(network: OnnxNetwork, fault: Exception, kind: type[EngineError]) -> None:
    class Broken:
        def run(self, outputs: object, feeds: object) -> object:
            raise fault

    network._session = Broken()
    with pytest.raises(kind) as mapped:
        network.run({})
    assert mapped.value.__cause__ is fault


def test_no_other_file_opens_the_library() -> None:
    root = Path(__file__).parents[2]
    importers = {
        path.relative_to(root).as_posix()
        for package in ("engines", "host", "models", "installer")
        for path in (root / package).rglob("*.py")
        if "onnxruntime" in path.read_text("utf-8")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import) and any(alias.name == "onnxruntime" for alias in node.names)
    }
    assert {one for one in importers if "training" not in one} == {"engines/onnx_runtime.py"}


def test_who_hurries_has_the_next_turn_and_one_runs_at_a_time(network: OnnxNetwork) -> None:
    order: list[str] = []
    runs, may_end = threading.Event(), threading.Event()

    class Watched:
        def run(self, outputs: object, feeds: object) -> list[object]:
            order.append(threading.current_thread().name)
            runs.set()
            assert may_end.wait(20)
            return []

    network._session = Watched()

    def hurried() -> None:
        with before_others():
            network.run({})

    first = threading.Thread(target=network.run, args=({},), name="first")
    first.start()
    assert runs.wait(20)
    waiting = [threading.Thread(target=network.run, args=({},), name=name) for name in ("second", "third")]
    waiting.append(threading.Thread(target=hurried, name="hurried"))
    for count, thread in enumerate(waiting, 1):
        thread.start()
        while len(_TURNS._changed._waiters) < count:  # type: ignore[attr-defined]
            time.sleep(0.001)
    assert order == ["first"]
    may_end.set()
    for thread in (first, *waiting):
        thread.join(20)
    assert order[:2] == ["first", "hurried"]
    assert sorted(order[2:]) == ["second", "third"]
