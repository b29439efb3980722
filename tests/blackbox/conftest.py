"""The installed host, spoken to with nothing of ours in between: raw envelopes over its stdin and stdout."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgpack
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = [
    str(Path(sys.executable).with_name("irodori-native-host")),
    "chrome-extension://jladhcmjphcoaffkabhjbopmnbmjpbbi/",
]
CHUNK_BYTES = 196_608
PATIENCE_S = 60.0


def spell(envelope: Any) -> bytes:
    payload = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
    return len(payload).to_bytes(4, sys.byteorder) + payload


class RawHost:
    """A host process and what it says, read as a browser would. Nothing is acknowledged unless asked for."""

    def __init__(self, home: Path, **environment: str) -> None:
        variables = os.environ | {"IRODORI_HOME": str(home)} | environment
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=variables, bufsize=0
        )
        assert self.process.stdin is not None
        self.stdin = self.process.stdin
        self.heard: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self.raw = bytearray()
        self.errors = bytearray()
        self.acknowledging = False
        self.acks: list[tuple[int, int]] = []
        self._frames: dict[int, bytearray] = {}
        self._count = 0
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._collect)]
        for thread in self._threads:
            thread.start()

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.stdin.write(rest) :]

    def say(self, *envelopes: Any) -> None:
        for envelope in envelopes:
            self.write(spell(envelope))

    def cut(self, message: list[Any], size: int = CHUNK_BYTES) -> list[dict[str, Any]]:
        frame = msgpack.packb(message)
        self._count += 1
        pieces = [frame[start : start + size] for start in range(0, len(frame), size)]
        envelopes: list[dict[str, Any]] = [
            {"t": "chunk", "id": self._count, "q": q, "n": len(pieces), "d": base64.b64encode(piece).decode()}
            for q, piece in enumerate(pieces)
        ]
        envelopes[0] |= {"z": len(frame), "c": crc32(frame)}
        return envelopes

    def request(self, msgid: int, method: str, params: dict[str, Any] | None = None) -> None:
        self.say(*self.cut([0, msgid, method, params or {}]))

    def next(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """Return the next envelope of the host."""
        return self.heard.get(timeout=timeout_s)

    def message(self) -> list[Any]:
        """Return the next whole message of the host, noting its acknowledgements on the way."""
        while True:
            envelope = self.next()
            if envelope["t"] == "ack":
                self.acks.append((envelope["id"], envelope["q"]))
                continue
            held = self._frames.setdefault(envelope["id"], bytearray())
            held += base64.b64decode(envelope["d"], validate=True)
            if self.acknowledging and envelope["n"] > 1:
                self.say({"t": "ack", "id": envelope["id"], "q": envelope["q"]})
            if envelope["q"] + 1 == envelope["n"]:
                message: list[Any] = msgpack.unpackb(self._frames.pop(envelope["id"]))
                return message

    def answer(self, msgid: int) -> list[Any]:
        """Return the response to a request, passing over what comes before."""
        while True:
            message = self.message()
            if message[0] == 1 and message[1] == msgid:
                return message

    def quiet(self, seconds: float = 0.3) -> bool:
        """Return whether nothing is said for a while."""
        try:
            self.next(seconds)
        except Empty:
            return True
        return False

    def end(self, timeout_s: float = 20.0) -> int:
        """End the input and return the exit status."""
        if not self.stdin.closed:
            self.stdin.close()
        status = self.process.wait(timeout_s)
        for thread in self._threads:
            thread.join(10)
        return status

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for_now = bytearray()
        while part := self.process.stdout.read(65536):
            self.raw += part
            for_now += part
            while len(for_now) >= 4 and len(for_now) >= 4 + (size := int.from_bytes(for_now[:4], sys.byteorder)):
                assert 0 < size <= 1_048_576
                self.heard.put(json.loads(for_now[4 : 4 + size]))
                del for_now[: 4 + size]
        assert not for_now

    def _collect(self) -> None:
        assert self.process.stderr is not None
        while part := self.process.stderr.read(65536):
            self.errors += part


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RawHost]]:
    """Start hosts on one home that is fresh for the test."""
    hosts: list[RawHost] = []

    def start_one(**environment: str) -> RawHost:
        hosts.append(RawHost(tmp_path / "home", **environment))
        return hosts[-1]

    yield start_one
    for host in hosts:
        host.stop()


@pytest.fixture
def host(start: Callable[..., RawHost]) -> RawHost:
    """A host that has said that it is ready."""
    ready = (started := start()).message()
    assert ready[:2] == [2, "session.ready"]
    return started


@pytest.fixture
def within() -> Callable[[Callable[[], bool], float], bool]:
    """Wait until something holds."""

    def wait(holds: Callable[[], bool], timeout_s: float = PATIENCE_S) -> bool:
        until = time.monotonic() + timeout_s
        while not holds() and time.monotonic() < until:
            time.sleep(0.02)
        return holds()

    return wait
