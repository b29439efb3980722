"""The stand-in keeps the contract of real engines, at the speed it was given."""

import pytest

from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, ignore_step, request_of
from engines.testing.stepped import SteppedEngine


class TestSteppedEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> SteppedEngine:
        return SteppedEngine(step_s=0.001)


def test_page_takes_the_time_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("engines.testing.stepped.time.sleep", slept.append)
    engine = SteppedEngine(step_s=0.02, steps=5)
    engine.load(PROCESSOR)
    engine.colorize(request_of(drawn_page()), ignore_step)
    assert slept == [0.02] * 5
