"""LoRAs: every layout, weights, blends; what does not fit is refused before it touches the model."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import LoraUse, ModelInvalid, ModelMissing, Plan
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.testing.contract import PROCESSOR, drawn_page, ignore_step, request_of
from tests.engines.toys import klein

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.colorize.flux2.info import KleinVariant

RANK = 4
WIDTH = klein.HIDDEN


def pairs(seed: int, width: int = WIDTH) -> dict[str, tuple[Any, Any]]:
    """Return a LoRA under Black Forest Labs' names: name of a layer to its A and B."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    sides = {"double_blocks.0.img_attn.proj": (width, width), "single_blocks.0.linear2": (4 * width, width)}
    return {
        name: (
            torch.randn(RANK, into, generator=generator) * 0.3,
            torch.randn(out, RANK, generator=generator) * 0.3,
        )
        for name, (into, out) in sides.items()
    }


DIFFUSERS_NAMES = {
    "double_blocks.0.img_attn.proj": "transformer_blocks.0.attn.to_out.0",
    "single_blocks.0.linear2": "single_transformer_blocks.0.attn.to_out",
}


def in_layout(layout: str, seed: int = 1, width: int = WIDTH) -> dict[str, Any]:
    import torch

    out: dict[str, Any] = {}
    for name, (a, b) in pairs(seed, width).items():
        if layout == "kohya":
            flat = f"lora_unet_{name.replace('.', '_')}"
            out |= {f"{flat}.lora_down.weight": a, f"{flat}.lora_up.weight": b, f"{flat}.alpha": torch.tensor(4.0)}
            continue
        full = f"transformer.{DIFFUSERS_NAMES[name]}" if layout == "diffusers" else f"diffusion_model.{name}"
        out |= {f"{full}.lora_A.weight": a, f"{full}.lora_B.weight": b}
    return out


