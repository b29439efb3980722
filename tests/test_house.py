"""The house: which way knowledge flows, and how little is loaded at the door."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("host", "engines", "models", "installer")
HEAVY: Final = frozenset(
    {"torch", "numpy", "cv2", "PIL", "onnxruntime", "pydantic", "keyring", "typer", "rich", "httpx", "websockets"}
    | {"diffusers", "transformers", "ultralytics", "faiss", "watchdog"}
)
# Recipes that make weights are run by hand and are no part of what is installed; none of PACKAGES may need them.
WORKSHOP: Final = "training"


def modules() -> Iterator[tuple[str, Path]]:
    """Yield name and file of every module of the import packages."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text("utf-8"))


def finder() -> ModuleType:
    """Return `.ci/own_tests.py`, which knows what a file imports and which tests are a module's own."""
    spec = importlib.util.spec_from_file_location("own_tests", ROOT / ".ci" / "own_tests.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


FINDER: Final = finder()


def imports(path: Path, *, typing_too: bool) -> frozenset[str]:
    """Return the full names of what a module imports, also in functions; type checkers' blocks only if `typing_too`."""
    found = FINDER.imports(path)
    assert not found.relative, f"{path} imports relatively"
    names: frozenset[str] = found.names if typing_too else found.at_runtime
    return names


def room(name: str) -> str:
    """Return the room of a module: `host.jobs`, `host.service`, `engines`, `models`, `installer`."""
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] == "host" else parts[0]


ALL_MODULES: Final = dict(modules())


@pytest.mark.parametrize("package", ["engines", "models"])
def test_engines_and_models_know_nothing_of_the_host(package: str) -> None:
    for name, path in ALL_MODULES.items():
        if room(name) == package:
            strangers = {one for one in imports(path, typing_too=True) if one.split(".")[0] in ("host", "installer")}
            assert strangers == set(), name


def test_models_know_nothing_of_engines() -> None:
    for name, path in ALL_MODULES.items():
        if room(name) == "models":
            assert not any(one.startswith("engines") for one in imports(path, typing_too=True)), name


def test_what_is_installed_does_not_need_the_workshop() -> None:
    for name, path in ALL_MODULES.items():
        assert not any(one.split(".")[0] == WORKSHOP for one in imports(path, typing_too=True)), name


def test_the_workshop_knows_nothing_of_the_host() -> None:
    for path in sorted((ROOT / WORKSHOP).rglob("*.py")):
        strangers = {one for one in imports(path, typing_too=True) if one.split(".")[0] in ("host", "installer")}
        assert strangers == set(), path


def test_the_installer_needs_only_the_standard_library_and_the_paths_of_the_host() -> None:
    for name, path in ALL_MODULES.items():
        if room(name) == "installer":
            for one in imports(path, typing_too=True):
                known = one.startswith(("installer", "host.paths")) or one == "host.__version__"
                assert known or one.split(".")[0] in sys.stdlib_module_names, f"{name} imports {one}"


def test_no_room_stands_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for name, path in ALL_MODULES.items():
        for one in imports(path, typing_too=False):
            if one.split(".")[0] in PACKAGES:
                target = one if one in ALL_MODULES else one.rpartition(".")[0]
                if room(target) not in (room(name), "host"):
                    graph.setdefault(room(name), set()).add(room(target))
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as exc:
        pytest.fail(f"rooms in a circle: {' -> '.join(exc.args[1])}")
    assert order.index("engines") < order.index("host.jobs") < order.index("host.service")


def test_rooms_of_the_host_import_those_below_them_alone() -> None:
    """As docs/ARCHITECTURE.md draws them; those of one floor know nothing of each other."""
    floors = (
        ("messaging", "pipeline"),
        ("store",),
        ("palettes",),
        ("books",),
        ("analyses", "annotations", "jobs", "report", "studio"),
        ("cli",),
    )
    floor_of = {f"host.{name}": floor for floor, names in enumerate(floors) for name in names}
    for name, path in ALL_MODULES.items():
        own = room(name)
        for one in imports(path, typing_too=True) if own in floor_of else ():
            target = room(one if one in ALL_MODULES else one.rpartition(".")[0])
            assert target in (own, room("host")) or floor_of.get(target, -1) < floor_of[own], f"{name} imports {one}"


