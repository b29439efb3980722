"""Two processes on one home, and processes that die: real ones."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from host.messaging.messages import PageDone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow

# Colours the pages of its arguments; says when its engine begins and ends a page, and what the page came to.
HOST = """
import json, sys, threading, time
from tests.host.jobs.conftest import Engines, Listener, Reader, Watched
from host.application import Application
from host.messaging.messages import JobDone, PageDone
from host.paths import state_paths

class Timed(Watched):
    def colorize(self, request, on_step):
        began = time.monotonic()
        result = super().colorize(request, on_step)
        say(engine=[began, time.monotonic()])
        return result

saying = threading.Lock()  # two threads tell at once, and a long line is written in parts

def say(**facts):
    with saying:
        print(json.dumps(facts), flush=True)

class Teller(Listener):
    def __call__(self, message):
        if isinstance(message, PageDone):
            say(done=message.page_id, cached=message.cached, image=message.image.hex())
        super().__call__(message)

teller, step_s, numbers = Teller(), float(sys.argv[1]), json.loads(sys.argv[2])
application = Application.open(
    state_paths(), teller, explicit={"default_engine": "stepped"}, engines=Engines(Timed(step_s, 2)),
)
say(ready=True)
sys.stdin.readline()
reader = Reader(application, teller)
end = teller.end_of(reader.run(numbers))
say(end=[end.done, end.failed])
application.close()
"""


class Host:
    """A host in a process of its own."""

    def __init__(self, home: Path, step_s: float, numbers: list[int]) -> None:
        root = Path(__file__).parents[3]
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOST, str(step_s), json.dumps(numbers)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root,
            env=os.environ | {"IRODORI_HOME": str(home), "PYTHONPATH": str(root)},
        )  # fmt: skip
        self.said: list[dict[str, Any]] = []
        self.hear("ready")

    def start(self) -> None:
        stdin: IO[str] | None = self.process.stdin
        assert stdin is not None
        stdin.write("go\n")
        stdin.flush()

    def hear(self, name: str, count: int = 1) -> list[Any]:
        """Read on until `name` was said `count` times."""
        assert self.process.stdout is not None
        while len(self.all(name)) < count:
            line = self.process.stdout.readline()
            assert line, f"the host ended; it said {self.said}"
            self.said.append(json.loads(line))
        return self.all(name)

    def all(self, name: str) -> list[Any]:
        return [facts[name] for facts in self.said if name in facts]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def start_host(irodori_home: Path) -> Iterator[Callable[..., Host]]:
    hosts: list[Host] = []

    def start(step_s: float, numbers: list[int]) -> Host:
        hosts.append(Host(irodori_home, step_s, numbers))
        return hosts[-1]

    yield start
    for host in hosts:
        host.end()


def test_two_hosts_share_the_lane_and_the_cache(start_host: Callable[..., Host]) -> None:
    hosts = [start_host(0.03, list(range(12))), start_host(0.03, list(range(6, 18)))]
    for host in hosts:
        host.start()
    for host in hosts:
        assert host.hear("end") == [[12, 0]]
    held = sorted(interval for host in hosts for interval in host.all("engine"))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(held))
    assert 18 <= len(held) < 24
    images = [{facts["done"]: facts["image"] for facts in host.said if "done" in facts} for host in hosts]
    assert {images[0][f"p{index}"] for index in range(6, 12)} == {images[1][f"p{index}"] for index in range(6)}


def test_a_killed_host_loses_no_finished_page_and_leaves_no_partial_file(
    start_host: Callable[..., Host], open_reader: Callable[..., Reader], engine: Watched
) -> None:
    numbers = list(range(30))
    host = start_host(0.02, numbers)
    host.start()
    host.hear("done", 7)
    host.process.kill()
    host.process.wait()
    assert host.process.stdout is not None
    host.said += [json.loads(line) for line in host.process.stdout.read().splitlines() if line.endswith("}")]
    finished = set(host.all("done"))
    reader = open_reader()
    assert len(list(reader.application.paths.spool.glob("*/"))) == 1
    accepted = reader.board.run_chapter(reader.chapter(numbers))
    assert finished <= {f"p{index}" for index in numbers} - set(accepted.need)
    for page_id in accepted.need:
        reader.put(accepted.job_id, page_id)
    assert reader.listener.end_of(accepted.job_id).done == 30
    assert engine.calls == len(accepted.need)
    cached = {page.page_id for page in reader.listener.of(PageDone) if page.cached}
    assert finished <= cached
    results = [path for path in reader.application.paths.results.rglob("*") if path.is_file()]
    assert len(results) == 30


def test_hosts_killed_again_and_again_never_leave_a_damaged_home(
    start_host: Callable[..., Host], open_reader: Callable[..., Reader]
) -> None:
    for turn in range(4):
        host = start_host(0.0, list(range(40)))
        host.start()
        time.sleep(0.15 * turn)
        host.process.kill()
        host.process.wait()
    reader = open_reader()
    assert reader.application.store.database.moved_aside is None
    assert reader.application.store.database.is_sound()
    assert reader.listener.end_of(reader.run(list(range(40)))).done == 40
