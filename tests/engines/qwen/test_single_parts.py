"""Qwen-Image-Edit from single files in ComfyUI's layouts: the picture that folders give; wrong ones are refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.diffusion.places import Places
from engines.colorize.qwen.engine import QwenEditEngine
from engines.colorize.qwen.files import find_qwen
from engines.colorize.qwen.info import CARD, CONFIGS_CARD
from engines.testing.contract import PROCESSOR, drawn_page, ignore_step, request_of
from tests.engines.toys import klein, qwen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ASKED = request_of(drawn_page(64, 64))
ENCODER, VAE = "text_encoders/qwen_2.5_vl_7b.safetensors", "vae/qwen_image_vae.safetensors"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qwen.build_folder(tmp_path_factory.mktemp("whole"), whole_vae=True)


@pytest.fixture(scope="module")
def singles(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return qwen.build_singles(whole, tmp_path_factory.mktemp("singles"))


@pytest.fixture
def home(singles: Path, tmp_path: Path) -> Path:
    return shutil.copytree(singles, tmp_path / "models")


@pytest.fixture(scope="module")
def expected(whole: Path) -> Any:
    engine = QwenEditEngine(whole)
    engine.load(PROCESSOR)
    return engine.colorize(ASKED, ignore_step).oklab


def engine_in(home: Path) -> QwenEditEngine:
    engine = QwenEditEngine()
    engine._places = lambda: Places(home / CARD, home)  # type: ignore[method-assign]
    return engine


def test_dropped_single_files_give_the_picture_of_the_folders_to_the_bit(home: Path, expected: Any) -> None:
    files = find_qwen(Places(home / CARD, home))
    assert files.folder == home / CONFIGS_CARD
    assert [part.paths for part in (files.text_encoder, files.vae)] == [(home / ENCODER,), (home / VAE,)]
    engine = engine_in(home)
    engine.load(PROCESSOR)
    result = engine.colorize(ASKED, ignore_step)
    assert abs(result.oklab - expected).max() == 0
    assert {ENCODER, VAE} <= result.weights.keys()


def test_a_text_encoder_of_eight_bits_is_read_with_its_scales(whole: Path, expected: Any, tmp_path: Path) -> None:
    engine = engine_in(qwen.build_singles(whole, tmp_path / "models", fp8=True))
    engine.load(PROCESSOR)
    assert abs(engine.colorize(ASKED, ignore_step).oklab - expected).max() < 0.05


@pytest.mark.parametrize("place", ["", "vae", "text_encoder"])
def test_single_files_lie_in_the_model_s_own_folder_or_beside_its_configurations(home: Path, place: str) -> None:
    own = (home / CONFIGS_CARD).rename(home / CARD)
    (own / place).mkdir(exist_ok=True)
    part = VAE if place == "vae" else ENCODER
    taken = (home / part).rename(own / place / "mine.safetensors")
    files = find_qwen(Places(own, home))
    assert (files.vae if place == "vae" else files.text_encoder).paths == (taken,)


def test_a_single_file_goes_before_the_folder_s_own_and_dropped_ones_after_it(whole: Path, home: Path) -> None:
    own = shutil.copytree(whole, home / CARD)
    files = find_qwen(Places(own, home))
    assert (files.text_encoder.folder, files.vae.folder) == (own / "text_encoder", own / "vae")
    shutil.copy(home / VAE, own)
    assert find_qwen(Places(own, home)).vae.paths == (own / "qwen_image_vae.safetensors",)
    shutil.copy(home / VAE, own / "other.safetensors")
    with pytest.raises(ModelInvalid, match=r"more than one autoencoder: other\.safetensors and qwen_image"):
        find_qwen(Places(own, home))


@pytest.mark.parametrize(("part", "name"), [(ENCODER, "text encoder"), (VAE, "autoencoder")])
def test_what_is_missing_is_named_with_its_file(home: Path, part: str, name: str) -> None:
    (home / part).unlink()
    with pytest.raises(ModelMissing, match=f"the {name} of Qwen-Image-Edit is not in") as caught:
        find_qwen(Places(home / CARD, home))
    assert "irodori models pull qwen-image-edit-parts" in caught.value.hint
    assert ".safetensors" in caught.value.hint


def narrow(path: Path) -> None:
    tensors = load_file(path)
    name = "model.embed_tokens.weight"
    save_file(tensors | {name: tensors[name][:, :16].contiguous()}, path)


def of_many_latents(path: Path) -> None:
    tensors = load_file(path)
    save_file(tensors | {"conv2.weight": torch.zeros(48, 48, 1, 1, 1)}, path)


def of_words_alone(path: Path) -> None:
    save_file({name: value for name, value in load_file(path).items() if "visual" not in name}, path)


def of_another(path: Path) -> None:
    save_file({"lora_unet_a.lora_down.weight": torch.zeros(2, 2)}, path)


def of_stills(path: Path) -> None:
    save_file({"encoder.conv_in.weight": torch.zeros(8, 3, 3, 3)}, path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4000])


@pytest.mark.parametrize(
    ("part", "spoil", "said"),
    [
        (ENCODER, narrow, r"gives text of width 16, but the transformer reads 32"),
        (
            ENCODER,
            of_words_alone,
            "is no text encoder of Qwen-Image-Edit: it is a language model that sees no pictures",
        ),
        (ENCODER, of_another, "is no text encoder of Qwen-Image-Edit: it holds no language model"),
        (ENCODER, cut, r"qwen_2\.5_vl_7b\.safetensors"),
        (VAE, of_many_latents, r"gives latents of 48, but the transformer reads 16"),
        (VAE, of_stills, r"is no autoencoder of Qwen-Image-Edit: it is one of still pictures"),
        (VAE, of_another, "is no autoencoder of Qwen-Image-Edit: it holds none"),
        (VAE, cut, r"qwen_image_vae\.safetensors"),
    ],
)
def test_the_wrong_file_in_a_part_s_place_is_refused_with_what_it_is(
    home: Path, part: str, spoil: Callable[[Path], None], said: str
) -> None:
    """In the model's own folder a file is meant for it."""
    own = (home / CONFIGS_CARD).rename(home / CARD)
    folder, name = part.split("/")
    (own / folder).mkdir(exist_ok=True)
    shutil.copy(home / part, own / folder / name)
    spoil(own / folder / name)
    with pytest.raises(ModelInvalid, match=said):
        find_qwen(Places(own, home))


