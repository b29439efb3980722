"""What becomes of a picture whose decoding process ends otherwise than with its pixels."""

from __future__ import annotations

import os
import signal
from types import SimpleNamespace

import pytest

from host.errors import ImageInvalid, InternalError, OutOfMemory
from host.pipeline.decode import process


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-signal.SIGXCPU, "takes too long to decode"),
        (-signal.SIGSEGV, "its decoder gave up"),
        (1, "its decoder gave up"),
    ],
)
def test_a_process_that_died_says_whose_fault_it_was(status: int, words: str, caplog: pytest.LogCaptureFixture) -> None:
    assert words in process._died(status).message
    assert str(int(status)) in caplog.text


def test_what_it_tells_is_raised_as_it_was() -> None:
    header = SimpleNamespace(format="TIFF", width=7, height=9)
    told = {"code": ImageInvalid.code, "message": "a", "hint": "b"}
    found = process._told(told, header)  # type: ignore[arg-type]
    assert (type(found), found.message, found.hint) == (ImageInvalid, "a", "b")
    assert type(process._told(told | {"code": "E_X"}, header)) is InternalError  # type: ignore[arg-type]
    full = process._told(told | {"code": OutOfMemory.code}, header)  # type: ignore[arg-type]
    assert "too large for its kind (TIFF, 7 x 9)" in full.message
    assert full.hint == "Save it as PNG, JPEG or WebP, or split it."


def test_the_memory_of_a_process_is_known_where_the_system_tells() -> None:
    assert process._held_bytes(os.getpid()) % os.sysconf("SC_PAGE_SIZE") == 0
    assert process._held_bytes(2**22 + 1) == 0


def test_a_result_without_a_whole_head_is_none() -> None:
    with process._nameless() as file:
        assert process._read_head(file) is None
        file.write(b"\0" * process.HEAD_BYTES)
        assert process._read_head(file) is None
        file.seek(0)
        file.write(b'{"a": 1}'.ljust(process.HEAD_BYTES, b"\0"))
        assert process._read_head(file) == {"a": 1}
