"""Where a page's time goes: every step is found, an ordinary page is composed once, and imports add up."""

from __future__ import annotations

import pytest

from bench.profile.cold import summed
from bench.profile.steps import STEPS
from bench.profile.warm import WarmProfile, profile_page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page() -> WarmProfile:
    return profile_page(1)


def times(page: WarmProfile) -> dict[str, float]:
    return {step.name: cost.calls for step, cost in page.steps}


def test_every_step_is_made(page: WarmProfile) -> None:
    assert [step for step, _ in page.steps] == list(STEPS)
    assert [name for name, calls in times(page).items() if not calls] == []


def test_an_ordinary_page_is_composed_reviewed_and_looked_at_once(page: WarmProfile) -> None:
    once = ("composition", "review", "encoding", "colour on the page's grid", "classical look", "encoder and painter")
    assert {name: times(page)[name] for name in once} == dict.fromkeys(once, 1)
    # Of the drawing, for the engine and for the page; of the page, for its own digest and for its colours'.
    assert times(page)["regions (also of compose)"] == 2
    assert times(page)["digests (also of decode)"] == 2


def test_a_reference_that_was_seen_is_not_looked_at_again(page: WarmProfile) -> None:
    assert set(page.networks) == {"the detector", "pages-pixels.onnx", "the encoder", "the painter"}
    looks = [cost.calls for name, cost in page.functions if "InferenceSession" in name or "pybind11_state.run" in name]
    assert looks == [4], "one look of each network"


def test_a_step_holds_what_lies_in_it(page: WarmProfile) -> None:
    costs = {step.name: cost.with_callees_ms for step, cost in page.steps}
    whole = sum(costs[name] for name in ("decode", "read", "colour", "finish"))
    assert 0 < whole <= page.total_ms + 1e-6
    assert costs["balloons"] <= costs["classical look"] <= costs["read"]


def test_imports_are_summed_by_package_and_other_lines_left_out() -> None:
    lines = [
        "import time: self [us] | cumulative | imported package",
        "import time:       100 |       100 |   numpy.core",
        "import time:        50 |       150 | numpy",
        "a warning | 7 | of somebody",
        "import time:       400 |       400 | cv2",
    ]
    assert summed(lines) == (("cv2", 1, 0.4), ("numpy", 2, 0.15))
