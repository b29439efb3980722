"""manga-ocr's class of model at toy size: the real classes, saved and opened from a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.base import ModelInvalid
from engines.geometry import Box
from engines.torch_runtime import prepare_torch
from engines.words.registry import open_word_reader

torch = pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path

LETTERS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"あいうえおかきく", "##け"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prepare_torch()
    import transformers

    torch.manual_seed(0)
    vision = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=16
    )
    text = transformers.BertConfig(
        vocab_size=len(LETTERS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(vision, text)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 2, 0, 3
    model = transformers.VisionEncoderDecoderModel(config)
    model.generation_config.decoder_start_token_id = 2
    model.generation_config.pad_token_id, model.generation_config.eos_token_id = 0, 3
    model.save_pretrained(tmp_path / "m")
    transformers.ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "m")
    (tmp_path / "m" / "vocab.txt").write_text("\n".join(LETTERS), "utf-8")
    return tmp_path / "m"


def test_a_model_of_the_class_reads_crops_from_its_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engines.words.manga._LETTERS_MAX", 6)
    reader = open_word_reader("manga-ocr", folder)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    found = reader.read(picture, [Box(0, 0, 32, 64), Box(32, 0, 64, 64)])
    assert len(found) == 2
    assert set("".join(one.text for one in found)) <= set("あいうえおかきくけ")
    again = open_word_reader("manga-ocr", folder)
    assert again.read(picture, [Box(0, 0, 32, 64)])[0] == found[0]
    assert again.version == reader.version


def test_damaged_weights_are_named(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"no")
    with pytest.raises(ModelInvalid):
        open_word_reader("manga-ocr", folder).read(np.zeros((9, 9, 3), np.uint8), [Box(0, 0, 9, 9)])
