"""A session over real pipes with a small service behind it."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from host.errors import NotFound
from host.messaging.channel import Channel
from host.messaging.client import HostClient
from host.messaging.messages import (
    CacheStats,
    DeviceInfo,
    JobAccepted,
    JobDone,
    PageAccepted,
    PageDone,
    RunChapter,
    Welcome,
)
from host.messaging.session import Notify, Session
from host.messaging.stdio import Pipes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class SmallService:
    """Answers a few methods: `page.put` sends the picture back, the others show how a request may end."""

    def __init__(self, notify: Notify) -> None:
        self.notify = notify
        self.gate = threading.Event()
        self.closed_within: float | None = None

    def handle(self, method: str, params: Any) -> object:
        return getattr(self, method.replace(".", "_"))(params)

    def load(self) -> tuple[bool, int]:
        return True, 3

    def close(self, timeout_s: float) -> None:
        self.closed_within = timeout_s

    def session_hello(self, _: Any) -> Welcome:
        device = DeviceInfo(kind="cpu", name="a processor", memory_mib=1)
        return Welcome(protocol=0, host_version="", engines=[], default_engine="none", device=device, settings={})

    def page_put(self, page: Any) -> PageAccepted:
        done = {"mime": "image/png", "width": 1, "height": 1, "cached": False, "runmeta": {}}
        self.notify(PageDone(job_id=page.job_id, page_id=page.page_id, image=page.image, **done))
        return PageAccepted(accepted=True)

    def pipeline_run_chapter(self, chapter: RunChapter) -> JobAccepted:
        done = JobDone(job_id=chapter.series, done=0, skipped=0, failed=0, cancelled=0, duration_ms=0)
        teller = threading.Thread(target=self.notify, args=(done,))
        teller.start()
        teller.join()
        return JobAccepted(job_id=chapter.series, need=[])

    def settings_set(self, values: dict[str, Any]) -> dict[str, Any]:
        return values

    def chapter_export(self, _: Any) -> object:
        self.gate.wait(30)
        raise NotFound("there is no such job", "Colour it again.", job_id="j")

    def cache_clear(self, _: Any) -> object:
        raise ValueError("the caches are on fire")

    def cache_stats(self, _: Any) -> CacheStats:
        raise SystemExit(3)

    def model_list(self, _: Any) -> object:
        raise MemoryError

    def engine_list(self, _: Any) -> object:
        return [object()]

    def secret_set(self, secret: Any) -> object:
        raise RuntimeError(f"the keyring does not take {secret.value}")


class Stage:
    """A session on a thread of its own, the client at the other end, and the raw ends of the wire."""

    def __init__(
        self, open_service: Callable[[Notify], Any] = SmallService, gate: threading.Event | None = None
    ) -> None:
        host_in, self.to_host = os.pipe()
        self.from_host, host_out = os.pipe()
        self.pipes = Pipes(self.from_host, self.to_host)
        self.service: Any = None
        self.status: int | None = None
        self._opened = threading.Event()
        self._gate = gate
        self._host_out = host_out
        self._channel = Channel(Pipes(host_in, host_out))
        self.session = Session(self._channel, lambda notify: self._open(open_service, notify))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def client(self) -> HostClient:
        return HostClient(self.pipes)

    def opened(self) -> Any:
        assert self._opened.wait(10)
        return self.service

    def end(self, timeout_s: float = 60.0) -> int | None:
        """End the input, and return the exit status."""
        with contextlib.suppress(OSError):
            os.close(self.to_host)
        self._thread.join(timeout_s)
        assert not self._thread.is_alive()
        return self.status

    def wait(self, timeout_s: float = 10.0) -> int | None:
        """Wait until the session ends by itself."""
        self._thread.join(timeout_s)
        return self.status

    def _open(self, open_service: Callable[[Notify], Any], notify: Notify) -> Any:
        if self._gate is not None:
            self._gate.wait(10)
        try:
            self.service = open_service(notify)
        finally:
            self._opened.set()
        return self.service

    def _run(self) -> None:
        self.status = self.session.run()
        if self._channel.outbox.flush(1.0):  # else the writer still hangs on a peer that reads nothing
            os.close(self._host_out)


@pytest.fixture
def stage(irodori_home: object) -> Iterator[Stage]:
    made = Stage()
    yield made
    made.end()


@pytest.fixture
def make_stage(irodori_home: object) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(*arguments: Any, **options: Any) -> Stage:
        made.append(Stage(*arguments, **options))
        return made[-1]

    yield make
    for each in made:
        each.end()
