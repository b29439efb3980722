"""What the director plans over the whole range of what may be seen, as it was when a person last looked at it."""

from __future__ import annotations

from dataclasses import asdict
from itertools import product
from typing import TYPE_CHECKING, Any, get_args

import pytest

from host.pipeline.generation.director.direct import direct, direct_safer
from host.pipeline.generation.director.evidence import Evidence
from host.pipeline.records.page_meta import Case

if TYPE_CHECKING:
    from tests.recorded import Recorded

CASES = get_args(Case)


def evidence(case: Any, **facts: Any) -> Evidence:
    middle = dict.fromkeys(
        ("structure_confidence", "reference_reliability", "style_distance", "pose_risk", "hallucination_risk",
         "line_quality", "object_scale", "conflict", "intent"), 0.5,
    )  # fmt: skip
    return Evidence(case=case, **{"has_reference": True, "reference_coloured": False, **middle, **facts})


def told(page: Evidence) -> list[Any]:
    """Return both plans of a page, by their values."""
    first = direct(page)
    second = direct_safer(first)
    return [
        *([round(one, 4) for one in asdict(plan.sampling).values()] + list(plan.acted) for plan in (first, second)),
        page.reference_mode, round(page.influence, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_signal_alone(case: str, recorded: Recorded) -> None:
    names = [one for one, value in asdict(evidence(case)).items() if isinstance(value, float)]
    found = {
        f"{name} {value}": told(evidence(case, **{name: value})) for name in names for value in (0.0, 0.3, 0.7, 1.0)
    }
    recorded.values(case, found)


@pytest.mark.parametrize("case", CASES)
def test_signals_together(case: str, recorded: Recorded) -> None:
    names = ("structure_confidence", "reference_reliability", "hallucination_risk", "conflict")
    found = {}
    for values in product((0.1, 0.9), repeat=len(names)):
        page = evidence(case, **dict(zip(names, values, strict=True)), reference_coloured=values[0] > values[1])
        found[str(values)] = told(page)
    recorded.values(f"{case} together", found)
    bare = {str(one): told(evidence(case, has_reference=False, intent=one)) for one in (0.35, 0.5, 0.7)}
    recorded.values(f"{case} without references", bare)
