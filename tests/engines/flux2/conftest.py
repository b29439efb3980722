"""A toy of FLUX.2 klein, made once for all tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.info import KLEIN_4B, KleinVariant
from engines.testing.contract import PROCESSOR
from tests.engines.toys import klein

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a toy in diffusers' folder layout; tests only read it."""
    return klein.build_folder(tmp_path_factory.mktemp("klein"))


@pytest.fixture(scope="session")
def toy() -> KleinVariant:
    """Return the 4B variant, at the toy's width."""
    return replace(KLEIN_4B, hidden=klein.HIDDEN)


@pytest.fixture(scope="module")
def engine(toy_folder: Path, toy: KleinVariant) -> Iterator[Flux2KleinEngine]:
    """Return the toy's engine, loaded on the processor."""
    engine = Flux2KleinEngine(toy, toy_folder)
    engine.load(PROCESSOR)
    yield engine
    engine.unload()
