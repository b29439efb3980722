"""The other variants, and the leanest weights, keep the contract as well."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.testing.contract import EngineContract
from tests.engines.toys import klein

if TYPE_CHECKING:
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant


@pytest.fixture(scope="module")
def gguf_folder(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf") / "klein"
    shutil.copytree(toy_folder, folder)
    shutil.rmtree(folder / "transformer")
    bfl = klein.to_bfl(klein.weights_of(toy_folder, "transformer"))
    klein.write_gguf(folder / "klein-Q8_0.gguf", bfl, "flux")
    return folder


class TestBaseWeights(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, toy_folder: Path, toy: KleinVariant) -> Flux2KleinEngine:
        return Flux2KleinEngine(replace(toy, distilled=False), toy_folder)


class TestCachedReferences(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, toy_folder: Path, toy: KleinVariant) -> Flux2KleinEngine:
        return Flux2KleinEngine(replace(toy, cached=True), toy_folder)


class TestGguf(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, gguf_folder: Path, toy: KleinVariant) -> Flux2KleinEngine:
        return Flux2KleinEngine(toy, gguf_folder)
