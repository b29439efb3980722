"""One engine in memory at a time."""

from dataclasses import replace

import pytest

from engines.base import Device, EngineError, EngineUnavailable
from engines.residency import LEANEST, Residency
from engines.testing.contract import PROCESSOR, drawn_page, ignore_step, request_of
from engines.testing.stepped import SteppedEngine


def usable(engine: SteppedEngine) -> bool:
    try:
        engine.colorize(request_of(drawn_page()), ignore_step)
    except EngineError:
        return False
    return True


class Unavailable(SteppedEngine):
    def load(self, device: Device) -> None:
        raise EngineUnavailable("no device")


def test_second_engine_drives_out_the_first() -> None:
    first, second = SteppedEngine(0), SteppedEngine(0)
    residency = Residency(PROCESSOR)
    residency.require(first)
    assert usable(first)
    residency.require(second)
    assert not usable(first)
    assert usable(second)


def test_who_shares_drives_nobody_out() -> None:
    first, second = SteppedEngine(0), SteppedEngine(0)
    residency = Residency(PROCESSOR)
    assert residency.share(first)
    assert residency.share(first)
    assert not residency.share(second)
    assert usable(first)
    assert not usable(second)
    assert residency.resident is first


def test_nothing_is_resident_after_a_failed_load() -> None:
    residency = Residency(PROCESSOR)
    first = SteppedEngine(0)
    residency.require(first)
    with pytest.raises(EngineUnavailable):
        residency.require(Unavailable(0))
    assert not usable(first)
    assert not residency.release_idle(0)


def test_engine_is_dropped_only_when_it_has_idled_long_enough() -> None:
    now = [100.0]
    residency = Residency(PROCESSOR, clock=lambda: now[0])
    engine = SteppedEngine(0)
    residency.require(engine)
    now[0] = 159.0
    assert not residency.release_idle(60)
    assert usable(engine)
    now[0] = 160.0
    assert residency.release_idle(60)
    assert not usable(engine)
    assert not residency.release_idle(60)


class OnGraphicsCard(SteppedEngine):
    """Remembers the policy of every load."""

    def __init__(self) -> None:
        super().__init__(0)
        self.info = replace(self.info, device="cuda")
        self.policies: list[str] = []

    def load(self, device: Device) -> None:
        self.policies.append(device.policy)
        super().load(device)


def test_an_engine_that_ran_out_of_memory_loads_the_leanest_way_from_then_on() -> None:
    residency = Residency(Device("cuda", "card", 8000))
    engine = OnGraphicsCard()
    residency.require(engine)
    assert residency.make_leaner(engine)
    assert not usable(engine)
    residency.require(engine)
    assert engine.policies == ["auto", LEANEST]
    assert not residency.make_leaner(engine)


@pytest.mark.slow
def test_there_is_nothing_leaner_on_a_processor() -> None:
    residency = Residency(PROCESSOR)
    engine = OnGraphicsCard()
    residency.require(engine)
    assert not residency.make_leaner(engine)


class OnGroupsOfParts(OnGraphicsCard):
    def load(self, device: Device) -> None:
        super().load(device)
        self.policy = "model_offload" if device.policy == "auto" else device.policy


def test_each_time_that_memory_runs_out_the_next_leaner_way_is_taken() -> None:
    residency, engine = Residency(Device("cuda", "card", 8000)), OnGroupsOfParts()
    residency.require(engine)
    while residency.make_leaner(engine):
        residency.require(engine)
    assert engine.policies == ["auto", "layerwise_fp8", "group_offload"]


def test_only_an_engine_that_wants_an_accelerator_looks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    card = Device("cuda", "card", 24_000)
    monkeypatch.setattr("engines.torch_runtime.accelerator", lambda: card)
    residency = Residency(PROCESSOR)
    assert residency.device_of(SteppedEngine(0)) == PROCESSOR
    assert residency.device_of(OnGraphicsCard()) == card
    monkeypatch.setattr("engines.torch_runtime.accelerator", lambda: None)
    assert Residency(PROCESSOR).device_of(OnGraphicsCard()) == PROCESSOR
