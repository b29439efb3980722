"""The key of a result: whatever decides pixels changes it, and nothing else does."""

from __future__ import annotations

from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

import pytest
from msgspec import structs

from engines.base import LoraUse, Plan, StagePlan
from host.corrections import ColourHint, Corrections, FigurePalette
from host.store.keys import Recipe, result_key

PIXELS = "ab" * 32
HINT = ColourHint(points=((0.25, 0.5),), rgb=(122, 74, 43))
PALETTE = FigurePalette(point=(0.5, 0.5), hair=(160, 82, 45))
PLAN = Plan(
    seed=3, strength_01=0.5, steps=4, prompt="a page", negative_prompt="grey", quality="standard",
    loras=(LoraUse(name="ink", weight=0.5, sha256="cd" * 32),),
    engine_options={"deep": [1, {"er": 2}]},
)  # fmt: skip
RECIPE = Recipe(
    engine_id="compact", engine_version="4", weights={"a.onnx": "1" * 64, "b.onnx": "2" * 64}, plan=PLAN,
    references=("r1", "r2"), cast=("Aki", ""), retrieval=("auto", "compact"), keep_coloured=True, direction="rtl",
    output_format="png", pipeline_version="9",
)  # fmt: skip
HINTS = {
    "points": ((0.25, 0.75),),
    "rgb": (122, 74, 44),
    "radius_01": 0.01,
    "region": (((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)),),
}
PALETTES = {
    "point": (0.5, 0.75), "hair": None, "skin": (1, 2, 3), "clothes": (1, 2, 3), "region": HINTS["region"],
}  # fmt: skip
CORRECTIONS = Corrections(hints=(HINT,), palettes=(PALETTE,))

OTHER: dict[str, Any] = {
    "engine_id": "sdxl",
    "engine_version": "5",
    "weights": {"a.onnx": "1" * 64, "b.onnx": "3" * 64},
    "references": ("r2", "r1"),
    "cast": ("", "Aki"),
    "retrieval": ("auto", "siglip2"),
    "words": ("translate",),
    "keep_coloured": False,
    "direction": "ltr",
    "output_format": "webp",
    "pipeline_version": "10",
}
OTHER_PLAN: dict[str, Any] = {
    "seed": 4,
    "strength_01": 0.75,
    "steps": 5,
    "prompt": "a cover",
    "negative_prompt": "colour",
    "quality": "best",
    "loras": (LoraUse(name="ink", weight=0.75, sha256="cd" * 32),),
    "engine_options": {"deep": [1, {"er": 3}]},
}


def key(recipe: Recipe = RECIPE, pixels: str = PIXELS, corrections: Corrections | None = CORRECTIONS) -> str:
    return result_key(pixels, recipe, corrections)


def test_the_tables_below_name_every_field() -> None:
    assert {one.name for one in fields(Recipe)} == {*OTHER, "plan"}
    assert {one.name for one in fields(Plan)} == {*OTHER_PLAN, "stages"}


@pytest.mark.parametrize("name", OTHER)
def test_another_recipe_is_another_key(name: str) -> None:
    assert key(replace(RECIPE, **{name: OTHER[name]})) != key()


@pytest.mark.parametrize("name", OTHER_PLAN)
def test_another_plan_is_another_key(name: str) -> None:
    assert key(replace(RECIPE, plan=replace(PLAN, **{name: OTHER_PLAN[name]}))) != key()


@pytest.mark.parametrize("corrections", [None, Corrections(hints=(HINT,)), Corrections(palettes=(PALETTE,))])
def test_other_corrections_are_another_key(corrections: Corrections | None) -> None:
    assert key(corrections=corrections) != key()


@pytest.mark.parametrize("name", HINTS)
def test_another_hint_is_another_key(name: str) -> None:
    assert set(ColourHint.__struct_fields__) == set(HINTS)
    assert key(corrections=structs.replace(CORRECTIONS, hints=(structs.replace(HINT, **{name: HINTS[name]}),))) != key()


@pytest.mark.parametrize("name", PALETTES)
def test_another_palette_is_another_key(name: str) -> None:
    assert set(FigurePalette.__struct_fields__) == set(PALETTES)
    assert (
        key(corrections=structs.replace(CORRECTIONS, palettes=(structs.replace(PALETTE, **{name: PALETTES[name]}),)))
        != key()
    )


def test_what_a_page_makes_of_the_plan_is_not_asked_for_and_decides_nothing() -> None:
    assert key(replace(RECIPE, plan=replace(PLAN, stages=(StagePlan(prompt="sky"),)))) == key()


def test_where_a_lora_lies_decides_nothing_but_what_it_holds_does() -> None:
    (lora,) = PLAN.loras
    moved, other = replace(lora, path="elsewhere"), replace(lora, sha256="ef" * 32)
    assert key(replace(RECIPE, plan=replace(PLAN, loras=(moved,)))) == key()
    assert key(replace(RECIPE, plan=replace(PLAN, loras=(other,)))) != key()


def test_other_pixels_are_another_key() -> None:
    assert key(pixels="ac" * 32) != key()


def test_the_order_of_names_and_the_kind_of_sequence_decide_nothing() -> None:
    same = replace(
        RECIPE,
        weights={"b.onnx": "2" * 64, "a.onnx": "1" * 64},
        references=["r1", "r2"],
        plan=replace(PLAN, engine_options=MappingProxyType({"deep": (1, MappingProxyType({"er": 2}))})),
    )
    assert key(same) == key()
    assert key(corrections=Corrections()) == key(corrections=None)


def test_wishes_may_be_in_any_script() -> None:
    assert key(replace(RECIPE, plan=replace(PLAN, prompt="夜の海"))) != key(
        replace(RECIPE, plan=replace(PLAN, prompt="朝の海"))
    )


def test_a_key_is_a_digest_and_does_not_change_from_release_to_release() -> None:
    bare = Recipe(
        engine_id="compact", engine_version="1", weights={}, plan=Plan(), references=(), keep_coloured=True,
        direction="auto", output_format="png", pipeline_version="1",
    )  # fmt: skip
    assert result_key("0" * 64, bare) == "67ef0c57d1822b1251738ebc70aeb231c6426b1c156cacdfc7c84e26c26589fd"


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_an_option_that_is_no_json_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        key(replace(RECIPE, plan=replace(PLAN, engine_options={"x": value})))


def test_who_finds_regions_decides_only_where_a_hint_or_a_palette_brings_none() -> None:
    own = structs.replace(HINT, region=HINTS["region"])
    for corrections, is_another in (
        (Corrections(hints=(HINT,)), True), (Corrections(hints=(own,)), False),
        (Corrections(hints=(own, HINT)), True), (Corrections(palettes=(PALETTE,)), True),
        (Corrections(palettes=(structs.replace(PALETTE, region=HINTS["region"]),)), False), (None, False),
    ):  # fmt: skip
        keys = {result_key(PIXELS, RECIPE, corrections, one) for one in ("", "sam3-1-ab")}
        assert len(keys) == 1 + is_another
