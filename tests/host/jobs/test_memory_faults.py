"""An accelerator whose memory gives out: once, always, while loading or while colouring."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engines.base import Device, EngineOutOfMemory, EngineTooLarge
from engines.device_memory import FreeMemory
from engines.testing.stepped import SteppedEngine
from host.application import Application
from host.messaging.messages import PageFailed
from host.paths import state_paths
from tests.host.jobs.conftest import Engines, Listener, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engines.base import ColorizeRequest, ColorizeResult, OnStep

pytestmark = pytest.mark.slow


class Tight(SteppedEngine):
    """Runs out of memory under the policies that it is told of."""

    def __init__(self, *, loading: frozenset[str] = frozenset(), colouring: frozenset[str] = frozenset()) -> None:
        super().__init__(0.0, 2)
        self.info = replace(self.info, device="cuda")
        self.policies: list[str] = []
        self._policy = ""
        self._loading, self._colouring = loading, colouring

    def load(self, device: Device) -> None:
        self.policies.append(device.policy)
        self._policy = device.policy
        if device.policy in self._loading:
            raise EngineOutOfMemory("the card is full")
        super().load(device)

    def colorize(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        on_step(1, 2)
        if self._policy in self._colouring:
            raise EngineOutOfMemory("the card is full")
        return super().colorize(request, on_step)


@pytest.fixture
def reader_of(irodori_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setattr("host.application.machine_device", lambda: Device("cuda", "card", 16_000))
    monkeypatch.setattr("engines.residency.free_memory", lambda _: FreeMemory(64_000, 16_000))
    opened: list[Application] = []

    def open_one(engine: Tight) -> Reader:
        listener = Listener()
        settings = {"default_engine": engine.info.id}
        opened.append(Application.open(state_paths(), listener, explicit=settings, engines=Engines(engine)))
        return Reader(opened[-1], listener)

    yield open_one
    for application in opened:
        application.close(2.0)


@pytest.mark.parametrize("when", ["loading", "colouring"])
def test_memory_that_gives_out_once_costs_a_leaner_load_and_no_page(reader_of, when: str) -> None:
    engine = Tight(**{when: frozenset({"auto"})})
    reader = reader_of(engine)
    end = reader.listener.end_of(reader.run([1, 2]))
    assert (end.done, end.failed) == (2, 0)
    assert engine.policies[0] == "auto"
    assert set(engine.policies[1:]) == {"group_offload"} | ({"auto"} & set(engine.policies[1:2]))


@pytest.mark.parametrize("when", ["loading", "colouring"])
def test_memory_that_never_suffices_fails_the_page_and_says_what_would_fit(reader_of, when: str) -> None:
    engine = Tight(**{when: frozenset({"auto", "group_offload"})})
    reader = reader_of(engine)
    assert reader.listener.end_of(reader.run([1])).failed == 1
    error = reader.listener.of(PageFailed)[0].error
    assert error.code == "E_OUT_OF_MEMORY"
    assert "klein 4B" in error.hint
    assert "klein 9B" not in error.hint


class TooLarge(Tight):
    def load(self, device: Device) -> None:
        self.policies.append(device.policy)
        raise EngineTooLarge("it takes 30 GiB of memory, 8 GiB are free")


def test_a_model_without_room_is_refused_at_once_with_what_would_fit(reader_of) -> None:
    engine = TooLarge()
    reader = reader_of(engine)
    assert reader.listener.end_of(reader.run([1])).failed == 1
    error = reader.listener.of(PageFailed)[0].error
    assert (error.code, error.message) == ("E_OUT_OF_MEMORY", "it takes 30 GiB of memory, 8 GiB are free")
    assert "klein 4B" in error.hint
    assert set(engine.policies) == {"auto"}


class OnServer(Tight):
    def load(self, device: Device) -> None:
        raise EngineOutOfMemory("ComfyUI ran out of memory in KSampler", "Use a smaller model there.")


def test_a_server_that_ran_out_of_memory_keeps_its_own_hint(reader_of) -> None:
    engine = OnServer()
    engine.info = replace(engine.info, device="remote")
    reader = reader_of(engine)
    assert reader.listener.end_of(reader.run([1])).failed == 1
    assert reader.listener.of(PageFailed)[0].error.hint == "Use a smaller model there."
