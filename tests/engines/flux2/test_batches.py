"""Panels of one size through the model at once: what they are then, what is saved, and what memory decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import ColorizeRequest, EngineOutOfMemory, OnStep, Plan, Region, RequestUnsupported, StagePlan
from engines.oklab import oklab_to_srgb
from engines.testing.contract import drawn_page, flat_reference, ignore_step, request_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engines.colorize.flux2.engine import Flux2KleinEngine

RED, BLUE = flat_reference(0.5, 48), flat_reference(3.5, 48)
ONE_LEVEL = 1


def panels(**options: Any) -> list[ColorizeRequest]:
    """Return four panels, three of one canvas, each with words of its own."""
    pages = [
        drawn_page(64, 64),
        np.ascontiguousarray(drawn_page(64, 64)[::-1]),
        drawn_page(96, 64),
        255 - drawn_page(64, 64),
    ]
    plans = [
        Plan(seed=3, stages=(StagePlan(prompt=words, steps=2),), engine_options=options)
        for words in ("a girl", "a dog", "a sky", "night")
    ]
    references = (RED, BLUE)
    return [request_of(page, *references, plan=plan) for page, plan in zip(pages, plans, strict=True)]


def heard(_done: int) -> OnStep:
    return ignore_step


def pictures(engine: Flux2KleinEngine, requests: list[ColorizeRequest]) -> list[NDArray[np.uint8]]:
    return [oklab_to_srgb(one.oklab) for one in engine.colorize_several(requests, heard)]


@pytest.fixture
def calls(engine: Flux2KleinEngine) -> Any:
    """Note how many pictures each call of the transformer computes."""
    noted: list[int] = []
    hook = engine._pipeline.transformer.register_forward_pre_hook(
        lambda _module, _positional, given: noted.append(given["hidden_states"].shape[0]), with_kwargs=True
    )
    yield noted
    hook.remove()


def test_a_batch_gives_what_its_panels_give_one_by_one_within_a_level_and_saves_calls(
    engine: Flux2KleinEngine, calls: list[int]
) -> None:
    alone = pictures(engine, panels())
    assert calls == [1] * 8
    calls.clear()
    together = pictures(engine, panels(batch=True))
    assert calls == [3, 3, 1, 1]  # three of one canvas in two steps, and the one of another
    for one, other in zip(alone, together, strict=True):
        assert one.shape == other.shape
        assert np.abs(one.astype(int) - other).max() <= ONE_LEVEL
    assert len({picture.tobytes() for picture in together}) == 4
    again = pictures(engine, panels(batch=True))
    assert [one.tobytes() for one in again] == [one.tobytes() for one in together]


def test_each_has_its_own_page_words_and_seed(engine: Flux2KleinEngine) -> None:
    first = panels(batch=True)[0]
    other_words = replace(first, plan=replace(first.plan, stages=(StagePlan(prompt="a fire", steps=2),)))
    other_seed = replace(first, plan=replace(first.plan, seed=4))
    other_page = replace(first, page=255 - first.page)
    made = pictures(engine, [first, other_words, other_page, other_seed])
    assert len({one.tobytes() for one in made}) == 4
    alone = [
        oklab_to_srgb(engine.colorize(one, ignore_step).oklab) for one in (first, other_words, other_page, other_seed)
    ]
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(made, alone, strict=True)) <= ONE_LEVEL


@pytest.mark.parametrize(("free_mib", "wanted"), [(40_000, [3, 3]), (500, [2, 2, 1, 1]), (100, [1] * 6)])
def test_memory_is_asked_how_many_go_at_once(
    free_mib: int, wanted: list[int], engine: Flux2KleinEngine, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from engines import device_memory

    monkeypatch.setattr(device_memory, "free_memory", lambda _: device_memory.FreeMemory(free_mib, 0))
    monkeypatch.setattr(device_memory, "_working", lambda _needs, _factor: 250)
    pictures(engine, [one for one in panels(batch=4) if one.page.shape == (64, 64)])
    assert calls == wanted


def test_where_memory_gives_out_fewer_go_and_nothing_is_lost(
    engine: Flux2KleinEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    painted = engine._painted

    def short(requests: list[ColorizeRequest], on_step: OnStep) -> Any:
        asked.append(len(requests))
        if len(requests) > 1:
            raise EngineOutOfMemory("no room")
        return painted(requests, on_step)

    whole = pictures(engine, panels(batch=4))
    monkeypatch.setattr(engine, "_painted", short)
    made = pictures(engine, panels(batch=4))
    assert asked == [3, 1, 1, 1]
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(made, whole, strict=True)) <= ONE_LEVEL
    monkeypatch.setattr(engine, "_painted", lambda *_: (_ for _ in ()).throw(EngineOutOfMemory("no room")))
    with pytest.raises(EngineOutOfMemory):
        engine.colorize_several(panels(batch=4), heard)


def test_progress_goes_on_through_the_batches_and_a_cancel_ends_them(engine: Flux2KleinEngine) -> None:
    told: list[float] = []

    def hears(done: int) -> Callable[..., None]:
        return lambda step, steps, _preview=None: told.append(done + step / steps)

    engine.colorize_several(panels(batch=2), hears)  # type: ignore[arg-type]
    assert told == sorted(told)
    assert told[-1] == 4

    class Stop(Exception):
        pass

    def stops(_done: int) -> OnStep:
        def at_once(step: int, steps: int, preview: Any = None) -> None:
            raise Stop

        return at_once

    with pytest.raises(Stop):
        engine.colorize_several(panels(batch=2), stops)
    assert len(pictures(engine, panels(batch=2))) == 4


def test_a_panel_with_figures_of_their_own_goes_alone_and_odd_values_are_refused(
    engine: Flux2KleinEngine, calls: list[int]
) -> None:
    mask = np.zeros((64, 64), np.bool_)
    mask[8:56, 8:56] = True
    requests = [one for one in panels(batch=4) if one.page.shape == (64, 64)]
    requests[1] = replace(requests[1], regions=(Region(mask=mask, prompt="red hair"),))
    pictures(engine, requests)
    assert sorted(calls) == [1, 1, 1, 1, 2, 2]
    for value in (0, 17, "many", 2.5):
        with pytest.raises(RequestUnsupported, match="batch"):
            engine.colorize_several(panels(batch=value), heard)
