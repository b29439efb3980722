"""A toy of Stable Diffusion 3.5, made once for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.colorize.sd35.engine import Sd35Engine
from tests.engines.toys import sd35

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a toy with all its parts; tests only read it."""
    return sd35.build_folder(tmp_path_factory.mktemp("sd35"))


@pytest.fixture(scope="module")
def kept(toy_folder: Path) -> Iterator[Sd35Engine]:
    """Give the toy's engine; whoever asks for it loads it."""
    engine = Sd35Engine(toy_folder)
    yield engine
    engine.unload()
