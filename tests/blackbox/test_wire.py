"""The installed host, from outside: what it says first, faults, credits, endings."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import msgpack
import pytest

pytestmark = pytest.mark.slow

VECTORS = Path(__file__).parents[1] / "vectors"
HELLO = {"protocol": [1, 1], "extension_version": "0.1.0", "browser": "test"}
Start = Callable[..., Any]
PRINTER = """
import os, subprocess, sys

class Printer:
    def find_spec(self, name, path=None, target=None):
        if name == "host.service":
            print("a library prints")
            os.write(1, b"below Python")
            subprocess.run([sys.executable, "-S", "-c", "print('a child prints')"])

sys.meta_path.insert(0, Printer())
"""


def test_ready_comes_first_then_the_answer_to_hello(start: Start) -> None:
    host = start()
    host.request(1, "session.hello", HELLO)
    kind, method, ready = host.message()
    assert (kind, method) == (2, "session.ready")
    assert ready["protocol"] == [1, 1]
    assert ready["pid"] == host.process.pid
    assert ready["limits"] == {"chunk_bytes": 196_608, "window_chunks": 8, "frame_bytes": 67_108_864}
    kind, msgid, error, welcome = host.message()
    assert (kind, msgid, error) == (1, 1, None)
    assert welcome["protocol"] == 1
    assert welcome["default_engine"] in [engine["id"] for engine in welcome["engines"]]
    assert set(welcome["device"]) == {"kind", "name", "memory_mib"}
    assert Path(ready["log_path"]).is_file()
    assert host.end() == 0


def test_only_frames_reach_stdout_whoever_prints(start: Start, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(PRINTER)
    host = start(PYTHONPATH=str(tmp_path))
    host.request(1, "session.hello", HELLO)
    assert [host.message()[0], host.message()[0]] == [2, 1]
    assert host.end() == 0
    for printed in (b"a library prints", b"below Python", b"a child prints"):
        assert printed in host.errors
        assert printed not in host.raw


@pytest.mark.parametrize(("theirs", "side"), [([2, 3], "host"), ([0, 0], "extension")])
def test_without_a_common_version_the_hint_names_the_side_to_update(host: Any, theirs: list[int], side: str) -> None:
    host.request(1, "session.hello", HELLO | {"protocol": theirs})
    error = host.answer(1)[2]
    assert error["code"] == "E_VERSION"
    assert side in error["hint"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ([0, 9, "no.such", {}], "E_UNKNOWN_METHOD"),
        ([0, 9, "page.put", {"job_id": "j"}], "E_BAD_REQUEST"),
        ([0, 9, "page.put", {"job_id": "none", "page_id": "p", "image": b"x"}], "E_NOT_FOUND"),
        ([0, 9, "job.status", {"job_id": "none"}], "E_NOT_FOUND"),
        ([0, 9, "reference.add", {"image": b"no picture"}], "E_IMAGE"),
        ([0, 9, "settings.set", {"no_such": 1}], "E_BAD_REQUEST"),
        ([0, 9, "job.cancel", []], "E_BAD_REQUEST"),
        ([0, 9, "job.cancel"], "E_BAD_REQUEST"),
        ([0, 9], "E_BAD_REQUEST"),
    ],
)
def test_a_request_that_fails_gets_its_error_and_the_session_lives_on(host: Any, message: list[Any], code: str) -> None:
    host.say(*host.cut(message))
    kind, msgid, error, result = host.answer(9)
    assert (kind, msgid, error["code"], result) == (1, 9, code, None)
    assert error["message"]
    host.request(10, "session.ping")
    assert set(host.answer(10)[3]) == {"uptime_s", "busy", "queue_depth"}


def payload(envelope: Any) -> bytes:
    if "$raw" in envelope:
        return str(envelope["$raw"]).encode()
    data = envelope.get("d")
    if isinstance(data, dict):
        pattern = bytes((31 * i + 7) & 255 for i in range(data["$base64_pattern"]))
        envelope = envelope | {"d": base64.b64encode(pattern).decode()}
    return json.dumps(envelope).encode()


def test_every_fault_case_is_told_and_the_session_lives_on(host: Any) -> None:
    for case in json.loads((VECTORS / "faults.json").read_text(encoding="utf-8")):
        for frame_id in (7, 8):  # begins anew what the case before has left dropped
            host.say(host.cut([0, 98, "session.ping", {}])[0] | {"id": frame_id})
            host.answer(98)
        host.acks.clear()
        host.say(*map(payload, case["envelopes"]))
        host._count = 10_000
        host.request(99, "session.ping")
        messages = []
        while (message := host.message())[:2] != [1, 99]:
            messages.append(message)
        told = [{"id": params["id"], "code": params["code"]} for kind, _, params, *_ in messages if kind == 2]
        assert told == case["faults"], case["name"]
        assert sum(message[:2] == [1, 7] for message in messages) == len(case["frames_hex"]), case["name"]
        assert [{"id": frame_id, "q": q} for frame_id, q in host.acks] == case["acks"], case["name"]


def test_interleaved_frames_are_both_answered(host: Any) -> None:
    one = host.cut([0, 1, "session.ping", {"pad": bytes(2000)}], 300)
    two = host.cut([0, 2, "session.ping", {"pad": bytes(3000)}], 300)
    for pair in zip(one, two, strict=False):
        host.say(*pair)
    host.say(*two[len(one) :])
    assert [host.message()[1], host.message()[1]] == [1, 2]
    assert sorted(host.acks) == [(1, q) for q in range(len(one))] + [(2, q) for q in range(len(two))]


def test_bytes_may_come_one_at_a_time(host: Any) -> None:
    host.acknowledging = True
    message = payload(host.cut([0, 1, "session.ping", {}])[0])
    for byte in len(message).to_bytes(4, sys.byteorder) + message:
        host.write(bytes([byte]))
    assert host.answer(1)[2] is None


@pytest.mark.parametrize("size", [0, 1_048_577, 2**31, 2**32 - 1])
def test_a_length_that_no_message_has_ends_the_host_with_status_2(host: Any, size: int) -> None:
    host.write(size.to_bytes(4, sys.byteorder))
    kind, method, params = host.message()
    assert (kind, method) == (2, "session.bye")
    assert str(size) in params["reason"]
    assert host.process.wait(20) == 2


def test_a_message_of_the_largest_length_is_heard(host: Any) -> None:
    envelope = payload(host.cut([0, 1, "session.ping", {}])[0])
    host.write((1_048_576).to_bytes(4, sys.byteorder) + envelope[:-1] + b" " * (1_048_576 - len(envelope)) + b"}")
    assert host.answer(1)[2] is None


def test_thousands_of_damaged_messages_end_in_no_hang(host: Any) -> None:
    chance = random.Random(20)
    host.acknowledging = True
    sent = [payload(envelope) for envelope in host.cut([0, 1, "session.ping", {}])]
    sent += [payload(envelope) for envelope in host.cut([0, 2, "job.status", {"job_id": "x" * 400}], 200)]
    sent += [b'{"t":"ack","id":1,"q":0}', payload(host.cut([2, "x.y", {"z": [1.5, None, b"ab"]}])[0])]
    for turn in range(3000):
        damaged = bytearray(chance.choice(sent))
        for _ in range(chance.randint(1, 4)):
            where = chance.randrange(len(damaged))
            kind = chance.randrange(3)
            if kind == 0:
                damaged[where] = chance.randrange(256)
            elif kind == 1 and len(damaged) > 1:
                del damaged[where : where + chance.randint(1, 9)]
            else:
                damaged[where:where] = chance.randbytes(3)
        host.say(bytes(damaged or b"{"))
        if turn % 100 == 99:
            host._count = 1_000_000 + turn
            host.request(3_000_000 + turn, "session.ping")
            assert host.answer(3_000_000 + turn)[2] is None
    assert host.end() == 0
    assert host.errors == b"", "a browser that does not read stderr would hold the host up"


def test_damaged_documents_in_sound_envelopes_end_in_no_hang(host: Any) -> None:
    chance = random.Random(21)
    page = {"page_id": "p", "index": 0, "sha256": "0" * 64}
    chapter = {"series": "s", "chapter": "c", "direction": "rtl", "pages": [page], "references": []}
    frames = [msgpack.packb([0, 5, "job.status", {}]), msgpack.packb([0, 6, "reference.list", {"series": "s"}])]
    frames += [msgpack.packb([0, 7, "pipeline.run_chapter", chapter])]
    for turn in range(1000):
        frame = bytearray(chance.choice(frames))
        for _ in range(chance.randint(1, 3)):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        data = base64.b64encode(frame).decode()
        host.say(host.cut([])[0] | {"z": len(frame), "c": crc32(frame), "d": data})
        if turn % 100 == 99:
            host.request(3_000_000 + turn, "session.ping")
            assert host.answer(3_000_000 + turn)[2] is None
    assert host.end() == 0


def test_the_input_may_end_at_any_byte(start: Start, tmp_path: Path) -> None:
    first = start()
    first.message()
    talk = [*first.cut([0, 1, "session.hello", HELLO]), *first.cut([0, 2, "reference.add", {"image": bytes(300_000)}])]
    stream = b"".join(len(part).to_bytes(4, sys.byteorder) + part for part in map(payload, talk))
    first.end()
    chance = random.Random(22)
    for cut in [0, 1, 3, 4, 5, len(stream) - 1, len(stream), *(chance.randrange(len(stream)) for _ in range(5))]:
        host = start()
        host.write(stream[:cut])
        assert host.end() == 0, cut
        host.stop()
    assert leftovers(tmp_path / "home") == []


def leftovers(home: Path) -> list[str]:
    """Return the files of a home that are neither a log, a lock, nor the database."""
    known = {".log", ".lock", ".sqlite3", ".sqlite3-wal", ".sqlite3-shm"}
    return [str(path) for path in home.rglob("*") if path.is_file() and path.suffix not in known]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_terminated_host_says_goodbye(host: Any) -> None:
    host.process.send_signal(signal.SIGTERM)
    assert host.message()[:2] == [2, "session.bye"]
    assert host.process.wait(20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="only POSIX tells a child that its parent is gone")
def test_a_host_whose_parent_is_gone_ends(tmp_path: Path, within: Callable[..., bool]) -> None:
    wire = os.pipe()
    parent = (
        "import subprocess, sys;"
        "host = subprocess.Popen([sys.argv[1]], stdin=int(sys.argv[2]), stdout=subprocess.PIPE);"
        "host.stdout.read(40); print(host.pid)"
    )
    command = [sys.executable, "-c", parent, str(Path(sys.executable).with_name("irodori-native-host")), str(wire[0])]
    home = os.environ | {"IRODORI_HOME": str(tmp_path / "home")}
    done = subprocess.run(command, pass_fds=[wire[0]], stdout=subprocess.PIPE, env=home, timeout=60, check=True)
    pid = int(done.stdout)

    def is_gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    assert within(is_gone, 20)
    for end in wire:
        os.close(end)


def test_a_host_that_nobody_reads_ends_cleanly(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("irodori-native-host"))]
    home = os.environ | {"IRODORI_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=home) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(20) == 0
