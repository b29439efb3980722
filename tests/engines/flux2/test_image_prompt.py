"""The image prompt, guidance in two passes, offsets in time and RePaint: each as a plain implementation has them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import ColorizeRequest, ModelInvalid, ModelMissing, Plan, Repair, RequestUnsupported, StagePlan
from engines.colorize.diffusion.places import Places
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.image_prompt import ENCODER_ID, ImagePrompt, find_image_prompt
from engines.colorize.flux2.info import KLEIN_9B_KV, KleinVariant
from engines.colorize.flux2.options import asked_of
from engines.oklab import srgb_to_oklab
from engines.testing.contract import PROCESSOR, drawn_page, ignore_step
from models.digests import file_digest
from tests.engines.flux2 import plain
from tests.engines.flux2.bare import bare_pipeline
from tests.engines.toys import image_prompt as toys
from tests.engines.toys import klein

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SIDE = 64


@pytest.fixture(scope="module")
def folder(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken") / "klein"
    shutil.copytree(toy_folder, folder)
    toys.build_encoder(folder / "image_encoder")
    toys.write_projector(folder / "ip-adapter.safetensors", klein.HIDDEN)
    return folder


@pytest.fixture(scope="module")
def spoken(folder: Path, toy: KleinVariant) -> Iterator[Flux2KleinEngine]:
    engine = Flux2KleinEngine(toy, folder)
    engine.load(PROCESSOR)
    yield engine
    engine.unload()


def picture(seed: int, side: int = SIDE) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def request(*references: NDArray[np.uint8], repair: Repair | None = None, **options: Any) -> ColorizeRequest:
    page = drawn_page(SIDE, SIDE)
    stage = StagePlan(prompt="a girl in red", negative_prompt="grey")
    return ColorizeRequest(
        page=page, protect=np.zeros(page.shape, bool), references=references, repair=repair,
        plan=Plan(seed=7, stages=(stage,), engine_options=options),
    )  # fmt: skip


def tokens_of(folder: Path, *references: NDArray[np.uint8]) -> Any:
    """Return the tokens by transformers' own processor and the seed's `Linear`, reshape and `LayerNorm`."""
    import torch
    from safetensors.torch import load_file
    from transformers import CLIPImageProcessorPil, CLIPVisionModelWithProjection

    tower = CLIPVisionModelWithProjection.from_pretrained(folder / "image_encoder")
    reads = CLIPImageProcessorPil(
        size={"shortest_edge": toys.SIDE}, crop_size={"height": toys.SIDE, "width": toys.SIDE}
    )
    parts = load_file(folder / "ip-adapter.safetensors")
    line = torch.nn.Linear(toys.PROJECTED, toys.TOKENS * klein.HIDDEN)
    norm = torch.nn.LayerNorm(klein.HIDDEN)
    line.load_state_dict({name: parts[f"image_proj.proj.{name}"] for name in ("weight", "bias")})
    norm.load_state_dict({name: parts[f"image_proj.norm.{name}"] for name in ("weight", "bias")})
    with torch.no_grad():
        seen = tower(**reads(images=list(references), return_tensors="pt")).image_embeds
        return norm(line(seen).reshape(len(references), toys.TOKENS, klein.HIDDEN)).reshape(1, -1, klein.HIDDEN)


def levels_apart(engine: Flux2KleinEngine, asked: ColorizeRequest, wanted: NDArray[np.uint8]) -> float:
    """Return how far a result is from a picture at most, in OKLab times 255."""
    made = engine.colorize(asked, ignore_step).oklab
    return float(np.abs(made - srgb_to_oklab(wanted)).max() * 255)


def test_each_reference_gives_four_tokens_as_the_plain_networks_do(folder: Path) -> None:
    wide = np.ascontiguousarray(picture(3)[:40])
    files = find_image_prompt(Places(folder), klein.HIDDEN)
    told = ImagePrompt(files).tokens((picture(2), wide))
    assert told.shape == (1, 2 * toys.TOKENS, klein.HIDDEN)
    assert not files.pooled
    assert np.allclose(told, tokens_of(folder, picture(2), wide), atol=2e-2)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"image_prompt": True},
        {"true_cfg": True},
        {"image_prompt": True, "true_cfg": 3.5},
        {"time_scale": 3},
        {"image_prompt": True, "true_cfg": 2, "time_scale": 20},
    ],
    ids=lambda one: "-".join(one) or "none",
)
@pytest.mark.parametrize("mends", [False, True], ids=["whole", "repair"])
def test_options_do_what_a_plain_loop_does(
    spoken: Flux2KleinEngine, folder: Path, options: dict[str, Any], *, mends: bool
) -> None:
    references = picture(1), picture(2)
    so_far, mask = picture(4), np.zeros((SIDE, SIDE), bool)
    mask[16:48, 0:32] = True
    repair = Repair(picture=so_far, mask=mask) if mends else None
    page = so_far if mends else np.dstack([drawn_page(SIDE, SIDE)] * 3)
    scale = options.get("true_cfg", 1.0)
    asked = plain.Asked(
        pictures=[page, *references], prompt="a girl in red", negative="grey", seed=7,
        scale=2.0 if scale is True else scale, time_scale=options.get("time_scale", 10),
        image_tokens=tokens_of(folder, *references) if options.get("image_prompt") else None,
        known=so_far if mends else None, mask=mask.astype(np.uint8) if mends else None,
    )  # fmt: skip
    wanted = plain.picture_of(bare_pipeline(folder), asked)
    if mends:
        wanted = np.where(mask[..., None], wanted, so_far)
    assert levels_apart(spoken, request(*references, repair=repair, **options), wanted) < 2.5


def test_each_option_changes_the_picture_and_none_stays_behind(spoken: Flux2KleinEngine) -> None:
    def made(**options: Any) -> bytes:
        return spoken.colorize(request(picture(1), **options), ignore_step).oklab.tobytes()

    before = made()
    told = {
        before,
        made(image_prompt=True),
        made(true_cfg=True),
        made(time_scale=30),
        made(image_prompt=True, true_cfg=2),
    }
    assert len(told) == 5
    assert made() == before
    assert not spoken._pipeline.transformer.context_embedder._forward_hooks


def test_without_a_reference_nothing_speaks(spoken: Flux2KleinEngine) -> None:
    first, second = (spoken.colorize(request(**one), ignore_step) for one in ({}, {"image_prompt": True}))
    assert first.oklab.tobytes() == second.oklab.tobytes()


def test_the_parts_are_among_the_weights_of_a_result(spoken: Flux2KleinEngine, folder: Path) -> None:
    told = spoken.colorize(request(picture(1), image_prompt=True), ignore_step).weights
    assert told["ip-adapter.safetensors"] == file_digest(folder / "ip-adapter.safetensors")
    assert "image_encoder/model.safetensors" in told
    assert told == spoken.digests_for({"image_prompt": True})
    assert "ip-adapter.safetensors" not in spoken.colorize(request(picture(1)), ignore_step).weights


def test_a_projector_of_the_towers_own_state_is_told_by_its_width(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "image_encoder", tmp_path / "models" / ENCODER_ID)
    own = tmp_path / "models" / "klein"
    own.mkdir()
    toys.write_projector(own / "any.safetensors", klein.HIDDEN, reads=toys.WIDTH, prefix="")
    files = find_image_prompt(Places(own, tmp_path / "models"), klein.HIDDEN)
    assert files.pooled
    assert ImagePrompt(files).tokens((picture(1),)).shape == (1, toys.TOKENS, klein.HIDDEN)


@pytest.mark.parametrize(
    ("hidden", "reads", "encoder", "error", "says"),
    [
        (None, 0, True, ModelMissing, "projector"),
        (klein.HIDDEN, toys.PROJECTED, False, ModelMissing, "image tower"),
        (2 * klein.HIDDEN, toys.PROJECTED, True, ModelInvalid, "width"),
        (klein.HIDDEN, 20, True, ModelInvalid, "width 20"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_refused(
    folder: Path, tmp_path: Path, hidden: int | None, reads: int, error: type[Exception], says: str, *, encoder: bool
) -> None:
    if encoder:
        shutil.copytree(folder / "image_encoder", tmp_path / "image_encoder")
    if hidden is not None:
        toys.write_projector(tmp_path / "ip-adapter.safetensors", hidden, reads=reads)
    with pytest.raises(error, match=says):
        find_image_prompt(Places(tmp_path), klein.HIDDEN)


@pytest.mark.parametrize(
    "options", [{"true_cfg": 1}, {"true_cfg": 11}, {"true_cfg": "2"}, {"time_scale": 0}, {"time_scale": True},
                {"time_scale": 2.5}]
)  # fmt: skip
def test_values_that_mean_nothing_are_refused(options: dict[str, Any], toy: KleinVariant) -> None:
    with pytest.raises(RequestUnsupported):
        asked_of(options, toy)


def test_cached_references_take_no_second_pass() -> None:
    with pytest.raises(RequestUnsupported, match="true_cfg"):
        asked_of({"true_cfg": True}, KLEIN_9B_KV)
    assert asked_of({"true_cfg": False, "image_prompt": True}, KLEIN_9B_KV).image_prompt
