"""What an engine is asked is checked against what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import (
    ColorizeRequest,
    LoraUse,
    Plan,
    Region,
    Repair,
    RequestUnsupported,
    require_supported,
)
from engines.testing.stepped import SteppedEngine

if TYPE_CHECKING:
    from engines.info import EngineInfo

PICTURE = np.zeros((4, 6, 3), np.uint8)
PAGE = np.zeros((9, 7), np.uint8)


def info(**supports: Any) -> EngineInfo:
    known = SteppedEngine().info
    return replace(known, label="Toy", supports=replace(known.supports, **{"references_max": 2, **supports}))


def request(**facts: Any) -> ColorizeRequest:
    page = facts.get("page", PAGE)
    given = {"page": page, "protect": np.zeros(page.shape[:2], np.bool_), "references": (), "plan": Plan(seed=1)}
    return ColorizeRequest(**given | facts)


def refusal(facts: EngineInfo, asked: ColorizeRequest) -> str:
    with pytest.raises(RequestUnsupported) as told:
        require_supported(facts, asked)
    return str(told.value)


def test_what_an_engine_can_take_passes() -> None:
    require_supported(info(), request())
    require_supported(info(), request(references=(PICTURE, PICTURE)))
    require_supported(info(lora=True), request(plan=Plan(seed=1, loras=(LoraUse(name="a"),))))


def test_more_references_than_it_takes_are_refused() -> None:
    assert "3 references" in refusal(info(), request(references=(PICTURE,) * 3))
    assert "1 references" in refusal(info(references_max=0), request(references=(PICTURE,)))


def test_loras_are_refused_by_an_engine_without() -> None:
    asked = request(plan=Plan(seed=1, loras=(LoraUse(name="a"),)))
    assert "Toy takes no LoRAs" in refusal(info(), asked)


@pytest.mark.parametrize(
    "page",
    [np.zeros((9, 7, 3), np.uint8), np.zeros((9, 7), np.float32), np.zeros((0, 7), np.uint8), np.zeros(9, np.uint8)],
)
def test_a_page_is_a_grey_picture_of_eight_bits(page: np.ndarray) -> None:
    assert "the page is not a grey picture" in refusal(info(), request(page=page))


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 6), np.uint8),
        np.zeros((4, 6, 4), np.uint8),
        np.zeros((4, 6, 3), np.float32),
        np.zeros((0, 6, 3), np.uint8),
    ],
)
def test_a_reference_is_an_rgb_picture_of_eight_bits(picture: np.ndarray) -> None:
    assert "not an RGB picture" in refusal(info(), request(references=(PICTURE, picture)))


def test_a_region_names_references_that_are_there() -> None:
    region = Region(mask=np.ones(PAGE.shape, np.bool_), references=(0,))
    require_supported(info(), request(references=(PICTURE,), regions=(region,)))
    assert "a region names a reference" in refusal(
        info(), request(references=(PICTURE,), regions=(replace(region, references=(1,)),))
    )


def test_a_repair_is_asked_of_an_engine_that_can() -> None:
    repair = Repair(picture=PICTURE, mask=np.ones(PICTURE.shape[:2], np.bool_))
    assert "cannot repair" in refusal(info(), request(repair=repair))
    require_supported(info(inpaint=True), request(repair=repair))
    bad = replace(repair, picture=PICTURE[..., 0])
    assert "not an RGB picture" in refusal(info(inpaint=True), request(repair=bad))


def test_digests_are_the_weights_whatever_the_options() -> None:
    engine = SteppedEngine()
    assert engine.digests_for({"a": 1}) == engine.weights_digests()
