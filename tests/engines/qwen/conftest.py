"""A toy of Qwen-Image-Edit, made once for all tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.colorize.qwen.engine import QwenEditEngine
from engines.testing.contract import PROCESSOR
from tests.engines.toys import qwen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a toy in diffusers' folder layout; tests only read it."""
    return qwen.build_folder(tmp_path_factory.mktemp("qwen"))


@pytest.fixture(scope="module")
def kept(toy_folder: Path) -> Iterator[QwenEditEngine]:
    """Give the toy's engine; whoever asks for it loads it."""
    engine = QwenEditEngine(toy_folder)
    yield engine
    engine.unload()


@pytest.fixture(scope="session")
def fast_folder(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a toy whose transformer is a GGUF file, with Lightning; tests only read it."""
    folder = qwen.build_gguf(toy_folder, tmp_path_factory.mktemp("fast") / "qwen")
    qwen.build_lightning(toy_folder, folder / "lightning" / "Edit-Lightning-8steps-V1.0-bf16.safetensors")
    return folder


@pytest.fixture(scope="module")
def fast(fast_folder: Path) -> Iterator[QwenEditEngine]:
    """Give the engine of `fast_folder`, loaded on the processor."""
    engine = QwenEditEngine(fast_folder)
    engine.load(PROCESSOR)
    yield engine
    engine.unload()
