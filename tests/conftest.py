"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"  # no test reaches for a hub; must stand before any library reads it
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# Tests share their cores with others: how long an example takes says nothing about what is right.
settings.register_profile("irodori", deadline=None)
settings.load_profile("irodori")


@pytest.fixture
def irodori_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a fresh folder that holds all of Irodori's state, in this process and its children."""
    home = tmp_path / "irodori-home"
    monkeypatch.setenv("IRODORI_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def pages() -> Path:
    """Return the folder of real comic pages (see its README)."""
    return Path(__file__).parent / "pages"
