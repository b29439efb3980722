"""Flood a host over its wire: very many frames, huge counts, peers that do not read, chapters cancelled at once.

After each flood every request has one answer, another request is answered within seconds, and the host holds at most
some hundreds of megabytes. A loss is an answer that lacks or comes twice, a host that is gone, or more memory.
"""

from __future__ import annotations

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgpack

from bench.faults.memory import MemoryWatch
from host.messaging.channel import Channel
from host.messaging.client import installed_command
from host.messaging.rpc import Notification, Response, decode_message
from host.messaging.stdio import Pipes
from host.paths import HOME_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ANSWER_S: Final = 120.0
_PING_S: Final = 10.0
_KEEP_S: Final = 20.0
_HELD_MAX_BYTES: Final = 500 * 10**6
# Two decoded references stand beside the decode of a third.
_HELD_WITH_PICTURES_BYTES: Final = 1000 * 10**6
_MIB: Final = 1 << 20
_NEVER: Final = -1
"""A number that is never answered: stands for a loss."""


class Peer:
    """A host and what it answered, by `msgid`; a peer that may stop reading."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen(
            installed_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {HOME_VARIABLE: str(home)},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.answers: Counter[int] = Counter()
        self.ends: Counter[str] = Counter()
        self.faults = 0
        self.reading = threading.Event()
        self.reading.set()
        self._gone = ""
        self._changed = threading.Condition()
        self._msgid = 0
        self._channel = Channel(Pipes(self._process.stdout.fileno(), self._process.stdin.fileno()))
        self._channel.start(self._hear, lambda _: None, self._end)

    @property
    def pid(self) -> int:
        """Of the host."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.outbox.close()
        self._process.kill()
        self._process.wait()

    def number(self) -> int:
        """Return a number for a request."""
        self._msgid += 1
        return self._msgid

    def send(self, frame: bytes, stream: object = None) -> None:
        """Send a frame, whatever it holds; those of one stream one after the other."""
        self._channel.outbox.put(frame, stream)

    def request(self, method: str, params: dict[str, Any], stream: object = None) -> int:
        """Send a request; return its number."""
        msgid = self.number()
        self.send(msgpack.packb([0, msgid, method, params]), stream)
        return msgid

    def wait(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds of what was heard; the host is kept awake meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._gone:
            with self._changed:
                if self._changed.wait_for(lambda: bool(self._gone) or holds(), min(seconds, _KEEP_S)):
                    return not self._gone
            self.request("session.ping", {})
        return False

    def _hear(self, _: int, frame: bytes) -> None:
        self.reading.wait()
        message = decode_message(frame)
        with self._changed:
            if isinstance(message, Response):
                self.answers[message.msgid] += 1
            elif isinstance(message, Notification):
                self.faults += message.method == "session.fault"
                if message.method in ("page.done", "page.failed", "page.skipped", "job.done"):
                    self.ends[message.method] += 1
            self._changed.notify_all()

    def _end(self, ending: Any) -> None:
        with self._changed:
            self._gone = ending.reason
            self._changed.notify_all()


def main(arguments: Sequence[str]) -> int:
    """Flood a fresh host with each kind; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults floods", description=__doc__)
    parser.add_argument("--only", nargs="*", default=list(_FLOODS), choices=list(_FLOODS))
    lost = 0
    for name in parser.parse_args(arguments).only:
        words = _flood(name)
        lost += words.startswith("LOST")
        sys.stdout.write(f"{name:28} {words}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{lost} losses\n")
    return 1 if lost else 0


def _flood(name: str) -> str:
    with tempfile.TemporaryDirectory(prefix="irodori-floods-") as home, Peer(Path(home)) as peer:
        ready = peer.request("session.ping", {})
        peer.wait(lambda: peer.answers[ready] > 0, _ANSWER_S)
        began = time.monotonic()
        with MemoryWatch(peer.pid) as memory:
            asked = _FLOODS[name](peer)
            whole = peer.wait(lambda: all(peer.answers[one] for one in asked), _ANSWER_S)
        lasted_s, began = time.monotonic() - began, time.monotonic()
        ping = peer.request("session.ping", {})
        alive = peer.wait(lambda: peer.answers[ping] > 0, _PING_S)
        most = _HELD_WITH_PICTURES_BYTES if _FLOODS[name] is _large_pictures else _HELD_MAX_BYTES
        twice = sum(count > 1 for count in peer.answers.values())
        got = sum(peer.answers[one] > 0 for one in asked)
        good = whole and alive and not twice and memory.peak_bytes <= most
        return (
            f"{'held' if good else 'LOST'}: {got} of {len(asked)} answered, {twice} twice, {peer.faults} faults told, "
            f"{sum(peer.ends.values())} ends, {lasted_s:.1f} s, then a ping in {time.monotonic() - began:.2f} s"
            f"{'' if alive else ' (never)'}, at most {memory.peak_bytes / 1e6:.0f} MB"
        )


def _many_frames(peer: Peer) -> list[int]:
    return [peer.request("session.ping", {}) for _ in range(20_000)]


def _many_strangers(peer: Peer) -> list[int]:
    return [peer.request("x" * 1000, {"y": [0] * 50}) for _ in range(5_000)]


def _many_values(peer: Peer) -> list[int]:
    asked = []
    for filling in (b"\x80", b"\x90", b"\xc0", b"\x01", b"\xa0"):
        msgid, size = peer.number(), 20 * _MIB
        head = b"\x94\x00\xce" + struct.pack(">L", msgid) + b"\xa3abc\x81\xa1p\xdd"
        peer.send(head + struct.pack(">L", size) + filling * size)
        asked.append(msgid)
    return asked


def _huge_counts(peer: Peer) -> list[int]:
    asked = []
    huge = (
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x91" * 10**6,
    )
    for rest in huge * 40:
        msgid = peer.number()
        peer.send(b"\x94\x00\xce" + struct.pack(">L", msgid) + b"\xa3abc\x81\xa1p" + rest)
        asked.append(msgid)
    for rest in (b"", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\x93\x02\x03\x04", os.urandom(100_000)):
        peer.send(rest)
    return asked


def _large_frames(peer: Peer) -> list[int]:
    page = {"job_id": "x", "page_id": "y", "image": bytes(60 * _MIB)}
    return [peer.request("page.put", page, "pages") for _ in range(6)]


def _large_frames_at_once(peer: Peer) -> list[int]:
    """Send six at once, more than the host holds: each is answered, or told as a frame that was dropped."""
    page = {"job_id": "x", "page_id": "y", "image": bytes(60 * _MIB)}
    asked = [peer.request("page.put", page) for _ in range(6)]
    peer.wait(lambda: sum(peer.answers[one] for one in asked) + peer.faults >= len(asked), _ANSWER_S)
    told = sum(peer.answers[one] for one in asked) + peer.faults
    return [one for one in asked if peer.answers[one]] + [_NEVER] * (len(asked) - told)


def _slow_reader(peer: Peer) -> list[int]:
    peer.reading.clear()
    asked = [peer.request("settings.get", {}) for _ in range(40_000)]
    time.sleep(8)
    peer.reading.set()
    return asked


def _large_pictures(peer: Peer) -> list[int]:
    from bench.faults.pictures import large_pictures

    images = [data for _, data in large_pictures()]
    return [peer.request("reference.add", {"image": image}) for image in images[:4]]


def _cancelled_chapters(peer: Peer) -> list[int]:
    asked = []
    for number in range(30):
        rows = [{"page_id": f"{number}-{page}", "index": page, "sha256": f"{page:064x}"} for page in range(1000)]
        request = {"series": "S", "chapter": str(number), "direction": "ltr", "references": [], "pages": rows}
        asked.append(peer.request("pipeline.run_chapter", request))
    peer.wait(lambda: all(peer.answers[one] for one in asked), _ANSWER_S)
    status = peer.request("job.status", {})
    peer.wait(lambda: peer.answers[status] > 0, _ANSWER_S)
    return [*asked, status, *_cancel_all(peer)]


def _cancel_all(peer: Peer) -> list[int]:
    heard: list[Any] = []
    hear = peer._hear  # noqa: SLF001 - its own part

    def listen(number: int, frame: bytes) -> None:
        message = decode_message(frame)
        if isinstance(message, Response) and isinstance(message.result, list):
            heard.extend(message.result)
        hear(number, frame)

    peer._channel._on_frame = listen  # noqa: SLF001
    status = peer.request("job.status", {})
    peer.wait(lambda: peer.answers[status] > 0, _ANSWER_S)
    asked = [peer.request("job.cancel", {"job_id": job["job_id"]}) for job in heard for _ in range(3)]
    peer.wait(lambda: all(peer.answers[one] for one in asked), _ANSWER_S)
    peer.wait(lambda: peer.ends["job.done"] >= len(heard), _ANSWER_S)
    if len(heard) < 30 or peer.ends["job.done"] < len(heard):
        asked.append(_NEVER)
    return [status, *asked]


def _unfinished_frames(peer: Peer) -> list[int]:
    from host.messaging.framing import Chunk, encode_envelope

    pipe = peer._channel._pipes  # noqa: SLF001 - beside the channel, which sends whole frames alone
    for number in range(3_000):
        pipe.write_message(
            encode_envelope(Chunk(id=10**6 + number, q=0, n=340, z=340 * 196_608, c=1, d=bytes(196_608)))
        )
    return [peer.request("session.ping", {}) for _ in range(10)]


_FLOODS: Final[dict[str, Callable[[Peer], list[int]]]] = {
    "20,000 pings": _many_frames,
    "5,000 strange methods": _many_strangers,
    "20 million values a frame": _many_values,
    "counts beyond the frame": _huge_counts,
    "frames of 60 MiB": _large_frames,
    "six of them at once": _large_frames_at_once,
    "a reader that sleeps": _slow_reader,
    "30,000 pages cancelled": _cancelled_chapters,
    "3,000 frames never ended": _unfinished_frames,
    "references of 60 megapixels": _large_pictures,
}
