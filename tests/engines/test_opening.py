"""What a name or a path opens, and whose fault it is where it opens nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.base import EngineUnavailable, ModelInvalid, ModelMissing
from engines.libraries import missing_libraries, require_libraries
from engines.shipped_networks import HINT, open_shipped_network
from engines.upscale.lanczos import Lanczos
from engines.upscale.registry import open_upscaler
from engines.vlm.base import ModelFault
from engines.weights_files import read_weights_header
from engines.words.registry import READERS, open_word_reader

if TYPE_CHECKING:
    from pathlib import Path


def test_libraries_that_are_not_installed_are_named() -> None:
    assert missing_libraries(("json", "no_such_a", "sys", "no_such_b")) == ["no_such_a", "no_such_b"]
    require_libraries(("json", "sys"), "pip install nothing")
    with pytest.raises(EngineUnavailable, match="no_such_a, no_such_b is not installed") as told:
        require_libraries(("no_such_a", "json", "no_such_b"), "pip install them")
    assert told.value.hint == "pip install them"


def test_without_a_model_pictures_are_interpolated() -> None:
    made = open_upscaler(None, 3)
    assert isinstance(made, Lanczos)
    assert (made.info.name, made.info.scale) == ("lanczos", 3)


def test_a_file_of_another_suffix_is_no_network(tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text("x")
    with pytest.raises(ModelInvalid, match=r"model\.txt is no network's file") as told:
        open_upscaler(tmp_path / "model.txt", 2)
    assert told.value.hint.startswith("It ends with ")


def test_a_stranger_reads_no_lettering_and_the_readers_are_named() -> None:
    with pytest.raises(EngineUnavailable, match="no reader of lettering 'stranger'") as told:
        open_word_reader("stranger")
    assert all(name in told.value.hint for name in READERS)


def test_a_weights_file_that_is_damaged_is_told_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelInvalid) as told:
        read_weights_header(tmp_path / "bad.safetensors")
    assert told.value.hint == "Pull or copy the file again."
    with pytest.raises(ModelMissing, match=r"none\.safetensors cannot be read") as told_missing:
        read_weights_header(tmp_path / "none.safetensors")
    assert told_missing.value.hint == "Look at its permissions."


def test_a_shipped_network_that_is_not_there_is_told_from_one_that_is_another_file(tmp_path: Path) -> None:
    from models.catalog import load_catalog

    card, name = next(
        (card, one.name) for card in load_catalog().values() for one in card.files if one.name.endswith("onnx")
    )
    with pytest.raises(ModelMissing) as missing:
        open_shipped_network(card.id, name, tmp_path)
    (tmp_path / name).write_bytes(b"another")
    with pytest.raises(ModelInvalid) as invalid:
        open_shipped_network(card.id, name, tmp_path)
    with pytest.raises(ModelInvalid):
        open_shipped_network("no-such-card", name, tmp_path)
    assert missing.value.hint == invalid.value.hint == HINT


@pytest.mark.parametrize(("hint", "words"), [("", "It is gone."), ("Come again.", "It is gone. Come again.")])
def test_a_model_s_fault_says_what_to_do_where_something_can_be_done(hint: str, words: str) -> None:
    fault = ModelFault("It is gone.", hint, kind="later")
    assert fault.words == words
    assert str(fault) == fault.message == "It is gone."
    assert (fault.kind, fault.retry_after_s) == ("later", None)
    assert ModelFault("a", kind="all", retry_after_s=2.5).retry_after_s == 2.5
