"""Previews show what the latents hold, as well as a linear map can."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.base import Plan
from engines.colorize.diffusion.packed_preview import fit_map
from engines.colorize.diffusion.pad import Fit, fit, laid_out
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.geometry import Size
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, request_of
from tests.engines.flux2.bare import bare_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.colorize.flux2.info import KleinVariant


def test_preview_is_the_map_over_the_latents_that_the_autoencoder_would_decode(toy_folder: Path) -> None:
    pipeline = bare_pipeline(toy_folder)
    import torch

    where = Fit(Size(100, 72), Size(112, 80))
    latents = torch.randn(1, 7 * 5, 128, generator=torch.Generator().manual_seed(1))
    seen: list[torch.Tensor] = []

    def decode(tensor: torch.Tensor, **_: object) -> tuple[torch.Tensor]:
        seen.append(tensor)
        return (torch.zeros(1, 3, 112, 80),)

    pipeline.vae.decode = decode

    def replaced(*_: object) -> dict[str, torch.Tensor]:
        return {"latents": latents}

    pipeline(prompt="", height=112, width=80, num_inference_steps=1, callback_on_step_end=replaced)
    latent_map = fit_map(pipeline.vae, torch.device("cpu"), [])
    rows = torch.cat([seen[0][0].flatten(1).T, torch.ones(14 * 10, 1)], dim=1)
    colours = ((rows @ latent_map._weights).clamp(-1, 1) + 1) * 127.5
    expected = colours.reshape(14, 10, 3)[:13, :9].numpy()
    assert np.abs(latent_map.picture(latents, where) - expected).max() <= 1


def test_map_tells_the_colours_of_a_picture_that_it_was_fitted_to(toy_folder: Path) -> None:
    pipeline = bare_pipeline(toy_folder)
    import torch

    picture = np.random.default_rng(5).integers(0, 256, (8, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    where = fit(Size(128, 128))
    pixels = torch.from_numpy(laid_out(picture, where) / np.float32(127.5) - 1).permute(2, 0, 1)[None]
    with torch.no_grad():
        latents = pipeline._pack_latents(pipeline._encode_vae_image(pixels, None))
    preview = fit_map(pipeline.vae, torch.device("cpu"), [picture]).picture(latents, where).astype(float)
    expected = cv2.resize(picture, (16, 16), interpolation=cv2.INTER_AREA).astype(float)
    # Random weights keep little colour; what they keep, least squares finds.
    assert np.abs(preview - expected).mean() < 0.95 * np.abs(expected - expected.mean(axis=(0, 1))).mean()
    assert np.corrcoef(preview.ravel(), expected.ravel())[0, 1] > 0.25


def test_previews_have_the_pages_aspect_and_become_the_picture(toy_folder: Path, toy: KleinVariant) -> None:
    engine = Flux2KleinEngine(toy, toy_folder)
    engine.load(PROCESSOR)
    previews: list[NDArray[np.uint8]] = []
    request = request_of(drawn_page(250, 170), flat_reference(1.0), plan=Plan(seed=1))

    def keep(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        assert preview is not None
        previews.append(preview)

    engine.colorize(request, keep)
    assert [preview.shape for preview in previews] == [(32, 22, 3)] * 4
    assert len({preview.tobytes() for preview in previews}) == 4


def test_map_is_fitted_once_for_the_pages_of_a_job(toy_folder: Path, toy: KleinVariant) -> None:
    engine = Flux2KleinEngine(toy, toy_folder)
    engine.load(PROCESSOR)
    maps = []
    for hue in (1.0, 1.0, 3.0):
        engine.colorize(request_of(drawn_page(64, 64), flat_reference(hue), plan=Plan(steps=1)), lambda *_: None)
        maps.append(engine._map)
    assert maps[0] is maps[1]
    assert maps[1] is not maps[2]
