"""Listing engines is cheap; an engine is made once, when it is asked for."""

import subprocess
import sys

import pytest

from engines import registry
from engines.testing.stepped import SteppedEngine


def test_default_engine_is_listed_first() -> None:
    assert registry.infos()[0].id == registry.DEFAULT_ENGINE == "compact"


def test_engine_is_made_once() -> None:
    assert registry.get("compact") is registry.get("compact")
    assert registry.get("compact").info == registry.infos()[0]


def test_stranger_is_refused() -> None:
    with pytest.raises(KeyError):
        registry.get("no-such-engine")


def test_engine_of_a_test_is_there_for_its_time_only() -> None:
    engine = SteppedEngine()
    source = registry.EngineRegistry(more=(engine,))
    assert source.get("stepped") is engine
    assert engine.info in source.infos()
    assert engine.info not in registry.infos()
    with pytest.raises(KeyError):
        registry.get("stepped")


def test_listing_engines_imports_nothing_heavy() -> None:
    code = (
        "import sys, engines.registry, engines.base, engines.residency, models.catalog, models.store\n"
        "engines.registry.infos(), models.catalog.load_catalog()\n"
        "heavy = {'numpy', 'cv2', 'torch', 'onnxruntime', 'PIL'} & sys.modules.keys()\n"
        "raise SystemExit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
