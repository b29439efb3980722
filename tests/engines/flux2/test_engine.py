"""FLUX.2 klein keeps the contract, and gives what diffusers gives, with the real classes at a toy's size."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines import registry
from engines.base import (
    ColorizeRequest,
    Device,
    EngineError,
    EngineOutOfMemory,
    Plan,
    Repair,
    RequestUnsupported,
    StagePlan,
)
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.info import VARIANTS, KleinVariant
from engines.oklab import srgb_to_oklab
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, flat_reference, ignore_step, request_of
from models.catalog import load_catalog
from models.digests import file_digest
from tests.engines.flux2.bare import bare_call, bare_pipeline, padded
from tests.engines.toys import klein

if TYPE_CHECKING:
    from pathlib import Path


class TestFlux2KleinEngine(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, toy_folder: Path, toy: KleinVariant) -> Flux2KleinEngine:
        return Flux2KleinEngine(toy, toy_folder)

    @pytest.mark.parametrize("shape", [(256, 192), (250, 201)])
    def test_picture_is_that_of_the_bare_call_bit_for_bit(
        self, loaded: Flux2KleinEngine, toy_folder: Path, shape: tuple[int, int]
    ) -> None:
        page, references = drawn_page(*shape), (flat_reference(1.0, 90), flat_reference(3.0))
        request = request_of(page, *references, plan=Plan(seed=5, prompt="a red door"))
        expected = bare_call(
            bare_pipeline(toy_folder), [padded(page), *map(padded, references)], "a red door", 5
        )[: shape[0], : shape[1]]  # fmt: skip
        oklab = loaded.colorize(request, ignore_step).oklab
        assert oklab.tobytes() == srgb_to_oklab(np.ascontiguousarray(expected)).tobytes()

    @pytest.mark.parametrize("policy", ["full", "group_offload", "layerwise_fp8"])
    def test_everything_that_was_loaded_is_gone_after_unload(self, engine: Flux2KleinEngine, policy: Any) -> None:
        page = drawn_page(64, 64)
        engine.load(replace(PROCESSOR, policy=policy))
        request = request_of(page, flat_reference(1.0), plan=Plan(steps=1))
        engine.colorize(request, ignore_step)
        repair = Repair(picture=np.dstack([page] * 3), mask=page > 100)
        engine.colorize(replace(request, repair=repair), ignore_step)
        parts = [weakref.ref(part) for part in engine._pipeline.components.values() if part is not None]
        parts += [weakref.ref(parameter) for parameter in engine._pipeline.transformer.parameters()]
        engine.unload()
        gc.collect()
        assert len(parts) > 20
        assert [part() for part in parts if part() is not None] == []

    @pytest.mark.usefixtures("no_network")
    def test_colouring_reaches_for_no_network(self, engine: Flux2KleinEngine) -> None:
        engine.load(PROCESSOR)
        engine.colorize(request_of(drawn_page(64, 64), plan=Plan(steps=1)), ignore_step)

    def test_a_prompt_is_encoded_once_for_all_pages(
        self, loaded: Flux2KleinEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        encoded: list[str] = []
        encode = loaded._pipeline._get_qwen3_prompt_embeds

        def counted(**arguments: Any) -> Any:
            encoded.append(arguments["prompt"][0])
            return encode(**arguments)

        monkeypatch.setattr(loaded._pipeline, "_get_qwen3_prompt_embeds", counted)
        for prompt in ("one", "two", "one"):
            loaded.colorize(request_of(drawn_page(64, 64), plan=Plan(steps=1, prompt=prompt)), ignore_step)
        assert encoded == ["one", "two"]

    def test_asking_for_compiled_blocks_changes_nothing_where_it_does_not_pay(self, loaded: Flux2KleinEngine) -> None:
        plans = [Plan(seed=1, steps=1, engine_options={"compile": choice}) for choice in (False, True)]
        first, second = (loaded.colorize(request_of(drawn_page(64, 64), plan=plan), ignore_step) for plan in plans)
        assert first.oklab.tobytes() == second.oklab.tobytes()
        assert loaded._compiled is False

    def test_memory_that_runs_out_is_said_so_and_the_engine_stays_usable(
        self, loaded: Flux2KleinEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import torch

        request = request_of(drawn_page(64, 64), plan=Plan(steps=1))
        before = loaded.colorize(request, ignore_step).oklab

        def run_out(*_: object, **__: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

        with monkeypatch.context() as patch:
            patch.setattr(loaded._pipeline.vae, "decode", run_out)
            with pytest.raises(EngineOutOfMemory):
                loaded.colorize(request, ignore_step)
        assert loaded.colorize(request, ignore_step).oklab.tobytes() == before.tobytes()

    def test_what_a_step_raises_passes_through_even_where_it_speaks_of_memory(self, loaded: Flux2KleinEngine) -> None:
        def stop(step: int, steps: int, preview: object = None) -> None:
            raise MemoryError("of the caller")

        with pytest.raises(MemoryError, match="of the caller"):
            loaded.colorize(request_of(drawn_page(64, 64), plan=Plan(steps=1)), stop)

    def test_numbers_without_a_value_are_an_error_and_no_black_page(self, loaded: Flux2KleinEngine) -> None:
        bias = loaded._pipeline.vae.decoder.conv_out.bias.data
        kept = bias.clone()
        bias.fill_(float("nan"))
        try:
            with pytest.raises(EngineError, match="without a value"):
                loaded.colorize(request_of(drawn_page(64, 64), plan=Plan(steps=1)), ignore_step)
        finally:
            bias.copy_(kept)

    def test_distilled_weights_take_no_guidance_and_no_negative_prompt(self, loaded: Flux2KleinEngine) -> None:
        page = drawn_page(64, 64)
        plans = [
            Plan(stages=(StagePlan(prompt="x", guidance=guidance, negative_prompt=negative),))
            for guidance, negative in ((1.0, ""), (7.5, "blurry"))
        ]
        first, second = (loaded.colorize(request_of(page, plan=plan), ignore_step).oklab for plan in plans)
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("policy", ["full", "model_offload", "group_offload", "layerwise_fp8"])
def test_every_memory_policy_gives_the_picture(toy_folder: Path, toy: KleinVariant, policy: Any) -> None:
    request = request_of(drawn_page(100, 80), flat_reference(1.0), plan=Plan(seed=3))
    engine = Flux2KleinEngine(toy, toy_folder)
    engine.load(PROCESSOR)
    exact = engine.colorize(request, ignore_step).oklab
    engine.unload()
    engine.load(replace(PROCESSOR, policy=policy))
    lean = engine.colorize(request, ignore_step).oklab
    # 8 bits for each weight show; moving weights about must not.
    assert np.abs(lean - exact).max() <= (0.02 if policy == "layerwise_fp8" else 1e-5)
    engine.unload()


def test_base_weights_are_guided_away_from_the_negative_prompt(tmp_path: Path, toy: KleinVariant) -> None:
    folder = klein.build_folder(tmp_path / "base", distilled=False)
    engine = Flux2KleinEngine(replace(toy, distilled=False), folder)
    engine.load(PROCESSOR)
    page = drawn_page(128, 96)
    stage = StagePlan(prompt="a door", negative_prompt="grey", guidance=3.0, steps=2)
    guided = engine.colorize(request_of(page, plan=Plan(seed=2, stages=(stage,))), ignore_step).oklab
    pipeline = bare_pipeline(folder)
    expected = bare_call(
        pipeline, [padded(page)], "a door", 2, num_inference_steps=2, guidance_scale=3.0,
        negative_prompt_embeds=pipeline.encode_prompt("grey")[0],
    )  # fmt: skip
    assert guided.tobytes() == srgb_to_oklab(expected).tobytes()
    unguided = replace(stage, guidance=1.0)
    other = engine.colorize(request_of(page, plan=Plan(seed=2, stages=(unguided,))), ignore_step).oklab
    assert other.tobytes() != guided.tobytes()


def test_cached_references_have_a_pipeline_of_their_own(toy_folder: Path, toy: KleinVariant) -> None:
    engine = Flux2KleinEngine(replace(toy, cached=True), toy_folder)
    engine.load(PROCESSOR)
    page, reference = drawn_page(128, 96), flat_reference(1.0, 96)
    oklab = engine.colorize(request_of(page, reference, plan=Plan(seed=2, prompt="x")), ignore_step).oklab
    from diffusers import Flux2KleinKVPipeline

    pipeline = Flux2KleinKVPipeline(**bare_pipeline(toy_folder).components)
    pipeline.set_progress_bar_config(disable=True)
    import torch
    from PIL import Image

    expected = pipeline(
        image=[Image.fromarray(padded(page)), Image.fromarray(reference)], prompt="x", height=128, width=96,
        generator=torch.Generator().manual_seed(2),
    ).images[0]  # fmt: skip
    assert oklab.tobytes() == srgb_to_oklab(np.asarray(expected)).tobytes()


def test_digests_are_those_of_the_files(toy_folder: Path, toy: KleinVariant) -> None:
    digests = Flux2KleinEngine(toy, toy_folder).weights_digests()
    assert sorted(digests) == [
        "text_encoder/model.safetensors",
        "transformer/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.safetensors",
    ]
    assert all(digest == file_digest(toy_folder / name) for name, digest in digests.items())


def test_pictures_of_another_kind_are_refused(toy_folder: Path, toy: KleinVariant) -> None:
    engine = Flux2KleinEngine(toy, toy_folder)
    engine.load(PROCESSOR)
    page = drawn_page(64, 64)
    colour = np.dstack([page] * 3)
    for request in (
        ColorizeRequest(page=colour, protect=page > 300, references=(), plan=Plan()),
        request_of(page, page),
        request_of(page, np.zeros((0, 0, 3), np.uint8)),
    ):
        with pytest.raises(RequestUnsupported):
            engine.colorize(request, ignore_step)


def test_engine_without_files_says_what_to_pull(tmp_path: Path) -> None:
    for variant in VARIANTS:
        viability = Flux2KleinEngine(variant, tmp_path / "nothing").viability()
        assert not viability.ok
        assert variant.model_id in viability.fix


def test_looking_for_engines_and_files_imports_no_torch(toy_folder: Path) -> None:
    code = (
        "import sys\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from engines import registry\n"
        "from engines.colorize.flux2.engine import Flux2KleinEngine\n"
        "from engines.colorize.flux2.info import KLEIN_4B\n"
        "registry.infos(), registry.get('flux2-klein').viability()\n"
        f"engine = Flux2KleinEngine(replace(KLEIN_4B, hidden=32), Path({str(toy_folder)!r}))\n"
        "raise SystemExit(not engine.viability().ok or 'torch' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_variant_is_registered() -> None:
    assert {variant.info() for variant in VARIANTS} <= set(registry.infos())
    cards = load_catalog()
    for variant in VARIANTS:
        card = cards[variant.model_id]
        assert (card.engine, card.licence) == (variant.id, variant.licence)
        assert card.repository.startswith("black-forest-labs/FLUX.2-klein")
    assert registry.get("flux2-klein-9b").info.licence == "LicenseRef-FLUX-Non-Commercial"


def test_a_device_that_torch_lacks_is_refused(toy_folder: Path, toy: KleinVariant) -> None:
    from engines.base import EngineUnavailable

    with pytest.raises(EngineUnavailable, match="remote"):
        Flux2KleinEngine(toy, toy_folder).load(Device("remote", "a server", 0))
