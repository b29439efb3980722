"""Durations of a page's stages, added up, and the memory that was held."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from host.pipeline import stopwatch as module
from host.pipeline.progress import fraction_of_page, tell
from host.pipeline.stopwatch import Stopwatch


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(now=10.0, rss=100 << 20)
    monkeypatch.setattr(module.time, "perf_counter", lambda: made.now)
    monkeypatch.setattr(module, "_PROCESS", SimpleNamespace(memory_info=lambda: SimpleNamespace(rss=made.rss)))
    return made


def test_a_stage_that_is_measured_twice_adds_up_and_the_most_memory_is_kept(machine: SimpleNamespace) -> None:
    watch = Stopwatch()
    for seconds, rss in ((0.25, 300 << 20), (0.5, 200 << 20)):
        with watch.stage("decode"):
            machine.now += seconds
            machine.rss = rss
    with watch.stage("encode"):
        machine.now += 0.0012345
    assert watch.duration_ms == {"decode": 750.0, "encode": 1.235}
    assert watch.peak_memory_mib == 300.0


def test_a_stage_that_fails_is_measured_as_well(machine: SimpleNamespace) -> None:
    watch = Stopwatch()

    def fail() -> None:
        with watch.stage("compose"):
            machine.now += 2
            raise ValueError("it failed")

    with pytest.raises(ValueError, match="it failed"):
        fail()
    assert watch.duration_ms == {"compose": 2000.0}
    assert watch.peak_memory_mib == 100.0


@pytest.mark.parametrize(
    ("stage", "share", "fraction"),
    [
        ("queued", 1, 0),
        ("decode", 0, 0),
        ("decode", 1, 0.05),
        ("pass2", 0.5, 0.485),
        ("pass2", 7, 0.75),
        ("encode", 1, 1),
        ("encode", -1, 0.92),
    ],
)
def test_how_far_a_page_is_follows_its_stage(stage, share: float, fraction: float) -> None:
    assert fraction_of_page(stage, share) == pytest.approx(fraction)


def test_what_is_told_is_the_stage_and_the_fraction() -> None:
    told: list[tuple[str, float]] = []
    tell(lambda *what: told.append(what), "pass2")
    tell(lambda *what: told.append(what), "pass2", 1.0)
    assert told == [("pass2", 0.22), ("pass2", 0.75)]
