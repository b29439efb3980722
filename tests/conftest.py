"""What every test may ask for."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.recorded import Recorded

os.environ["HF_HUB_OFFLINE"] = "1"  # no test reaches for a hub; must stand before any library reads it
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if os.environ.get("PYTEST_XDIST_WORKER"):  # a process for each core: threads of libraries would wait for each other's
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(variable, "1")

# Tests share their cores with others: how long an example takes says nothing about what is right.
settings.register_profile("irodori", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=10)
settings.load_profile("irodori")


_OPTIONAL: Final = (
    *("torch", "diffusers", "transformers", "ultralytics", "onnx", "gguf", "safetensors", "faiss"),
    *("libarchive", "pypdfium2", "pillow_heif", "ray", "rapidocr_onnxruntime"),
    *("json_repair", "polars", "tenacity", "xarray", "zarr", "av"),
)
_MISSING: Final = [name for name in _OPTIONAL if find_spec(name) is None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the guide's pictures be kept, and what takes time be left out."""
    parser.addoption("--screenshots", type=Path, metavar="FOLDER", help="keep the guide's pictures in this folder")
    parser.addoption("--record", action="store_true", help="write anew what tests keep of their subjects' results")
    parser.addoption("--fast", action="store_true", help="leave out what is slow or wants an optional library")


def pytest_configure(config: pytest.Config) -> None:
    """Take few examples where only fast tests are wanted; let the commands under test hear every signal.

    A job in the background ignores some. A process hands on to what it starts what it ignores, but no handler.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    if config.getoption("--fast"):
        settings.load_profile("fast")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are read: a quarter of the time, and there is none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out, where a light install lacks an optional library or none is wanted, the tests that need it."""
    absent = list(_OPTIONAL) if config.getoption("--fast") else _MISSING
    if not absent:
        return None
    module = collection_path / "conftest.py" if collection_path.is_dir() else collection_path
    needs = module.suffix == ".py" and module.is_file() and _needed_by(*absent).search(module.read_text("utf-8"))
    return True if needs else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked as slow where only fast tests are wanted."""
    if not config.getoption("--fast"):
        return
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in ("slow", "train", "browser"))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


_frozen_at = 0
_MANY: Final = 50


def pytest_runtest_logfinish() -> None:
    """Leave out of every later collection what libraries brought: engines collect whenever they let a model go."""
    global _frozen_at
    if len(sys.modules) >= _frozen_at + _MANY:
        gc.collect()
        gc.freeze()
        _frozen_at = len(sys.modules)


@cache
def _needed_by(*absent: str) -> re.Pattern[str]:
    # The recipes and the toys are written in torch.
    names = "|".join([*absent, "training", "tests.engines.toys"])
    return re.compile(rf"^\s*(?:import|from) (?:{names})\b", re.MULTILINE)


@pytest.fixture
def irodori_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a fresh folder that holds all of Irodori's state, in this process and its children."""
    home = tmp_path / "irodori-home"
    monkeypatch.setenv("IRODORI_HOME", str(home))
    return home


@pytest.fixture
def float_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have networks run their float forms, which every processor does alike."""
    monkeypatch.setattr("engines.int8.sums_are_exact", lambda: False)


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """Return what is kept of the results of a test file's subjects."""
    from tests.recorded import Recorded  # numpy, which must come after what is said of threads

    return Recorded(request.path, write=request.config.getoption("--record"))


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest) -> Path | None:
    """Return where the guide's pictures go; None where nobody asked for them."""
    folder: Path | None = request.config.getoption("--screenshots")
    return folder


@pytest.fixture(scope="session")
def pages() -> Path:
    """Return the folder of real comic pages (see its README)."""
    return Path(__file__).parent / "pages"