def every_module() -> dict[str, Path]:
    """Return every Python file of the tree by its name, tests and workshops too."""
    found = {}
    for folder in (*PACKAGES, "training", "bench", "demo", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def test_no_file_stands_in_a_circle() -> None:
    """Not for type checking either: what a type needs, whoever reads the type needs."""
    known = every_module()
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        for one in imports(path, typing_too=True):
            target = one if one in known else one.rpartition(".")[0]
            if target in known and target != name:
                graph.setdefault(name, set()).add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as exc:
        pytest.fail(f"files in a circle: {' -> '.join(reversed(exc.args[1]))}")


def inner_room(name: str) -> str:
    """Return the room within the pipeline: `analysis.classical`, `compose`; empty for what stands outside."""
    parts = name.split(".")[2:-1]
    return ".".join(parts[:2])


def test_no_room_of_the_pipeline_stands_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for name, path in ALL_MODULES.items():
        if name.startswith("host.pipeline.") and inner_room(name):
            for one in imports(path, typing_too=True):
                target = one if one in ALL_MODULES else one.rpartition(".")[0]
                if target.startswith("host.pipeline.") and inner_room(target) not in ("", inner_room(name)):
                    graph.setdefault(inner_room(name), set()).add(inner_room(target))
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as exc:
        pytest.fail(f"rooms of the pipeline in a circle: {' -> '.join(exc.args[1])}")
    assert order.index("records") < order.index("analysis.fusion")


def test_values_between_the_steps_know_nothing_of_the_steps() -> None:
    steps = (
        "host.pipeline.analysis.read",
        "host.pipeline.compose",
        "host.pipeline.retrieve",
        "host.pipeline.page",
        "host.pipeline.generation.correct",
    )
    for value in ("job", "prepared", "attempts", "finished", "series", "drawing"):
        found = imports(ALL_MODULES[f"host.pipeline.{value}"], typing_too=True)
        assert not [one for one in found if one.startswith(steps) and "align.Shift" not in one], value


def test_files_that_the_documents_name_are_there() -> None:
    documents = [ROOT / "CONTRIBUTING.md", ROOT / "docs" / "ARCHITECTURE.md"]
    documents += [path for room in PACKAGES for path in (ROOT / room).rglob("README.md")]
    roots = "|".join((*PACKAGES, "training", "bench", "demo", "tests", "extension"))
    named = re.compile(rf"(?<![\w/.~-])(?:{roots})/[\w./-]+(?![\w./{{*-])")
    lost = [
        f"{document.relative_to(ROOT)}: {name}"
        for document in documents
        for name in (one.rstrip(".") for one in named.findall(document.read_text("utf-8")))
        if "NAME" not in name and not (ROOT / name).exists()
    ]
    assert lost == []


def test_every_dependency_is_imported() -> None:
    """Those of the installed packages; what an extra names for somebody else's sake says so in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    other_names = {"opencv-python-headless": "cv2", "pillow": "PIL", "pillow-jxl-plugin": "pillow_jxl"}
    named = [re.split("[<>=\\[]", one)[0] for one in project["dependencies"]]
    wanted = {other_names.get(name, name.replace("-", "_")) for name in named}
    assert (
        wanted - {one.split(".")[0] for path in ALL_MODULES.values() for one in imports(path, typing_too=True)} == set()
    )


def test_library_code_neither_prints_nor_exits_nor_asserts() -> None:
    # The doors to the outside may end the process and write to the terminal; `testing` is made of tests.
    doors = {"host.__main__", "host.cli.app", "installer.__main__", "engines.testing.contract"}
    words = re.compile(r"\b(?:assert|print|exit|quit)\b")
    for name, path in ALL_MODULES.items():
        if name in doors or not words.search(path.read_text("utf-8")):
            continue
        body = [one for one in tree(path).body if not (isinstance(one, ast.If) and "__main__" in ast.unparse(one.test))]
        for node in (inner for one in body for inner in ast.walk(one)):
            assert not isinstance(node, ast.Assert), f"{name}:{node.lineno} asserts"
            if isinstance(node, ast.Call):
                call = ast.unparse(node.func)
                assert call not in {"print", "exit", "quit", "sys.exit"}, f"{name}:{node.lineno} calls {call}"


def test_a_cancel_is_caught_in_one_place() -> None:
    catchers = [
        f"{name}:{node.lineno}"
        for name, path in ALL_MODULES.items()
        if "JobCancelled" in path.read_text("utf-8")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and node.type and "JobCancelled" in ast.unparse(node.type)
    ]
    assert len(catchers) == 1, catchers
    assert catchers[0].startswith("host.jobs.")


def test_every_module_has_tests_of_its_own() -> None:
    for name, path in ALL_MODULES.items():
        if path.name == "__init__.py" or ".testing" in name:
            continue
        own = FINDER.own_tests(path.relative_to(ROOT))
        assert own, f"{name}: write a test of its name, or name its tests in tests/modules.toml"
        assert all(one.exists() for one in own), name
    with (ROOT / "tests" / "modules.toml").open("rb") as table:
        named = {f"{package}/{one}.py" for package, modules in tomllib.load(table).items() for one in modules}
    assert [one for one in sorted(named) if not any(ROOT.glob(one))] == []


def test_no_test_asserts_a_time() -> None:
    """A loaded machine is slow: times are measured in bench/."""
    clocks = re.compile(r"assert[^#\n]*(?:monotonic|perf_counter|time\.time)\(")
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert [str(one.relative_to(ROOT)) for one in tests if clocks.search(one.read_text("utf-8"))] == []


def loaded_after(code: str, home: Path) -> set[str]:
    """Return the heavy libraries that a fresh interpreter has loaded after running `code`."""
    report = "import json, sys; sys.stdout.write('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        capture_output=True, text=True, check=True, cwd=ROOT,
        env={"IRODORI_HOME": str(home), "PATH": "", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return HEAVY & set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import host.__main__",
        "import host.messaging.session",
        "import host.messaging.messages, host.errors, host.paths, host.settings, host.secrets",
        "import engines.registry; engines.registry.infos()",
        "from engines.embed.registry import choose_embedder; choose_embedder()",
        "import host.service",
        "import installer",
    ],
)
def test_nothing_heavy_is_loaded_at_the_door(code: str, tmp_path: Path) -> None:
    assert loaded_after(code, tmp_path) == set()


def test_opening_a_home_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "from host.application import Application; from host.paths import state_paths\n"
        "with Application.open(state_paths(), lambda message: None) as application:\n"
        "    application.store.results.stats(); application.store.references.list(); application.models.list()"
    )
    assert loaded_after(code, tmp_path) == set()


def test_a_hello_loads_no_network_runtime(tmp_path: Path) -> None:
    code = (
        "from host.service import HostService; from host.messaging.messages import Hello\n"
        "service = HostService(lambda message: None)\n"
        # What pages need is imported beside the answer; how far that is by now is chance.
        "service._application.board.expect_pages = lambda: None\n"
        "service.handle('session.hello', Hello(protocol=(1, 1))); service.close()"
    )
    assert loaded_after(code, tmp_path) <= {"numpy", "cv2"}
