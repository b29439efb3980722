"""A toy of SDXL, made once for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engines.toys import sdxl

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a toy with all its parts; tests only read it."""
    return sdxl.build_folder(tmp_path_factory.mktemp("sdxl") / "toy")
