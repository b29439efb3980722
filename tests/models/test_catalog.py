"""The catalogue and the store of weights."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalog import CatalogInvalid, ModelFile, load_catalog
from models.store import SHIPPED_WEIGHTS, WeightsInvalid, WeightsMissing, read_weights, weights_path

CARD = """
[tiny]
label = "Tiny"
engine = "compact"
licence = "CC0-1.0"
attribution = "nobody"
memory_mib = 1
[[tiny.files]]
name = "tiny.onnx"
bytes = 3
sha256 = "ab"
"""


def test_every_shipped_file_is_what_its_card_says() -> None:
    for file in load_catalog()["compact"].files:
        content = read_weights(file)
        assert len(content) == file.bytes
        assert hashlib.sha256(content).hexdigest() == file.sha256


def test_shipped_weights_stay_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED_WEIGHTS.iterdir() if path.is_file()) < 30_000_000
    assert sum(file.bytes for file in load_catalog()["compact"].files if file.name.endswith(".onnx")) <= 12_000_000


def test_card_is_read_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "catalog.toml").write_text(CARD)
    card = load_catalog(tmp_path / "catalog.toml")["tiny"]
    assert card.id == "tiny"
    assert card.file("tiny.onnx") == ModelFile("tiny.onnx", 3, "ab")
    with pytest.raises(KeyError):
        card.file("other.onnx")


def test_what_is_pulled_is_pinned_by_a_commit_or_file_by_file() -> None:
    """Of those that are neither nobody names a commit."""
    loose = set()
    for card in load_catalog().values():
        weights = [name for name in card.allow if name.endswith((".safetensors", ".gguf", ".onnx"))]
        by_digest = bool(weights) and set(weights) <= set(card.digests)
        if card.repository and not re.fullmatch("[0-9a-f]{40}", card.revision) and not by_digest:
            loose.add(card.id)
    words = {f"opus-mt-{language}-en" for language in ("ja", "ko", "es", "it", "ru")} | {"florence-2-large"}
    assert loose == {"flux2-klein-9b-kv", "sd35-t5-nf4", "swin2sr-x2"} | words


@pytest.mark.parametrize(
    "broken",
    [
        CARD.replace('label = "Tiny"', ""),
        CARD.replace("bytes = 3", "size = 3"),
        CARD.replace("[[tiny.files]]", "[[tiny.parts]]"),
        CARD.replace("tiny.onnx", "../tiny.onnx"),
        CARD.replace("memory_mib = 1", 'memory_mib = 1\ndigests = { "a" = "ab" }'),
        "[tiny",
    ],
)
def test_broken_card_is_refused(tmp_path: Path, broken: str) -> None:
    (tmp_path / "catalog.toml").write_text(broken)
    with pytest.raises(CatalogInvalid):
        load_catalog(tmp_path / "catalog.toml")


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_catalogue_or_the_right_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("catalog") / "catalog.toml"
    path.write_bytes(raw)
    try:
        load_catalog(path)
    except CatalogInvalid:
        return


def test_pickles_are_never_read(tmp_path: Path) -> None:
    for name in ("model.pt", "model.bin", "model.ckpt", "model.pkl", "model"):
        (tmp_path / name).write_bytes(b"cos\nsystem\n")
        with pytest.raises(WeightsInvalid):
            weights_path(ModelFile(name, 11, ""), tmp_path)


def test_damaged_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    file = ModelFile("a.onnx", 3, hashlib.sha256(b"abc").hexdigest())
    with pytest.raises(WeightsMissing):
        read_weights(file, tmp_path)
    (tmp_path / "a.onnx").write_bytes(b"abc")
    assert read_weights(file, tmp_path) == b"abc"
    with pytest.raises(WeightsInvalid):
        read_weights(replace(file, sha256="0" * 64), tmp_path)
