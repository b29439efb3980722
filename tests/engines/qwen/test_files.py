"""The parts of Qwen-Image-Edit are found where readers have them, and faults are named before a tensor is read."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.places import Places
from engines.colorize.qwen.engine import QwenEditEngine
from engines.colorize.qwen.files import find_qwen
from engines.colorize.qwen.info import CARD, LIGHTNING_CARD, PACKED_CARD, PARTS_CARD
from engines.testing.contract import PROCESSOR, drawn_page, ignore_step, request_of
from tests.engines.toys import klein, qwen

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(toy_folder: Path, fast_folder: Path, tmp_path: Path) -> Path:
    """Return a models' folder with all parts pulled by their own cards."""
    shutil.copytree(toy_folder, tmp_path / PARTS_CARD)
    shutil.rmtree(tmp_path / PARTS_CARD / "transformer")
    (tmp_path / PARTS_CARD / "transformer").mkdir()
    shutil.copy(toy_folder / "transformer" / "config.json", tmp_path / PARTS_CARD / "transformer")
    (tmp_path / PACKED_CARD).mkdir()
    shutil.copy(fast_folder / "qwen-image-edit.gguf", tmp_path / PACKED_CARD)
    return tmp_path


def test_a_folder_is_taken_whole_and_measured(toy_folder: Path) -> None:
    files = find_qwen(toy_folder)
    assert files.transformer.folder == toy_folder / "transformer"
    assert (files.transformer_is.hidden, files.transformer_is.layers) == (qwen.HIDDEN, 1)
    assert files.lightning is None
    config = json.loads((toy_folder / "transformer" / "config.json").read_text("utf-8"))
    assert {key: config[key] for key in files.transformer_is.config()} == files.transformer_is.config()


def test_parts_that_were_pulled_by_their_own_cards_are_put_together(home: Path) -> None:
    files = find_qwen(Places(home / CARD, home))
    assert files.folder == home / PARTS_CARD
    assert files.transformer.paths == (home / PACKED_CARD / "qwen-image-edit.gguf",)
    assert files.needs("x").packed
    (home / LIGHTNING_CARD / "sub").mkdir(parents=True)
    (home / LIGHTNING_CARD / "sub" / "Lightning-4steps.safetensors").touch()
    files = find_qwen(Places(home / CARD, home))
    assert files.lightning == home / LIGHTNING_CARD / "sub" / "Lightning-4steps.safetensors"
    assert files.lightning_steps == 4


def test_a_dropped_transformer_is_told_by_its_tensors(home: Path) -> None:
    dropped = home / "whatever.gguf"
    (home / PACKED_CARD / "qwen-image-edit.gguf").rename(dropped)
    klein.write_gguf(
        home / "a.gguf", {"img_in.weight": klein.weights_of(home / PARTS_CARD, "vae")["decoder.conv_in.bias"]}, "flux"
    )
    (home / "b.safetensors").write_bytes(b"cut off")
    assert find_qwen(Places(home / CARD, home)).transformer.paths == (dropped,)


@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_a_transformer_in_one_file_gives_the_same_picture_as_its_folder(
    toy_folder: Path, kept: QwenEditEngine, tmp_path: Path, prefix: str
) -> None:
    kept.load(PROCESSOR)
    asked = request_of(drawn_page(64, 64))
    expected = kept.colorize(asked, ignore_step).oklab
    engine = QwenEditEngine(qwen.build_gguf(toy_folder, tmp_path / "qwen", prefix))
    engine.load(PROCESSOR)
    assert abs(engine.colorize(asked, ignore_step).oklab - expected).max() < 0.02


def test_pictures_of_2511_stand_at_the_end_of_time_by_mark_or_by_configuration(home: Path) -> None:
    assert not find_qwen(Places(home / CARD, home)).transformer_is.zero_conditions
    path = home / PARTS_CARD / "transformer" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"zero_cond_t": True}), "utf-8")
    assert find_qwen(Places(home / CARD, home)).transformer_is.config()["zero_cond_t"] is True


def test_what_is_missing_is_named_with_its_card(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        find_qwen(tmp_path / "nothing")
    assert CARD in caught.value.hint
    (home / PACKED_CARD / "qwen-image-edit.gguf").unlink()
    with pytest.raises(ModelMissing, match="transformer") as caught:
        find_qwen(Places(home / CARD, home))
    assert PACKED_CARD in caught.value.hint
    shutil.rmtree(home / PARTS_CARD / "processor")
    with pytest.raises(ModelMissing, match="processor"):
        find_qwen(Places(home / CARD, home))


def test_two_transformers_and_pickles_are_refused(toy_folder: Path, fast_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(fast_folder, tmp_path / "two")
    shutil.copy(folder / "qwen-image-edit.gguf", folder / "other.gguf")
    with pytest.raises(ModelInvalid, match=r"other\.gguf and qwen"):
        find_qwen(folder)
    for path in folder.glob("*.gguf"):
        path.unlink()
    (folder / "qwen.ckpt").touch()
    with pytest.raises(ModelInvalid, match="pickle"):
        find_qwen(folder)


def test_a_cut_off_part_is_named_when_it_is_loaded(toy_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(toy_folder, tmp_path / "cut")
    path = next((folder / "vae").glob("*.safetensors"))
    tensors = load_file(path)
    tensors.pop("decoder.conv_in.weight")
    save_file(tensors, path)
    with pytest.raises(ModelInvalid, match="lacks decoder"):
        QwenEditEngine(folder).load(PROCESSOR)
