"""What makes many pages quicker, counted by what is computed, not by a clock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.base import Plan, Region
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.testing.contract import PROCESSOR, drawn_page, flat_reference, ignore_step, request_of

if TYPE_CHECKING:
    from pathlib import Path

    from engines.colorize.flux2.info import KleinVariant

RED, BLUE = flat_reference(0.5, 48), flat_reference(3.5, 48)


def colour(engine: Flux2KleinEngine, page: Any, **plan: Any) -> bytes:
    asked = request_of(page, RED, BLUE, plan=Plan(seed=3, prompt="a", **{"steps": 2} | plan))
    return engine.colorize(asked, ignore_step).oklab.tobytes()


def test_references_are_encoded_once_for_all_pages_and_give_the_same_bits(
    engine: Flux2KleinEngine, toy_folder: Path, toy: KleinVariant
) -> None:
    pages = [drawn_page(64, 64), drawn_page(64, 80), np.ascontiguousarray(drawn_page(64, 64)[::-1])]
    made = [colour(engine, page) for page in pages]
    before = engine._latents.encoded
    again = [colour(engine, page) for page in pages]
    assert again == made
    assert engine._latents.encoded == before
    fresh = Flux2KleinEngine(toy, toy_folder)
    fresh.load(PROCESSOR)
    assert [colour(fresh, page) for page in pages] == made
    assert fresh._latents.encoded == len(pages) + 2


def test_a_figures_turn_takes_the_latents_that_its_page_made(toy_folder: Path, toy: KleinVariant) -> None:
    """Inpainting brings references to its crop's size: what it encodes itself is kept, too."""
    engine = Flux2KleinEngine(toy, toy_folder)
    engine.load(PROCESSOR)
    mask = np.zeros((64, 64), np.bool_)
    mask[8:56, 8:56] = True
    asked = request_of(drawn_page(64, 64), RED, BLUE, plan=Plan(seed=3, prompt="a", steps=2))
    asked = replace(asked, regions=(Region(mask=mask, references=(0,)),))
    first = engine.colorize(asked, ignore_step).oklab.tobytes()
    before = engine._latents.encoded
    assert engine.colorize(asked, ignore_step).oklab.tobytes() == first
    assert engine._latents.encoded == before


def test_the_option_encodes_them_for_each_page(engine: Flux2KleinEngine) -> None:
    page = drawn_page(64, 64)
    made = colour(engine, page)
    before = engine._latents.encoded
    assert colour(engine, page, engine_options={"encode_anew": True}) == made
    assert engine._latents.encoded == before + 3
