"""The stand-in keeps the contract of real engines, at the speed it was given."""

import time

import pytest

from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, ignore_step, request_of
from engines.testing.stepped import SteppedEngine


class TestSteppedEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> SteppedEngine:
        return SteppedEngine(step_s=0.001)


def test_page_takes_the_time_of_its_steps() -> None:
    engine = SteppedEngine(step_s=0.02, steps=5)
    engine.load(PROCESSOR)
    started = time.monotonic()
    engine.colorize(request_of(drawn_page()), ignore_step)
    assert time.monotonic() - started >= 0.1
