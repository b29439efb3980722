"""Whole messages over pipes, and the claim on stdio in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from host.messaging.stdio import MESSAGE_BYTES, BadLength, Pipes

if TYPE_CHECKING:
    from collections.abc import Iterator

CLAIMED = """
import os, subprocess, sys
from host.messaging.stdio import claim_stdio
pipes = claim_stdio()
{body}
pipes.write_message(b'{{"said":"it"}}')
"""


@pytest.fixture
def wire() -> Iterator[tuple[Pipes, int, int]]:
    """Pipes, the end that feeds them and the end that hears them."""
    source, feeding = os.pipe()
    hearing, sink = os.pipe()
    yield Pipes(source, sink), feeding, hearing
    for end in (source, feeding, hearing, sink):
        try:
            os.close(end)
        except OSError:
            continue


def prefix(size: int) -> bytes:
    return size.to_bytes(4, sys.byteorder)


def test_a_message_may_come_byte_by_byte(wire: tuple[Pipes, int, int]) -> None:
    pipes, feeding, _ = wire

    def feed() -> None:
        for byte in prefix(5) + b"hello":
            os.write(feeding, bytes([byte]))

    threading.Thread(target=feed).start()
    assert pipes.read_message() == b"hello"


def test_the_largest_message_passes_both_ways(wire: tuple[Pipes, int, int]) -> None:
    pipes, feeding, hearing = wire
    payload = os.urandom(MESSAGE_BYTES)
    threading.Thread(target=Pipes(hearing, feeding).write_message, args=(payload,)).start()
    assert pipes.read_message() == payload
    threading.Thread(target=pipes.write_message, args=(payload,)).start()
    assert Pipes(hearing, feeding).read_message() == payload


@pytest.mark.parametrize("size", [0, MESSAGE_BYTES + 1, 2**32 - 1])
def test_a_bad_length_is_refused_before_anything_is_read(wire: tuple[Pipes, int, int], size: int) -> None:
    pipes, feeding, _ = wire
    os.write(feeding, prefix(size))
    with pytest.raises(BadLength):
        pipes.read_message()


@pytest.mark.parametrize("size", [0, MESSAGE_BYTES + 1])
def test_a_message_that_a_browser_would_not_take_is_not_written(wire: tuple[Pipes, int, int], size: int) -> None:
    with pytest.raises(BadLength):
        wire[0].write_message(bytes(size))


@pytest.mark.parametrize("cut", range(9))
def test_the_input_may_end_at_any_byte(wire: tuple[Pipes, int, int], cut: int) -> None:
    pipes, feeding, _ = wire
    os.write(feeding, (prefix(5) + b"hello")[:cut])
    os.close(feeding)
    with pytest.raises(EOFError):
        pipes.read_message()


@pytest.mark.parametrize(
    "body",
    [
        "print('a library prints')",
        "sys.__stdout__.write('past the stand-in'); sys.__stdout__.flush()",
        "os.write(1, b'below Python')",
        "subprocess.run([sys.executable, '-c', 'print(input())'])",
        "os.close(2); print('nobody hears'); sys.stderr.write('or this')",
    ],
    ids=["print", "sys.__stdout__", "descriptor 1", "a child that reads and prints", "stderr gone"],
)
def test_only_messages_reach_stdout(body: str) -> None:
    command = [sys.executable, "-c", CLAIMED.format(body=body)]
    done = subprocess.run(command, input=b"what the host must read", capture_output=True, timeout=60, check=False)
    assert done.stdout == prefix(13) + b'{"said":"it"}', done.stderr


def test_a_stderr_that_was_closed_from_the_start_is_replaced() -> None:
    body = "print('nobody hears'); sys.stderr.write('or this')"
    script = f'exec "{sys.executable}" -c "$0" 2>&-'
    done = subprocess.run(["sh", "-c", script, CLAIMED.format(body=body)], capture_output=True, timeout=60, check=False)
    assert done.stdout == prefix(13) + b'{"said":"it"}'
    assert done.returncode == 0


def test_the_wire_is_not_inherited_by_children() -> None:
    body = "assert not any(os.get_inheritable(end) for end in (pipes._source, pipes._sink))"
    done = subprocess.run(
        [sys.executable, "-c", CLAIMED.format(body=body)], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