def saved(path: Path, tensors: dict[str, Any], weight: float = 1.0) -> LoraUse:
    from safetensors.torch import save_file

    save_file(tensors, path)
    return LoraUse(name=path.name, path=str(path), weight=weight, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def picture(engine: Flux2KleinEngine, *loras: LoraUse) -> NDArray[np.float32]:
    request = request_of(drawn_page(96, 64), plan=Plan(seed=4, steps=2, loras=loras))
    return engine.colorize(request, ignore_step).oklab


@pytest.mark.parametrize("layout", ["diffusers", "ai-toolkit", "kohya"])
def test_every_layout_acts_alike(engine: Flux2KleinEngine, tmp_path: Path, layout: str) -> None:
    without = picture(engine)
    expected = picture(engine, saved(tmp_path / "expected.safetensors", in_layout("diffusers")))
    ours = picture(engine, saved(tmp_path / "style.safetensors", in_layout(layout)))
    assert np.abs(expected - without).mean() > 1e-4
    assert np.abs(ours - expected).max() < 0.005
    assert picture(engine).tobytes() == without.tobytes()


def test_weights_scale_blend_and_take_off(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    without = picture(engine)
    one = saved(tmp_path / "one.safetensors", in_layout("diffusers", 1))
    two = saved(tmp_path / "two.safetensors", in_layout("ai-toolkit", 2), 0.5)
    none = LoraUse(name=one.name, path=one.path, sha256=one.sha256, weight=0.0)
    results = [picture(engine, *loras) for loras in ((one,), (two,), (one, two), (none,))]
    assert len({result.tobytes() for result in (without, *results[:3])}) == 4
    assert np.abs(results[3] - without).max() < 0.005
    # The same two again, after others: nothing is left of what was applied between.
    assert picture(engine, one, two).tobytes() == results[2].tobytes()
    assert picture(engine).tobytes() == without.tobytes()


def test_blend_of_two_is_the_sum_of_both(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    half = [saved(tmp_path / f"{index}.safetensors", in_layout("diffusers"), 0.5) for index in (1, 2)]
    whole = picture(engine, saved(tmp_path / "whole.safetensors", in_layout("diffusers")))
    assert np.abs(picture(engine, *half) - whole).max() < 0.005


def test_alpha_that_diffusers_writes_beside_the_tensors_counts(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    from diffusers import Flux2KleinPipeline

    layers = {name.removeprefix("transformer."): value for name, value in in_layout("diffusers").items()}
    Flux2KleinPipeline.save_lora_weights(
        tmp_path, layers, weight_name="alpha.safetensors",
        transformer_lora_adapter_metadata={"r": RANK, "lora_alpha": RANK // 2, "alpha_pattern": {}},
    )  # fmt: skip
    path = tmp_path / "alpha.safetensors"
    ours = picture(engine, LoraUse(name="alpha", path=str(path), sha256="a"))
    half = picture(engine, saved(tmp_path / "plain.safetensors", in_layout("diffusers"), 0.5))
    assert np.abs(ours - half).max() < 0.005
    assert np.abs(ours - picture(engine)).mean() > 1e-4


def test_dora_is_refused_rather_than_worn_wrongly(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    import torch

    name = "diffusion_model.single_blocks.0.linear2.dora_scale"
    with pytest.raises(ModelInvalid, match="DoRA"):
        picture(engine, saved(tmp_path / "dora.safetensors", {**in_layout("ai-toolkit"), name: torch.ones(WIDTH, 1)}))


def test_digest_of_a_lora_is_a_part_of_the_results_weights(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    lora = saved(tmp_path / "style.safetensors", in_layout("kohya"))
    request = request_of(drawn_page(64, 64), plan=Plan(steps=1, loras=(lora,)))
    assert engine.colorize(request, ignore_step).weights["lora/style.safetensors"] == lora.sha256


def test_lora_acts_on_gguf_as_on_exact_weights(toy_folder: Path, toy: KleinVariant, tmp_path: Path) -> None:
    folder = klein.build_single_files(toy_folder, tmp_path / "gguf")
    (folder / "klein.safetensors").unlink()
    klein.write_gguf(folder / "klein.gguf", klein.to_bfl(klein.weights_of(toy_folder, "transformer")), "flux")
    lora = saved(tmp_path / "style.safetensors", in_layout("ai-toolkit"))
    exact, quantised = Flux2KleinEngine(toy, toy_folder), Flux2KleinEngine(toy, folder)
    for engine in (exact, quantised):
        engine.load(PROCESSOR)
    without = picture(quantised)
    ours = picture(quantised, lora)
    assert np.abs(ours - without).mean() > 1e-4
    assert np.abs(ours - picture(exact, lora)).max() < 0.01
    assert picture(quantised).tobytes() == without.tobytes()


@pytest.mark.parametrize("policy", ["group_offload", "layerwise_fp8"])
def test_lora_acts_under_lean_policies(toy_folder: Path, toy: KleinVariant, tmp_path: Path, policy: Any) -> None:
    from dataclasses import replace

    lean, full = Flux2KleinEngine(toy, toy_folder), Flux2KleinEngine(toy, toy_folder)
    lean.load(replace(PROCESSOR, policy=policy))
    full.load(PROCESSOR)
    lora = saved(tmp_path / "style.safetensors", in_layout("diffusers"))
    without = picture(lean)
    assert np.abs(picture(lean, lora) - picture(full, lora)).max() < 0.02
    assert picture(lean).tobytes() == without.tobytes()


@pytest.mark.parametrize("layout", ["diffusers", "ai-toolkit", "kohya"])
def test_lora_of_the_other_size_is_refused_and_the_engine_stays_clean(
    engine: Flux2KleinEngine, tmp_path: Path, layout: str
) -> None:
    without = picture(engine)
    with pytest.raises(ModelInvalid, match=r"wide\.safetensors is made for another size"):
        picture(engine, saved(tmp_path / "wide.safetensors", in_layout(layout, width=2 * WIDTH)))
    assert picture(engine).tobytes() == without.tobytes()


def test_second_lora_that_is_refused_takes_the_first_with_it(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    without = picture(engine)
    good = saved(tmp_path / "good.safetensors", in_layout("diffusers"))
    bad = saved(tmp_path / "bad.safetensors", in_layout("diffusers", width=2 * WIDTH))
    with pytest.raises(ModelInvalid, match=r"bad\.safetensors"):
        picture(engine, good, bad)
    assert picture(engine).tobytes() == without.tobytes()


def test_lora_without_a_layer_of_ours_is_an_error(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    import torch

    a, b = torch.zeros(RANK, WIDTH), torch.zeros(WIDTH, RANK)
    for name, tensors in {
        "sdxl": {"lora_unet_down_blocks_1.lora_down.weight": a, "lora_unet_down_blocks_1.lora_up.weight": b},
        "flux1": {"transformer.other.0.lora_A.weight": a, "transformer.other.0.lora_B.weight": b},
        "bare": {"something.lora_A.weight": a, "something.lora_B.weight": b},
        "weights": {"img_in.weight": a},
    }.items():
        with pytest.raises(ModelInvalid, match=name):
            picture(engine, saved(tmp_path / f"{name}.safetensors", tensors))


@pytest.mark.parametrize("name", ["style.bin", "style.pt", "style.ckpt", "style"])
def test_pickled_lora_is_refused_unopened(engine: Flux2KleinEngine, tmp_path: Path, name: str) -> None:
    import torch

    torch.save(in_layout("diffusers"), tmp_path / name)
    with pytest.raises(ModelInvalid, match=name):
        picture(engine, LoraUse(name=name, path=str(tmp_path / name)))


def test_missing_and_truncated_loras_are_named(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="gone"):
        picture(engine, LoraUse(name="gone", path=str(tmp_path / "gone.safetensors")))
    lora = saved(tmp_path / "half.safetensors", in_layout("diffusers"))
    path = tmp_path / "half.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelInvalid, match="half"):
        picture(engine, lora)


def test_flux1_lora_is_refused_by_name_and_nothing_of_it_is_worn(engine: Flux2KleinEngine, tmp_path: Path) -> None:
    import torch

    without = picture(engine)
    tensors = {}
    for block in range(19):
        for name in ("attn.to_q", "attn.to_out.0", "norm1.linear", "ff.net.2"):
            at = f"transformer.transformer_blocks.{block}.{name}"
            tensors |= {f"{at}.lora_A.weight": torch.ones(RANK, WIDTH), f"{at}.lora_B.weight": torch.ones(WIDTH, RANK)}
    with pytest.raises(ModelInvalid, match=r"flux1\.safetensors is a LoRA for FLUX\.1.*74 of 76 layers match nothing"):
        picture(engine, saved(tmp_path / "flux1.safetensors", tensors))
    assert picture(engine).tobytes() == without.tobytes()


@pytest.mark.parametrize("prefix", ["", "base_model.model.", "base_model.model.transformer.", "transformer."])
@pytest.mark.parametrize("adapter", ["", ".default"])
def test_peft_layouts_act_alike_whatever_stands_before(
    engine: Flux2KleinEngine, tmp_path: Path, prefix: str, adapter: str
) -> None:
    expected = picture(engine, saved(tmp_path / "expected.safetensors", in_layout("diffusers")))
    tensors = {
        name.replace("transformer.", prefix, 1).replace(".weight", f"{adapter}.weight"): value
        for name, value in in_layout("diffusers").items()
    }
    assert picture(engine, saved(tmp_path / "peft.safetensors", tensors)).tobytes() == expected.tobytes()


QKV = "double_blocks.0.img_attn.qkv"
MODULATION = "final_layer.adaLN_modulation.1"


@pytest.mark.parametrize("place", [QKV, "single_blocks.1.linear1", MODULATION])
@pytest.mark.parametrize("kind", ["lora", "loha", "lokr"])
def test_every_kind_of_layer_is_the_change_of_weights_that_it_stands_for(
    engine: Flux2KleinEngine, toy_folder: Path, tmp_path: Path, kind: str, place: str
) -> None:
    """Under Black Forest Labs' names the change is one matrix; in diffusers its rows lie in three, or otherwise."""
    out, into = klein.to_bfl(klein.weights_of(toy_folder, "transformer"))[f"{place}.weight"].shape
    tensors, change = layer_of(kind, out, into)
    without = picture(engine)
    lora = saved(tmp_path / "one.safetensors", {f"diffusion_model.{place}.{end}": one for end, one in tensors.items()})
    assert picture(engine, lora).tobytes() != without.tobytes()
    applied = {
        name: module.get_delta_weight("lora_0").detach()
        for name, module in engine._pipeline.transformer.named_modules()
        if hasattr(module, "get_delta_weight")
    }
    expected = rows_of(kind, place, change)
    assert applied.keys() == expected.keys()
    assert all(np.allclose(applied[name], rows, atol=1e-4) for name, rows in expected.items())
    assert picture(engine).tobytes() == without.tobytes()
    # What was applied before leaves nothing behind on which the next one could act in vain.
    after = {f"diffusion_model.{QKV}.{end}": one for end, one in layer_of("lora", 3 * WIDTH, WIDTH)[0].items()}
    assert picture(engine, saved(tmp_path / "after.safetensors", after)).tobytes() != without.tobytes()


ATTENTION = "transformer_blocks.0.attn"


def rows_of(kind: str, place: str, change: Any) -> dict[str, Any]:
    """Return a change of weights by diffusers' names."""
    import torch

    if place == QKV and kind == "lokr":
        return {f"{ATTENTION}.to_qkv": change}
    if place == QKV:
        return {f"{ATTENTION}.to_{name}": rows for name, rows in zip("qkv", change.chunk(3), strict=True)}
    if place == MODULATION:
        return {"norm_out.linear": torch.cat(change.chunk(2)[::-1])}
    return {"single_transformer_blocks.1.attn.to_qkv_mlp_proj": change}


def layer_of(kind: str, out: int, into: int) -> tuple[dict[str, Any], Any]:
    """Return the tensors of a layer and the change of weights that they stand for."""
    import torch

    generator = torch.Generator().manual_seed(5)

    def some(*shape: int) -> Any:
        return torch.randn(*shape, generator=generator) * 0.4

    if kind == "lora":
        down, up = some(RANK, into), some(out, RANK)
        return {"lora_A.weight": down, "lora_B.weight": up, "alpha": torch.tensor(2.0)}, up @ down * (2 / RANK)
    if kind == "loha":
        a1, b1, a2, b2 = some(out, RANK), some(RANK, into), some(out, RANK), some(RANK, into)
        names = {"hada_w1_a": a1, "hada_w1_b": b1, "hada_w2_a": a2, "hada_w2_b": b2, "alpha": torch.tensor(2.0)}
        return names, (a1 @ b1) * (a2 @ b2) * (2 / RANK)
    left, first, second = some(8, 8), some(out // 8, 2), some(2, into // 8)
    names = {"lokr_w1": left, "lokr_w2_a": first, "lokr_w2_b": second, "alpha": torch.tensor(1.0)}
    return names, torch.kron(left, first @ second) * (1 / 2)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"diffusion_model.img_in.diff": (WIDTH, 128)}, "whole differences"),
        ({"text_encoder.layers.0.lora_A.weight": (RANK, 8), "text_encoder.layers.0.lora_B.weight": (8, RANK)},
         "text encoder"),
        ({"diffusion_model.img_in.lora_A.weight": (RANK, 128)}, "lacks its B"),
        ({"diffusion_model.img_in.lokr_w1": (8, 8), "diffusion_model.img_in.lokr_w2": (WIDTH // 8, 16)},
         "mixes LoKr with other layers"),
        ({"diffusion_model.double_blocks.0.img_attn.norm.weight": (8,)}, "part of no LoRA layer"),
        ({"diffusion_model.double_blocks.1.img_attn.proj.lora_A.weight": (RANK, WIDTH),
          "diffusion_model.double_blocks.1.img_attn.proj.lora_B.weight": (WIDTH, RANK)}, "match nothing"),
    ],
)  # fmt: skip
def test_lora_of_which_a_part_cannot_be_worn_is_refused_whole(
    engine: Flux2KleinEngine, tmp_path: Path, extra: dict[str, tuple[int, ...]], words: str
) -> None:
    import torch

    without = picture(engine)
    tensors = in_layout("ai-toolkit") | {name: torch.ones(shape) for name, shape in extra.items()}
    with pytest.raises(ModelInvalid, match=words):
        picture(engine, saved(tmp_path / "mixed.safetensors", tensors))
    assert picture(engine).tobytes() == without.tobytes()
