"""How fast the wire is: `python bench/wire.py [--runs N]`.

Measures the installed host, started as a browser starts it: spawn to `session.ready`, to the answer to hello, a ping,
and the end of the input to the end of the process; and the codec: 8 MB in chunks through pipes, there and back.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from queue import SimpleQueue

from rich.console import Console
from rich.table import Table

from host.messaging.channel import Channel
from host.messaging.client import HostClient
from host.messaging.stdio import Pipes

READY_TARGET_MS = 250.0
ECHO_BYTES = 8_000_000
Row = tuple[str, list[float], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        rows = host_rows(Path(home), runs)
    rows.append((f"{ECHO_BYTES // 1_000_000} MB there and back, codec and pipes", echo(runs), ""))
    table = Table("what", "median", "slowest", "target", title=f"The wire, {runs} runs, {os.cpu_count()} cores")
    for name, times_ms, target in rows:
        table.add_row(name, f"{statistics.median(times_ms):.1f} ms", f"{max(times_ms):.1f} ms", target)
    Console().print(table)


def host_rows(home: Path, runs: int) -> list[Row]:
    """Start and end hosts; the first start, which makes the home, is not counted."""
    with HostClient.spawn(home=home) as first:
        first.hello()
    ready, hello, ping, end = [], [], [], []
    for _ in range(runs):
        began = time.perf_counter()
        host = HostClient.spawn(home=home)
        _ = host.ready
        ready.append(since(began))
        host.hello()
        hello.append(since(began))
        began = time.perf_counter()
        host.call("session.ping")
        ping.append(since(began))
        began = time.perf_counter()
        host.close()
        end.append(since(began))
    return [
        ("spawn → session.ready", ready, f"≤ {READY_TARGET_MS:.0f} ms"),
        ("spawn → answer to session.hello", hello, ""),
        ("session.ping → answer", ping, ""),
        ("end of input → end of the host", end, "≤ 1000 ms"),
    ]


def echo(runs: int) -> list[float]:
    """Send 8 MB through one channel to another, which sends them back."""
    there, back = os.pipe(), os.pipe()
    near, far = Channel(Pipes(back[0], there[1])), Channel(Pipes(there[0], back[1]))
    received: SimpleQueue[bytes] = SimpleQueue()
    ended = threading.Event()
    far.start(lambda _, frame: far.outbox.put(frame), lambda _: None, lambda _: None)
    near.start(lambda _, frame: received.put(frame), lambda _: None, lambda _: ended.set())
    frame, times_ms = os.urandom(ECHO_BYTES), []
    for _ in range(runs):
        began = time.perf_counter()
        near.outbox.put(frame)
        if received.get(timeout=60) != frame:
            raise RuntimeError("other bytes came back")
        times_ms.append(since(began))
    return times_ms


def since(began: float) -> float:
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
