"""What a reader drops into the models' folder makes an engine, or the engine says what is missing and where it goes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.base import ModelMissing
from engines.colorize.diffusion.places import places_of
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.files import find_klein
from engines.testing.contract import PROCESSOR, drawn_page, ignore_step, request_of
from models.store import models_folder
from tests.engines.toys import klein

if TYPE_CHECKING:
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant


@pytest.fixture
def drop_folder(own_home: Path) -> Path:
    """Return the models' folder, empty."""
    models_folder().mkdir(parents=True)
    return models_folder()


@pytest.fixture(scope="session")
def singles(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return klein.build_single_files(toy_folder, tmp_path_factory.mktemp("dropped"))


def files(variant: KleinVariant) -> dict[str, str]:
    found = find_klein(places_of(variant.model_id), variant)
    return {part: getattr(found, part).paths[0].name for part in ("transformer", "text_encoder", "vae")}


def test_a_dropped_transformer_alone_says_what_it_waits_for_and_where(
    drop_folder: Path, singles: Path, toy: KleinVariant
) -> None:
    assert Flux2KleinEngine(toy).viability().reason == "FLUX.2 klein 4B is not on this machine"
    waits = []
    for name, place in (("klein.safetensors", "."), ("qwen_3.safetensors", "text"), ("flux2-vae.safetensors", "vae")):
        (drop_folder / place).mkdir(exist_ok=True)
        shutil.copy(singles / name, drop_folder / place / name)
        viability = Flux2KleinEngine(toy).viability()
        assert not viability.ok
        waits.append((viability.reason, viability.fix))
    assert [reason.split(" is not in ")[0] for reason, _ in waits] == [
        "the autoencoder and the text encoder of FLUX.2 klein 4B",
        "the autoencoder of FLUX.2 klein 4B",
        "the folder tokenizer/",
    ]
    assert all(str(drop_folder) in reason for reason, _ in waits)
    assert "qwen_3_4b.safetensors" in waits[0][1]
    assert "flux2-vae" in waits[1][1]
    assert "models pull flux2-tokenizer" in waits[2][1]
    shutil.copytree(singles / "tokenizer", drop_folder / "flux2-tokenizer" / "tokenizer")
    assert Flux2KleinEngine(toy).viability().ok


def test_dropped_files_give_the_picture_of_the_folder(drop_folder: Path, singles: Path, toy: KleinVariant) -> None:
    shutil.copytree(singles, drop_folder / "from ComfyUI")
    shutil.move(drop_folder / "from ComfyUI" / "tokenizer", drop_folder / "tokenizer")
    ours, theirs = Flux2KleinEngine(toy), Flux2KleinEngine(toy, singles)
    results = []
    for engine in (ours, theirs):
        engine.load(PROCESSOR)
        results.append(engine.colorize(request_of(drawn_page(64, 64)), ignore_step))
        engine.unload()
    assert results[0].oklab.tobytes() == results[1].oklab.tobytes()
    assert set(results[0].weights.values()) == set(results[1].weights.values())
    assert "from ComfyUI/klein.safetensors" in results[0].weights


def test_whole_files_go_before_quantised_ones_and_damaged_ones_are_left_out(
    drop_folder: Path, singles: Path, toy: KleinVariant, toy_folder: Path
) -> None:
    shutil.copytree(singles, drop_folder, dirs_exist_ok=True)
    bfl = klein.to_bfl(klein.weights_of(toy_folder, "transformer"))
    klein.write_gguf(drop_folder / "a-klein-Q8_0.gguf", bfl, "flux")
    (drop_folder / "aa-klein.safetensors").write_bytes((drop_folder / "klein.safetensors").read_bytes()[:-9])
    assert files(toy)["transformer"] == "klein.safetensors"
    (drop_folder / "klein.safetensors").unlink()
    assert files(toy)["transformer"] == "a-klein-Q8_0.gguf"


def test_distilled_base_and_cached_weights_are_told_by_the_one_thing_that_differs_their_name(
    drop_folder: Path, singles: Path, toy: KleinVariant
) -> None:
    shutil.copytree(singles, drop_folder, dirs_exist_ok=True)
    (drop_folder / "klein.safetensors").rename(drop_folder / "flux-2-klein-base-4b.safetensors")
    with pytest.raises(ModelMissing):
        files(toy)
    assert files(replace(toy, distilled=False))["transformer"] == "flux-2-klein-base-4b.safetensors"
    (drop_folder / "flux-2-klein-base-4b.safetensors").rename(drop_folder / "flux-2-klein-4b-kv.safetensors")
    assert files(replace(toy, cached=True))["transformer"] == "flux-2-klein-4b-kv.safetensors"
    for other in (toy, replace(toy, distilled=False)):
        with pytest.raises(ModelMissing):
            files(other)


def test_weights_of_another_size_are_no_part_of_it(drop_folder: Path, singles: Path, toy: KleinVariant) -> None:
    shutil.copytree(singles, drop_folder, dirs_exist_ok=True)
    with pytest.raises(ModelMissing, match="not on this machine"):
        files(replace(toy, hidden=64))


def test_a_dropped_repository_is_used_as_it_is_and_told_by_its_index(
    drop_folder: Path, toy_folder: Path, toy: KleinVariant
) -> None:
    shutil.copytree(toy_folder, drop_folder / "FLUX.2-klein-4B")
    assert files(toy)["transformer"] == "diffusion_pytorch_model.safetensors"
    with pytest.raises(ModelMissing):
        files(replace(toy, distilled=False))


def test_what_another_size_of_the_same_kind_brought_is_not_brought_twice(
    drop_folder: Path, singles: Path, toy_folder: Path, toy: KleinVariant
) -> None:
    """A base model beside the distilled one: the encoder and the autoencoder are the same files."""
    shutil.copytree(toy_folder, drop_folder / "flux2-klein-4b")
    (drop_folder / "flux2-klein-base-4b").mkdir()
    shutil.copy(singles / "klein.safetensors", drop_folder / "flux2-klein-base-4b" / "klein.safetensors")
    base = replace(toy, model_id="flux2-klein-base-4b", distilled=False)
    assert files(base) == {
        "transformer": "klein.safetensors", "text_encoder": "model.safetensors",
        "vae": "diffusion_pytorch_model.safetensors",
    }  # fmt: skip