def test_a_gguf_without_eyes_is_refused_and_a_wrong_dropped_file_is_nobody_s(home: Path) -> None:
    own = (home / CONFIGS_CARD).rename(home / CARD)
    (own / "text_encoders").mkdir()
    words = load_file(home / ENCODER)["model.embed_tokens.weight"]
    klein.write_gguf(own / "text_encoders" / "q.gguf", {"token_embd.weight": words}, "qwen2vl")
    with pytest.raises(ModelInvalid, match=r"q\.gguf is no text encoder .* sees no pictures"):
        find_qwen(Places(own, home))
    shutil.rmtree(own / "text_encoders")
    shutil.copy(home / ENCODER, home / "text_encoders" / "a.safetensors")
    narrow(home / "text_encoders" / "a.safetensors")
    assert find_qwen(Places(own, home)).text_encoder.paths == (home / ENCODER,)


@pytest.mark.parametrize(("part", "lost"), [(ENCODER, "model.norm.weight"), (VAE, "decoder.head.2.weight")])
def test_a_file_that_lacks_a_tensor_is_named_when_it_is_loaded(home: Path, part: str, lost: str) -> None:
    tensors = load_file(home / part)
    del tensors[lost]
    save_file(tensors, home / part)
    with pytest.raises(ModelInvalid, match=r"qwen_\S+ lacks"):
        engine_in(home).load(PROCESSOR)


def test_configurations_that_are_none_are_refused(home: Path) -> None:
    (home / CONFIGS_CARD / "vae" / "config.json").write_text(json.dumps([1]))
    with pytest.raises(ModelInvalid):
        engine_in(home).load(PROCESSOR)
