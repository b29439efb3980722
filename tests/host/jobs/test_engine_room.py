"""An engine on the lane: whose it is, leaner where memory gives out, apart from the lane, and unloaded in the end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.base import Device, EngineOutOfMemory, EngineTooLarge, ModelInvalid, Viability
from engines.memory_ledger import Holder
from engines.testing.stepped import SteppedEngine
from host.errors import NotFound, OutOfMemory, WeightsInvalid
from host.jobs.engine_room import EngineRoom
from tests.host.jobs.conftest import Engines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CARD = Device("cuda", "card", 16_000)


class Lane:
    """A lane that another process had, or not."""

    waited = False
    closed = False

    @contextmanager
    def hold(self, check: Callable[[], None]) -> Iterator[bool]:
        check()
        yield self.waited

    def close(self) -> None:
        self.closed = True


class Made(SteppedEngine):
    """Notes what is done with it; `device` and `viable` as the test wants them."""

    device, viable = "cpu", True
    broken: Exception | None = None
    unloads = 0

    def __init__(self, name: str = "made") -> None:
        super().__init__(0.0, 1)
        self.info = replace(self.info, id=name, device=self.device)
        self.policies: list[str] = []

    def viability(self) -> Viability:
        return replace(super().viability(), ok=self.viable)

    def load(self, device: Device) -> None:
        self.policies.append(device.policy)
        if self.broken is not None:
            raise self.broken
        super().load(device)

    def unload(self) -> None:
        type(self).unloads += 1
        super().unload()


class OnCard(Made):
    device = "cuda"


class Remote(Made):
    device = "remote"


class Unviable(Made):
    viable = False


class Broken(Made):
    broken = ModelInvalid("the file is damaged", "Pull it again.")


def room(*engines: Made, idle_s: float = 60.0) -> tuple[EngineRoom, Lane]:
    lane = Lane()
    return EngineRoom(Engines(*engines), lane, CARD, idle_s), lane  # type: ignore[arg-type]


def go_on() -> None:
    """Wait on."""


def test_an_engine_is_held_loaded_and_whether_one_waited_is_told() -> None:
    one, two = Made("one"), Made("two")
    rooms, lane = room(one, two)
    Made.unloads = 0
    for waited in (False, True):
        lane.waited = waited
        with rooms.engine("one", go_on) as (engine, told):
            assert engine is one
            assert told is waited
    assert Made.unloads == 0  # it stayed
    with pytest.raises(NotFound), rooms.engine("nobody", go_on):
        pass


def failing(times: int, fault: Exception) -> Callable[[], str]:
    left = [fault] * times

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    return work


def test_memory_that_gives_out_once_is_tried_leaner_and_then_no_more() -> None:
    engine = OnCard()
    rooms, _ = room(engine)
    assert rooms.run_with_memory(engine, failing(1, EngineOutOfMemory("full"))) == "done"
    assert engine.policies[-1] == "group_offload"
    with pytest.raises(OutOfMemory) as refused:
        rooms.run_with_memory(engine, failing(9, EngineOutOfMemory("full")))
    assert refused.value.hint
    assert rooms._residency.resident is None


def test_a_model_without_room_is_not_tried_again() -> None:
    engine = OnCard()
    rooms, _ = room(engine)
    work = failing(1, EngineTooLarge("no room"))
    with pytest.raises(OutOfMemory):
        rooms.run_with_memory(engine, work)
    assert work() == "done"  # it was asked once


def test_a_server_keeps_its_own_hint() -> None:
    engine = Remote()
    rooms, _ = room(engine)
    with pytest.raises(OutOfMemory) as refused:
        rooms.run_with_memory(engine, failing(9, EngineOutOfMemory("full", "Start it with --lowvram.")))
    assert refused.value.hint == "Start it with --lowvram."


def test_an_engine_apart_is_one_of_its_own_on_the_processor_alone() -> None:
    engine = Made("one")
    rooms, _ = room(engine)
    apart = rooms.engine_apart("one")
    assert isinstance(apart, Made)
    assert apart is not engine
    assert len(apart.policies) == 1
    assert rooms.engine_apart("nobody") is None
    for other in (OnCard("other"), Unviable("other")):
        assert room(other)[0].engine_apart("other") is None
    with pytest.raises(WeightsInvalid, match="damaged"):
        room(Broken("other"))[0].engine_apart("other")


class Shared(Made):
    is_reentrant = True


def test_an_engine_that_several_may_use_is_shared_with_the_lane_and_takes_nobodys_place() -> None:
    one, two = Shared("one"), Shared("two")
    rooms, _ = room(one, two)
    assert rooms.shared_engine("one") is one  # loaded, where nothing was
    with rooms.engine("one", go_on):
        assert rooms.shared_engine("one") is one  # while the lane is held
        assert rooms.shared_engine("two") is None
    assert two.policies == []
    assert rooms.shared_engine("nobody") is None
    assert room(Made("one"))[0].shared_engine("one") is None


def test_what_idles_is_unloaded_and_the_end_gives_everything_back() -> None:
    Made.unloads = 0
    engine = Made("one")
    rooms, lane = room(engine, idle_s=3600)
    with rooms.engine("one", go_on):
        pass
    rooms.release_idle()
    assert Made.unloads == 0
    rooms.idle_s = 0
    rooms.release_idle()
    assert Made.unloads == 1
    with rooms.engine("one", go_on):
        pass
    rooms.close()
    assert Made.unloads == 2
    assert lane.closed


def test_an_engine_that_does_not_let_go_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Made("one")
    rooms, lane = room(engine)
    with rooms.engine("one", go_on):
        pass

    def stuck() -> None:
        raise ModelInvalid("it hangs on", "")

    monkeypatch.setattr(engine, "unload", stuck)
    rooms.close()
    assert lane.closed
    assert "not unloaded cleanly" in caplog.text


def test_a_guest_of_the_lane_stands_in_the_ledger_and_is_unloaded_after_its_block() -> None:
    one = Made("one")
    rooms, _ = room(one)
    gone: list[str] = []
    with rooms.lend("one", go_on):
        pass
    Made.unloads = 0
    with rooms.guest(Holder("segment", "sam3", 3_300, lambda: gone.append("sam3")), go_on):
        assert [(one.slot, one.label) for one in rooms.ledger.held if one.is_heavy] == [("segment", "sam3")]
        assert gone == []
    assert gone == ["sam3"]
    assert [one.slot for one in rooms.ledger.held] == ["image"]  # a small engine stays beside it
    assert Made.unloads == 0


def test_who_is_alone_on_the_lane_shares_memory_with_no_engine() -> None:
    one = Made("one")
    rooms, _ = room(one)
    Made.unloads = 0
    with rooms.lend("one", go_on) as (info, _colorize):
        assert info is one.info
    assert Made.unloads == 0
    with rooms.alone(go_on):
        assert Made.unloads == 1
        assert [one.slot for one in rooms.ledger.held] == ["video"]
