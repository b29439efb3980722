"""What klein is asked for beyond what every engine is: each option at its edges, for each kind of weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engines.base import RequestUnsupported
from engines.colorize.flux2.info import KLEIN_4B, TIME_SCALE
from engines.colorize.flux2.options import Asked, asked_of

BASE = replace(KLEIN_4B, distilled=False)
CACHED = replace(KLEIN_4B, cached=True)


@pytest.mark.parametrize("variant", [KLEIN_4B, BASE, CACHED])
def test_nothing_is_asked_for_as_a_rule(variant: Any) -> None:
    plain = Asked(image_prompt=False, true_cfg=0.0, time_scale=TIME_SCALE, guides_anew=False)
    assert asked_of({}, variant) == asked_of({"true_cfg": False, "image_prompt": 1}, variant) == plain


@pytest.mark.parametrize(("asked", "scale"), [(True, 2.0), (1.01, 1.01), (10, 10.0)])
def test_only_a_model_that_comes_without_guidance_guides_anew(asked: Any, scale: float) -> None:
    for variant in (KLEIN_4B, BASE):
        found = asked_of({"true_cfg": asked}, variant)
        assert (found.true_cfg, found.guides_anew) == (scale, variant.distilled)
    with pytest.raises(RequestUnsupported, match="takes no true_cfg"):
        asked_of({"true_cfg": asked}, CACHED)


@pytest.mark.parametrize("asked", [0, 1, 10.01, -2, "2", [2], float("nan")])
def test_no_other_guidance_is_taken(asked: Any) -> None:
    with pytest.raises(RequestUnsupported, match="over 1 and up to 10"):
        asked_of({"true_cfg": asked}, BASE)


@pytest.mark.parametrize(("asked", "is_taken"), [(1, True), (100, True), (0, False), (101, False), (2.0, False),
                                                 (True, False), ("9", False)])  # fmt: skip
def test_references_are_told_apart_by_a_whole_number_from_1_to_100(asked: Any, *, is_taken: bool) -> None:
    if is_taken:
        assert asked_of({"time_scale": asked, "image_prompt": True}, KLEIN_4B).time_scale == asked
        return
    with pytest.raises(RequestUnsupported, match="from 1 to 100"):
        asked_of({"time_scale": asked}, KLEIN_4B)
