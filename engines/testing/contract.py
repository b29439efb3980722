"""What every engine is tested with.

`EngineContract` is a mixin for a pytest class: it says what an engine owes its callers. A new engine's test file
subclasses it and gives it the engine.
"""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from engines.base import (
    ColorizeEngine,
    ColorizeRequest,
    Device,
    LoraUse,
    Plan,
    Region,
    Repair,
    RequestUnsupported,
    Viability,
)
from engines.oklab import oklab_to_srgb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engines.base import OnStep

PROCESSOR = Device("cpu", "processor", 0)


def drawn_page(height: int = 360, width: int = 240) -> NDArray[np.uint8]:
    """Return a small grey page: a framed panel with a toned figure."""
    page = np.full((height, width), 255, np.uint8)
    cv2.rectangle(page, (8, 8), (width - 9, height - 9), 0, 3)
    cv2.circle(page, (width // 2, height // 3), width // 5, 170, -1)
    cv2.circle(page, (width // 2, height // 3), width // 5, 0, 3)
    cv2.rectangle(page, (width // 4, height // 2), (3 * width // 4, height - 12), 90, -1)
    return page


def flat_reference(hue: float, side: int = 160) -> NDArray[np.uint8]:
    """Return a picture of one hue (radians, OKLab) in three lightnesses, on white."""
    lab = np.zeros((side, side, 3), np.float32)
    lab[..., 0] = 1.0
    for index, lightness in enumerate((0.45, 0.65, 0.8)):
        rows = slice(10 + index * side // 3, side // 3 * (index + 1))
        lab[rows, 10:-10] = lightness, 0.11 * np.cos(hue), 0.11 * np.sin(hue)
    return oklab_to_srgb(lab)


def request_of(page: NDArray[np.uint8], *references: NDArray[np.uint8], plan: Plan | None = None) -> ColorizeRequest:
    """Return a request without protected pixels."""
    return ColorizeRequest(
        page=page, protect=np.zeros(page.shape, bool), references=references, plan=plan or Plan(steps=4)
    )


def ignore_step(step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
    """Take note of nothing: an `OnStep` for callers without progress or cancel."""


class _Cancelled(Exception):
    pass


class _Stopper:
    """An `OnStep` that cancels at one step, and remembers the last step that it saw."""

    def __init__(self, last: int) -> None:
        self.cancelled = _Cancelled()
        self.seen = 0
        self._last = last

    def __call__(self, step: int, steps: int, preview: NDArray[np.uint8] | None = None) -> None:
        self.seen = step
        if step == self._last:
            raise self.cancelled


class EngineContract:
    """Tests that every engine passes. A subclass, called `Test…`, gives `engine`, unloaded, as a fixture of that name.

    obeys_hue_rad: how far the mean hue of a page may be from the one hue of its reference.
    trained: False for an engine whose weights are random, in a toy: its colours depend on what it is given, but obey
        nothing.
    """

    obeys_hue_rad = 0.35
    trained = True

    @pytest.fixture
    def engine(self) -> ColorizeEngine:
        """Give the engine under test, not loaded."""
        raise NotImplementedError

    @pytest.fixture
    def loaded(self, engine: ColorizeEngine) -> Iterator[ColorizeEngine]:
        """Give the engine loaded; unload it afterwards."""
        engine.load(PROCESSOR)
        yield engine
        engine.unload()

    def test_engine_that_is_viable_names_its_weights(self, engine: ColorizeEngine) -> None:
        assert engine.viability() == Viability(ok=True)
        assert all(len(digest) == 64 for digest in engine.weights_digests().values())

    @pytest.mark.parametrize("shape", [(360, 240), (240, 361), (1500, 150), (100, 800), (1, 1), (1, 77)])
    def test_result_has_the_pages_aspect_and_lightness(self, loaded: ColorizeEngine, shape: tuple[int, int]) -> None:
        page = cv2.resize(drawn_page(), shape[::-1], interpolation=cv2.INTER_AREA)
        result = loaded.colorize(request_of(np.asarray(page, np.uint8), *_shown(loaded, 0.5)), ignore_step)
        height, width = result.oklab.shape[:2]
        assert result.oklab.shape == (height, width, 3)
        assert result.oklab.dtype == np.float32
        assert np.isfinite(result.oklab).all()
        assert abs(height * shape[1] - width * shape[0]) <= max(shape) + max(height, width)
        assert -0.01 <= result.oklab[..., 0].min() <= result.oklab[..., 0].max() <= 1.01
        assert dict(result.weights) == dict(loaded.weights_digests())

    def test_same_request_gives_the_same_bytes(self, loaded: ColorizeEngine) -> None:
        request = request_of(drawn_page(), *_shown(loaded, 1.0), plan=Plan(seed=7, steps=2))
        first = loaded.colorize(request, ignore_step).oklab
        loaded.unload()
        loaded.load(PROCESSOR)
        assert loaded.colorize(request, ignore_step).oklab.tobytes() == first.tobytes()

    def test_several_parts_of_a_page_are_what_each_is(self, loaded: ColorizeEngine) -> None:
        shown = _shown(loaded, 1.0)
        parts = [request_of(drawn_page(height, 240), *shown, plan=Plan(seed=7, steps=2)) for height in (240, 360)]
        alone = [loaded.colorize(one, ignore_step).oklab.tobytes() for one in parts]
        begun: list[int] = []

        def hears(done: int) -> OnStep:
            begun.append(done)
            return ignore_step

        several = loaded.colorize_several(parts, hears)
        assert [one.oklab.tobytes() for one in several] == alone
        assert begun == [0, 1]

    def test_seed_matters_exactly_where_the_engine_says_so(self, loaded: ColorizeEngine) -> None:
        results = {
            loaded.colorize(request_of(drawn_page(), plan=Plan(seed=seed, steps=2)), ignore_step).oklab.tobytes()
            for seed in (1, 2)
        }
        assert len(results) == (2 if loaded.info.supports.seed else 1)

    def test_prompt_matters_exactly_where_the_engine_reads_words(self, loaded: ColorizeEngine) -> None:
        results = {
            loaded.colorize(request_of(drawn_page(), plan=Plan(steps=2, prompt=prompt)), ignore_step).oklab.tobytes()
            for prompt in ("a girl with red hair", "a forest at night")
        }
        assert len(results) == (1 if loaded.info.wording == "none" else 2)

    def test_every_number_of_references_is_taken_and_each_one_matters(self, loaded: ColorizeEngine) -> None:
        references = [flat_reference(hue) for hue in np.linspace(0.3, 5.5, loaded.info.supports.references_max)]
        results = [
            loaded.colorize(request_of(drawn_page(), *references[:count], plan=Plan(steps=2)), ignore_step).oklab
            for count in range(len(references) + 1)
        ]
        assert len({result.tobytes() for result in results}) == len(results)

    def test_steps_are_counted_to_the_end(self, loaded: ColorizeEngine) -> None:
        seen: list[tuple[int, int]] = []
        loaded.colorize(
            request_of(drawn_page(), *_shown(loaded, 1.0)), lambda step, steps, _=None: seen.append((step, steps))
        )
        steps = [step for step, _ in seen]
        # Between two steps an engine may ask again whether it is to go on.
        assert steps == sorted(steps)
        assert [step for step in dict.fromkeys(steps) if step] == list(range(1, seen[-1][1] + 1))

    def test_cancel_at_any_step_passes_through_at_once_and_leaves_the_engine_usable(
        self, loaded: ColorizeEngine
    ) -> None:
        request = request_of(drawn_page(), *_shown(loaded, 1.0))
        seen: list[int] = []
        before = loaded.colorize(request, lambda step, steps, _=None: seen.append(step)).oklab
        for last in seen:
            stopper = _Stopper(last)
            with pytest.raises(_Cancelled) as caught:
                loaded.colorize(request, stopper)
            assert caught.value is stopper.cancelled
            assert stopper.seen == last
        assert loaded.colorize(request, ignore_step).oklab.tobytes() == before.tobytes()

    def test_previews_come_exactly_where_the_engine_says_so(self, loaded: ColorizeEngine) -> None:
        previews: list[NDArray[np.uint8] | None] = []
        request = request_of(drawn_page(), *_shown(loaded, 1.0))
        loaded.colorize(request, lambda step, steps, preview=None: previews.append(preview))
        shown = [preview for preview in previews if preview is not None]
        assert bool(shown) is loaded.info.supports.preview
        assert all(preview.dtype == np.uint8 and preview.ndim == 3 for preview in shown)

    def test_reference_is_obeyed(self, loaded: ColorizeEngine) -> None:
        if not self.trained:
            pytest.skip("random weights obey nothing")
        if not loaded.info.supports.references_max:
            pytest.skip("it takes none")
        for hue in (0.4, 2.4, 4.4):
            lab = loaded.colorize(request_of(drawn_page(), flat_reference(hue)), ignore_step).oklab
            a, b = (float(lab[..., plane].mean()) for plane in (1, 2))
            turned = (np.arctan2(b, a) - hue + np.pi) % (2 * np.pi) - np.pi
            assert np.hypot(a, b) > 0.005
            assert abs(turned) < self.obeys_hue_rad

    def test_page_without_a_reference_gets_colour(self, loaded: ColorizeEngine) -> None:
        lab = loaded.colorize(request_of(drawn_page()), ignore_step).oklab
        assert np.hypot(lab[..., 1], lab[..., 2]).max() > 0.02

    def test_too_many_references_are_refused(self, loaded: ColorizeEngine) -> None:
        references = [flat_reference(1.0)] * (loaded.info.supports.references_max + 1)
        with pytest.raises(RequestUnsupported):
            loaded.colorize(request_of(drawn_page(), *references), ignore_step)

    @pytest.mark.parametrize(
        "fault", ["a page of floats", "a page in colour", "a grey reference", "a region of nobody"]
    )
    def test_request_that_is_none_is_refused(self, loaded: ColorizeEngine, fault: str) -> None:
        page, rgb = drawn_page(), flat_reference(1.0)
        requests = {
            "a page of floats": request_of(page.astype(np.float32)),
            "a page in colour": request_of(rgb),
            "a grey reference": request_of(page, page),
            "a region of nobody": replace(request_of(page), regions=(Region(mask=page > 0, references=(0,)),)),
        }
        with pytest.raises(RequestUnsupported):
            loaded.colorize(requests[fault], ignore_step)

    def test_what_the_facts_rule_out_is_refused(self, loaded: ColorizeEngine) -> None:
        request, supports = request_of(drawn_page()), loaded.info.supports
        repair = replace(request, repair=Repair(picture=flat_reference(1.0), mask=request.protect))
        with_lora = replace(request, plan=Plan(steps=1, loras=(LoraUse(name="one"),)))
        for wanted, allowed in ((repair, supports.inpaint), (with_lora, supports.lora)):
            if not allowed:
                with pytest.raises(RequestUnsupported):
                    loaded.colorize(wanted, ignore_step)

    def test_unload_drops_what_load_brought(self, engine: ColorizeEngine) -> None:
        before = {id(value) for value in vars(engine).values()}
        engine.load(PROCESSOR)
        watched = [
            weakref.ref(value) for value in vars(engine).values() if id(value) not in before and _watchable(value)
        ]
        engine.unload()
        gc.collect()
        assert not [watch for watch in watched if watch() is not None]
        engine.unload()


def _shown(engine: ColorizeEngine, hue: float) -> tuple[NDArray[np.uint8], ...]:
    """Return a reference for an engine that takes any."""
    return (flat_reference(hue),) if engine.info.supports.references_max else ()


def _watchable(value: object) -> bool:
    try:
        weakref.ref(value)
    except TypeError:
        return False
    return True
