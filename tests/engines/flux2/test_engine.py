"""FLUX.2 klein keeps the contract, with the real classes at a toy's size."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.info import KleinVariant
from engines.testing import EngineContract


class TestFlux2KleinEngine(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, toy_folder: Path, toy: KleinVariant) -> Flux2KleinEngine:
        return Flux2KleinEngine(toy, toy_folder)
