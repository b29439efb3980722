"""The parts of Stable Diffusion 3.5 are found and read in every way, and each way's fault is told."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from engines.base import EngineOutOfMemory, ModelInvalid, ModelMissing, Plan
from engines.colorize.diffusion.places import Places
from engines.colorize.sd35 import weights
from engines.colorize.sd35.engine import Sd35Engine
from engines.colorize.sd35.files import find_sd35
from engines.colorize.sd35.info import ADAPTER_CARD, CARD, CONTROL_CARD, ENCODER_CARD, T5_CARD
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.toys.few_bits import nf4
from tests.engines.toys.klein import weights_of, write_gguf

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = request_of(drawn_page(64, 64), flat_reference(1.0, 64), plan=Plan(seed=1, steps=2, prompt="a door"))
NO_LINEAR = ("shared.weight", "encoder.embed_tokens.weight", "relative_attention_bias.weight")


def colour(folder: Path) -> Any:
    engine = Sd35Engine(folder)
    engine.load(PROCESSOR)
    return engine.colorize(REQUEST, ignore_step).oklab


@pytest.fixture(scope="module")
def expected(kept: Sd35Engine) -> Any:
    """Return what the toy's own folder gives."""
    kept.load(PROCESSOR)
    return kept.colorize(REQUEST, ignore_step).oklab


def in_four_bits(folder: Path, part: str) -> dict[str, Any]:
    """Pack a part's linear layers as BitsAndBytes does; return the tensors that it holds then."""
    from safetensors.torch import save_file

    path = next((folder / part).glob("*.safetensors"))
    tensors = weights_of(folder, part)
    kept = {name: value for name, value in tensors.items() if name.endswith(NO_LINEAR)}
    packed, held = nf4({name: value for name, value in tensors.items() if name not in kept})
    save_file({**packed, **kept}, path)
    config = json.loads((folder / part / "config.json").read_text("utf-8"))
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (folder / part / "config.json").write_text(json.dumps(config), "utf-8")
    return {**held, **kept}


def test_transformer_and_t5_in_four_bits_give_what_their_numbers_give_in_full(toy_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    packed, full = (shutil.copytree(toy_folder, tmp_path / name) for name in ("packed", "full"))
    for part in ("transformer", "text_encoder_3"):
        held = in_four_bits(packed, part)
        save_file({name: one.float() for name, one in held.items()}, next((full / part).glob("*.safetensors")))
    assert abs(colour(packed) - colour(full)).max() < 0.005


def test_without_t5_the_model_reads_by_its_two_other_encoders(toy_folder: Path, expected: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(toy_folder, tmp_path / "two", ignore=shutil.ignore_patterns("*encoder_3", "*tokenizer_3"))
    assert find_sd35(folder).t5 is None
    assert colour(folder).tobytes() != expected.tobytes()


def test_a_transformer_in_one_file_takes_the_folders_place(toy_folder: Path, expected: Any, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    folder = shutil.copytree(toy_folder, tmp_path / "one")
    tensors = weights_of(folder, "transformer")
    next((folder / "transformer").glob("*.safetensors")).unlink()
    save_file({f"model.diffusion_model.{name}": one for name, one in tensors.items()}, folder / "sd3.safetensors")
    assert find_sd35(folder).transformer.paths == (folder / "sd3.safetensors",)
    assert abs(colour(folder) - expected).max() < 0.005
    shutil.move(folder / "sd3.safetensors", tmp_path / "dropped.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"cut off")
    assert find_sd35(Places(folder, tmp_path)).transformer.paths == (tmp_path / "dropped.safetensors",)


def test_a_transformer_as_gguf_gives_the_folders_picture(toy_folder: Path, expected: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(toy_folder, tmp_path / "sd35")
    tensors = weights_of(folder, "transformer")
    next((folder / "transformer").glob("*.safetensors")).unlink()
    write_gguf(folder / "sd3.5-BF16.gguf", tensors, "sd3", "BF16")
    files = find_sd35(folder)
    assert (files.transformer.format, files.needs("it").packed) == ("gguf", True)
    assert abs(colour(folder) - expected).max() < 0.02


def test_parts_that_were_pulled_by_their_own_cards_are_put_together(toy_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(toy_folder, tmp_path / CARD)
    for name, card in (("controlnet", CONTROL_CARD), ("ip_adapter", ADAPTER_CARD), ("image_encoder", ENCODER_CARD)):
        shutil.move(tmp_path / CARD / name, tmp_path / card)
    shutil.copytree(tmp_path / CARD / "text_encoder_3", tmp_path / T5_CARD)
    files = find_sd35(Places(tmp_path / CARD, tmp_path))
    assert files.control.folder == tmp_path / CONTROL_CARD
    assert files.adapter.parent == tmp_path / ADAPTER_CARD
    assert files.t5 is not None
    assert files.t5.folder == tmp_path / T5_CARD
    assert len(files.weights) == len(set(files.weights)) == 8
    for card in (ENCODER_CARD, ADAPTER_CARD, CONTROL_CARD, CARD):
        shutil.rmtree(tmp_path / card)
        with pytest.raises(ModelMissing) as caught:
            find_sd35(Places(tmp_path / CARD, tmp_path))
        assert card in caught.value.hint


def test_a_way_that_fails_gives_way_to_the_next_and_the_last_tells_of_all(
    toy_folder: Path, expected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> dict[str, Any]:
        raise MemoryError

    monkeypatch.setattr(weights, "_whole", no_room)
    assert colour(toy_folder).tobytes() == expected.tobytes()
    monkeypatch.setattr(weights, "_part_by_part", no_room)
    with pytest.raises(EngineOutOfMemory, match=r"whole: .*; part by part: "):
        Sd35Engine(toy_folder).load(PROCESSOR)


def test_an_adapter_that_lacks_a_layer_is_told(toy_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(toy_folder, tmp_path / "cut")
    path = folder / "ip_adapter" / "ip-adapter.safetensors"
    save_file({name: one for name, one in load_file(path).items() if ".0.to_k_ip" not in name}, path)
    with pytest.raises(ModelInvalid, match=r"ip-adapter\.safetensors lacks"):
        Sd35Engine(folder).load(PROCESSOR)


def test_a_pickle_in_the_place_of_the_adapter_is_refused(toy_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(toy_folder, tmp_path / "pickle")
    (folder / "ip_adapter" / "ip-adapter.safetensors").rename(folder / "ip_adapter" / "ip-adapter.bin")
    with pytest.raises(ModelInvalid, match="pickle"):
        find_sd35(folder)
