"""A warm page, step by step: its processor time, by the profiler of the standard library.

On one core, for the profiler sees one thread: what otherwise runs beside other work runs where it is waited for.
"""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.page import WarmPage
from bench.profile.steps import STEPS, Step
from engines.cores import limit_threads
from engines.onnx_runtime import OnnxNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CodeType
    from typing import Any

WARM_UPS: Final = 2
_Key = tuple[str, int, str]


class Cost(NamedTuple):
    """Of one page: how often something ran, and its processor time with and without what it called."""

    calls: float
    with_callees_ms: float
    own_ms: float


@dataclass(frozen=True)
class WarmProfile:
    """Means of some runs. steps: those of `STEPS`, in that order. functions: the costliest by own time, by name.

    networks: processor time in ONNX Runtime by network.
    """

    total_ms: float
    steps: tuple[tuple[Step, Cost], ...]
    functions: tuple[tuple[str, Cost], ...]
    networks: Mapping[str, float]


def profile_page(runs: int, most: int = 25) -> WarmProfile:
    """Profile the page of `bench/page.py`; most: how many functions are listed."""
    before = limit_threads(1)
    try:
        return _profiled(WarmPage(), runs, most)
    finally:
        limit_threads(before)


def _profiled(page: WarmPage, runs: int, most: int) -> WarmProfile:
    for _ in range(WARM_UPS):
        page.colour()
    profiler, networks = cProfile.Profile(time.process_time), Counter[str]()
    with _timed_networks(networks):
        profiler.enable()
        for _ in range(runs):
            page.colour()
        profiler.disable()
    costs = _costs(profiler, runs)
    steps = tuple((step, costs.get(_key(step.function.__code__), Cost(0, 0, 0))) for step in STEPS)
    own = sorted(costs.items(), key=lambda item: -item[1].own_ms)[:most]
    return WarmProfile(
        total_ms=costs[_key(WarmPage.colour.__code__)].with_callees_ms,
        steps=steps,
        functions=tuple((_name(key), cost) for key, cost in own),
        networks={name: seconds * 1000 / runs for name, seconds in networks.most_common()},
    )


def _costs(profiler: cProfile.Profile, runs: int) -> dict[_Key, Cost]:
    rows: dict[_Key, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    return {
        key: Cost(calls / runs, 1000 * cumulated / runs, 1000 * own / runs)
        for key, (_, calls, own, cumulated, _) in rows.items()
    }


def _key(code: CodeType) -> _Key:
    return code.co_filename, code.co_firstlineno, code.co_name


def _name(key: _Key) -> str:
    file, line, name = key
    return name if file == "~" else f"{'/'.join(file.replace(chr(92), '/').split('/')[-2:])}:{line} {name}"


class _timed_networks:  # noqa: N801 - read as a function
    """Add up the processor time of every network's runs, by what it is called in messages."""

    def __init__(self, seconds: Counter[str]) -> None:
        self._seconds = seconds
        self._run: Callable[..., Any] = OnnxNetwork.run

    def __enter__(self) -> None:
        run, seconds = self._run, self._seconds

        def timed(network: OnnxNetwork, *given: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return run(network, *given, **named)
            finally:
                seconds[network.what] += time.process_time() - began

        OnnxNetwork.run = timed  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        OnnxNetwork.run = self._run  # type: ignore[method-assign]
