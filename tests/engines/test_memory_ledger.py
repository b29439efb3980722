"""Memory slots: no two heavy models at once, counted by what is loaded; a stand-in tells how much is free."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any, get_args

import pytest

from engines.base import Device, EngineTooLarge, EngineUnavailable
from engines.memory_ledger import HEAVY_MIB, Holder, MemoryLedger, Slot, nobody_else
from engines.residency import Residency, weight_mib
from engines.testing.contract import PROCESSOR
from engines.testing.stepped import SteppedEngine
from models.catalog import load_catalog


@dataclass
class Machine:
    """Memory of so many MiB, and what is loaded in it; notes the most heavy models that were loaded at once."""

    mib: int = 16_000
    loaded: dict[str, int] = field(default_factory=dict)
    most_heavy: int = 0
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.ledger = MemoryLedger(self.free, lambda: self.now_s)

    def free(self) -> int:
        return self.mib - sum(self.loaded.values())

    def load(self, slot: Slot, label: str, mib: int, **more: Any) -> None:
        self.ledger.enter(Holder(slot, label, mib, lambda: self.unload(label), **more))
        self.loaded[label] = mib
        heavy = [one for one in self.ledger.held if one.is_heavy]
        self.most_heavy = max(self.most_heavy, len(heavy))
        assert {one.label for one in self.ledger.held} == self.loaded.keys()

    def unload(self, label: str) -> None:
        del self.loaded[label]


HEAVY: list[tuple[Slot, str, int]] = [
    ("image", "klein", 13_000), ("video", "ltx", 12_000), ("llm", "qwen", 4_000), ("segment", "sam3", 3_300),
    ("upscale", "esrgan", 1_400),
]  # fmt: skip


def test_each_slot_is_there() -> None:
    assert {slot for slot, _, _ in HEAVY} == set(get_args(Slot))


@pytest.mark.parametrize("order", list(permutations(HEAVY)))
def test_slots_exclude_each_other_in_any_order(order: tuple[tuple[Slot, str, int], ...]) -> None:
    machine = Machine()
    for slot, label, mib in (*order, *order):
        machine.load(slot, label, mib)
        assert list(machine.loaded) == [label]
    assert machine.most_heavy == 1


def test_two_of_one_slot_exclude_each_other_too() -> None:
    machine = Machine(64_000)
    machine.load("image", "klein", 13_000)
    machine.load("image", "sd35", 26_000)
    assert list(machine.loaded) == ["sd35"]
    machine.load("image", "sd35", 26_000)
    assert list(machine.loaded) == ["sd35"]


def test_what_another_process_holds_takes_the_slot_of_a_heavy_one() -> None:
    machine = Machine()
    machine.load("image", "klein", 13_000)
    machine.load("llm", "ollama", 0, elsewhere=True)
    assert list(machine.loaded) == ["ollama"]
    machine.load("image", "klein", 13_000)
    assert list(machine.loaded) == ["klein"]


def test_small_models_stay_beside_a_heavy_one_while_there_is_room() -> None:
    machine = Machine(14_000)
    machine.load("llm", "marian", 330)
    machine.load("image", "klein", 13_000)
    assert list(machine.loaded) == ["marian", "klein"]
    machine.load("llm", "florence", 470)
    assert list(machine.loaded) == ["marian", "klein", "florence"]
    machine.now_s = 1.0
    machine.load("llm", "marian", 330)  # used again
    machine.load("llm", "second", 600)  # 200 are free
    assert list(machine.loaded) == ["second"]


def test_what_has_no_room_even_so_is_refused_with_figures_and_is_not_noted() -> None:
    machine = Machine(3_000)
    machine.load("llm", "marian", 330)
    with pytest.raises(EngineTooLarge, match=r"qwen takes 4\.0 GiB of memory, 2\.9 GiB are free"):
        machine.load("llm", "qwen", 4_100)
    assert machine.ledger.held == ()
    # How an engine can lie is not the ledger's to judge.
    machine.load("image", "klein", 13_000)


@pytest.mark.parametrize("slot", ["segment", "upscale"])
def test_what_a_click_or_a_larger_page_needs_is_weighed_too(slot: Slot) -> None:
    machine = Machine(3_000)
    machine.load("llm", "marian", 330)
    machine.load(slot, "small", 2_700)
    assert list(machine.loaded) == ["small"]
    with pytest.raises(EngineTooLarge):
        machine.load(slot, "large", 3_100)
    assert machine.ledger.held == ()


def test_who_shares_memory_with_nobody_is_unloaded_after_its_block() -> None:
    gone: list[str] = []
    with nobody_else(Holder("segment", "sam3", 1, lambda: gone.append("sam3"))):
        assert gone == []
    assert gone == ["sam3"]


def test_a_block_ends_with_nothing_loaded_whatever_happened() -> None:
    machine = Machine()
    machine.loaded["qwen"] = 4_000
    holder = Holder("llm", "qwen", 4_000, lambda: machine.unload("qwen"))

    def fail() -> None:
        with machine.ledger.holding(holder):
            assert [one.label for one in machine.ledger.held] == ["qwen"]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (machine.loaded, machine.ledger.held) == ({}, ())


def test_small_ones_that_nobody_uses_go_and_engines_are_their_residency_s() -> None:
    machine = Machine()
    machine.load("image", "compact", 350)
    machine.load("llm", "marian", 330)
    machine.now_s = 59
    machine.ledger.release_idle(60)
    assert list(machine.loaded) == ["compact", "marian"]
    machine.now_s = 60
    machine.ledger.release_idle(60)
    assert list(machine.loaded) == ["compact"]
    machine.load("llm", "marian", 330)
    machine.ledger.close()
    assert list(machine.loaded) == ["compact"]


def test_an_engine_that_is_loaded_stands_in_the_ledger_and_is_unloaded_for_a_heavy_one() -> None:
    ledger = MemoryLedger()
    residency = Residency(Device("cpu", "p", 64_000), ledger=ledger)
    engine = SteppedEngine(0)
    engine.info = replace(engine.info, id="klein", models=("flux2-klein-4b",))
    residency.require(engine)
    assert [(one.slot, one.label, one.mib) for one in ledger.held] == [("image", "klein", 13_700)]
    with ledger.holding(Holder("llm", "qwen", HEAVY_MIB, lambda: None)):
        assert residency.resident is None
        assert [one.label for one in ledger.held] == ["qwen"]
    residency.require(engine)
    residency.release()
    assert ledger.held == ()


def test_an_engine_that_could_not_be_loaded_holds_nothing() -> None:
    class Unavailable(SteppedEngine):
        def load(self, device: Device) -> None:
            raise EngineUnavailable("no device")

    ledger = MemoryLedger()
    with pytest.raises(EngineUnavailable):
        Residency(PROCESSOR, ledger=ledger).require(Unavailable(0))
    assert ledger.held == ()


def test_an_engine_weighs_what_its_cards_say_and_a_server_s_nothing_here() -> None:
    info = replace(SteppedEngine(0).info, models=("sd35", "sd35-controlnet-canny", "unknown"))
    cards = load_catalog()
    assert weight_mib(info) == cards["sd35"].memory_mib + cards["sd35-controlnet-canny"].memory_mib
    assert weight_mib(replace(info, device="remote")) == 0


def test_a_small_model_that_is_asked_again_is_as_fresh_as_one_that_was_just_loaded() -> None:
    machine = Machine()
    for label in ("ocr", "translator"):
        machine.load("llm", label, 100)
    machine.now_s = 50.0
    machine.load("llm", "ocr", 100)
    machine.now_s = 60.0
    machine.ledger.release_idle(30.0)
    assert list(machine.loaded) == ["ocr"]
    machine.now_s = 80.0
    machine.ledger.release_idle(30.0)
    assert machine.loaded == {}
