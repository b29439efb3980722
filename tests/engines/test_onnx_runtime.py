"""ONNX Runtime's one door: what fails behind it is an engine's error with something to do about it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from engines.base import EngineError, EngineOutOfMemory, ModelInvalid
from engines.onnx_runtime import OnnxNetwork, thread_count
from models.store import SHIPPED_WEIGHTS


@pytest.fixture
def network() -> OnnxNetwork:
    return OnnxNetwork((SHIPPED_WEIGHTS / "embed-compact.onnx").read_bytes(), "the network", "Mend it.")


def test_few_threads_are_used() -> None:
    assert 1 <= thread_count() <= 4


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
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import) and any(alias.name == "onnxruntime" for alias in node.names)
    }
    assert {one for one in importers if "training" not in one} == {"engines/onnx_runtime.py"}
