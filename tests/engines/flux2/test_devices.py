"""Klein under each row of the table of devices, on a fake device of that kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import Device, EngineTooLarge, Plan
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.device_memory import FreeMemory
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of
from tests.engines.toys import klein

if TYPE_CHECKING:
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant

APPLE = Device("mps", "Apple GPU", 64_000)


@pytest.fixture
def apple(toy_folder: Path, toy: KleinVariant, monkeypatch: pytest.MonkeyPatch) -> Flux2KleinEngine:
    """Return an engine that was loaded on what it takes for Apple's GPU; torch computes on the processor."""
    import torch

    monkeypatch.setattr("engines.colorize.diffusion.engine.torch_device", lambda _: torch.device("cpu"))
    monkeypatch.setattr("engines.device_memory.free_memory", lambda _: FreeMemory(64_000, 64_000))
    engine = Flux2KleinEngine(toy, toy_folder)
    engine.load(APPLE)
    return engine


def colour(engine: Flux2KleinEngine, *hues: float) -> Any:
    references = [flat_reference(hue, 48) for hue in hues]
    return engine.colorize(request_of(drawn_page(64, 64), *references, plan=Plan(seed=2, steps=2)), ignore_step).oklab


def test_apple_decodes_on_the_processor_in_float32_and_gives_the_same_picture(
    apple: Flux2KleinEngine, toy_folder: Path, toy: KleinVariant
) -> None:
    import torch

    vae, seen = apple._pipeline.vae, []
    assert type(vae).__name__ == "OnProcessor"
    vae.decoder.register_forward_pre_hook(lambda _, inputs: seen.append((inputs[0].device.type, inputs[0].dtype)))
    assert vae.to(torch.float16) is vae
    plain = Flux2KleinEngine(toy, toy_folder)
    plain.load(PROCESSOR)
    assert colour(apple, 1.0).tobytes() == colour(plain, 1.0).tobytes()
    assert set(seen) == {("cpu", torch.float32)}
    assert vae.decode(torch.zeros(1, 32, 4, 4, dtype=torch.float16)).sample.dtype == torch.float16
    assert apple._pipeline.transformer.dtype == torch.float32


def test_apple_sees_three_references_and_gives_memory_back_before_the_steps(
    apple: Flux2KleinEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(
        "engines.colorize.diffusion.within_rules.return_device_memory", lambda: order.append("collected")
    )
    apple._pipeline.transformer.register_forward_pre_hook(lambda *_: order.append("step"))
    four = colour(apple, 0.1, 1.1, 2.1, 3.1)
    assert order[0] == "collected"
    assert four.tobytes() == colour(apple, 0.1, 1.1, 2.1).tobytes()
    assert four.tobytes() != colour(apple, 0.1, 1.1).tobytes()


def test_a_model_without_room_is_not_loaded_and_the_memory_of_the_machine_is_what_decides(
    toy_folder: Path, toy: KleinVariant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engines.device_memory.free_memory", lambda _: FreeMemory(-1, -1))
    engine = Flux2KleinEngine(toy, toy_folder)
    with pytest.raises(EngineTooLarge, match=r"FLUX\.2 klein 4B takes"):
        engine.load(PROCESSOR)
    assert engine._pipeline is None


def test_files_of_8_bits_stay_so_where_memory_is_short(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain cast and one with scales: in both the matrices of transformer and text encoder lie at 8 bits."""
    import torch

    from tests.engines.flux2.test_weights import fp8

    bfl = klein.to_bfl(klein.weights_of(toy_folder, "transformer"))
    whole = Flux2KleinEngine(toy, toy_folder)
    whole.load(PROCESSOR)
    expected = colour(whole, 1.0)
    for scale in ("none", "rows"):
        tensors = fp8(bfl, scale, ".weight_scale")
        folder = klein.build_single_files(toy_folder, tmp_path / scale, transformer=tensors)
        engine = Flux2KleinEngine(toy, folder)
        engine.load(replace(PROCESSOR, policy="layerwise_fp8"))
        kinds = {name: one.dtype for name, one in engine._pipeline.transformer.named_parameters()}
        assert kinds["single_transformer_blocks.0.attn.to_out.weight"] == torch.float8_e4m3fn
        encoder = engine._pipeline.text_encoder
        assert encoder.dtype == encoder.embed_tokens.weight.dtype == torch.bfloat16
        assert encoder.layers[0].mlp.up_proj.weight.dtype == torch.float8_e4m3fn
        assert np.abs(colour(engine, 1.0) - expected).max() < 0.03
        assert engine.policy == "layerwise_fp8"


def test_with_a_gguf_transformer_only_the_text_encoder_goes_into_8_bits(
    toy_folder: Path, toy: KleinVariant, tmp_path: Path
) -> None:
    import shutil

    import torch

    folder = tmp_path / "gguf"
    shutil.copytree(toy_folder, folder)
    klein.write_gguf(folder / "klein.gguf", klein.to_bfl(klein.weights_of(toy_folder, "transformer")), "flux", "Q8_0")
    pictures = {}
    for policy in ("full", "layerwise_fp8"):
        engine = Flux2KleinEngine(toy, folder)
        engine.load(replace(PROCESSOR, policy=policy))
        mlp = engine._pipeline.text_encoder.layers[0].mlp
        kinds = {one.weight.dtype for one in (mlp.gate_proj, mlp.up_proj, mlp.down_proj)}
        assert kinds == {torch.float32 if policy == "full" else torch.float8_e4m3fn}
        assert type(engine._pipeline.transformer.transformer_blocks[0].attn.to_q.weight).__name__ == "GGUFParameter"
        pictures[policy] = colour(engine, 1.0)
        engine.unload()
    assert 0 < np.abs(pictures["full"] - pictures["layerwise_fp8"]).max() < 0.03


def test_the_text_encoder_says_nearly_the_same_in_8_bits(toy_folder: Path, toy: KleinVariant) -> None:
    """A quarter of float32's memory; random weights of little width are further off than trained ones would be."""
    import torch

    said, size = {}, {}
    for policy in ("full", "layerwise_fp8"):
        engine = Flux2KleinEngine(toy, toy_folder)
        engine.load(replace(PROCESSOR, policy=policy))
        encoder = engine._pipeline.text_encoder
        said[policy] = engine._prompts.embeds(engine._pipeline, "a girl with red hair").float()
        size[policy] = sum(one.weight.nbytes for name, one in encoder.named_modules() if name.endswith("_proj"))
        engine.unload()
    assert size["full"] == 4 * size["layerwise_fp8"]
    away = (said["full"] - said["layerwise_fp8"]).norm() / said["full"].norm()
    assert 0 < away < 0.12, float(away)
    assert torch.isfinite(said["layerwise_fp8"]).all()
