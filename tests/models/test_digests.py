"""A file's digest is counted once, and again when the file changes."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from models import digests
from models.digests import file_digest, remember_digest
from models.store import WeightsMissing, local_folder, models_folder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(irodori_home: Path) -> Path:
    return irodori_home


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.safetensors"
    path.write_bytes(b"abc")
    return path


def test_digest_is_sha256(file: Path) -> None:
    assert file_digest(file) == hashlib.sha256(b"abc").hexdigest()


def test_digest_is_counted_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = file_digest(file)
    monkeypatch.setattr(digests, "_counted", lambda path: pytest.fail("counted again"))
    assert file_digest(file) == first


def test_changed_file_is_counted_again(file: Path) -> None:
    file_digest(file)
    file.write_bytes(b"abd")
    os.utime(file, ns=(1, 1))
    assert file_digest(file) == hashlib.sha256(b"abd").hexdigest()


def test_digest_of_a_pull_is_remembered(file: Path) -> None:
    assert remember_digest(file, "f" * 64) == "f" * 64
    assert file_digest(file) == "f" * 64


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}'])
def test_damaged_memory_costs_time_only(file: Path, content: str) -> None:
    models_folder().mkdir(parents=True)
    (models_folder() / "digests.json").write_text(content)
    assert file_digest(file) == hashlib.sha256(b"abc").hexdigest()


def test_memory_that_cannot_be_written_costs_time_only(file: Path, home: Path) -> None:
    home.write_text("a file where the folder would be")
    assert file_digest(file) == hashlib.sha256(b"abc").hexdigest()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="gone"):
        file_digest(tmp_path / "gone.gguf")


def test_folder_of_models_is_the_homes_or_the_chosen_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert local_folder("flux2-klein-4b") == home / "data" / "models" / "flux2-klein-4b"
    monkeypatch.setenv("IRODORI_MODELS", str(home / "elsewhere"))
    assert models_folder() == home / "elsewhere"
    monkeypatch.delenv("IRODORI_MODELS")
    monkeypatch.delenv("IRODORI_HOME")
    assert models_folder().name == "models"
