"""Claim the process's stdio for the wire; read and write whole messages.

Runs before anything that might print, so it imports nothing that is not already loaded at start-up.
Layer 1 of the wire: a 4-byte length in native byte order, then that many bytes of JSON.
"""

from __future__ import annotations

import io
import os
import sys

MESSAGE_BYTES = 1_048_576
_READ_BYTES = 262_144


class BadLength(Exception):
    """A length prefix of 0 or over the limit: what follows cannot be told apart any more."""


class Pipes:
    """The two ends of the wire, as file descriptors.

    Args:
        source: read from here. sink: write to here. Both are blocking; `Pipes` never closes them.
    """

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink

    def read_message(self) -> bytes:
        """Return the next message, waiting for it.

        Raises:
            EOFError: the input ended, at whichever byte. BadLength: before anything is allocated. OSError.
        """
        size = int.from_bytes(self._read_exactly(4), sys.byteorder)
        if not 0 < size <= MESSAGE_BYTES:
            raise BadLength(f"a length prefix of {size} bytes; 1 to {MESSAGE_BYTES} are allowed")
        return self._read_exactly(size)

    def write_message(self, payload: bytes) -> None:
        """Write one message whole.

        Raises:
            BadLength: over what a browser takes. OSError: the peer is gone.
        """
        if not 0 < len(payload) <= MESSAGE_BYTES:
            raise BadLength(f"a message of {len(payload)} bytes; 1 to {MESSAGE_BYTES} are allowed")
        rest = memoryview(len(payload).to_bytes(4, sys.byteorder) + payload)
        while rest:
            rest = rest[os.write(self._sink, rest) :]

    def _read_exactly(self, size: int) -> bytes:
        read = bytearray()
        while len(read) < size:
            part = os.read(self._source, min(size - len(read), _READ_BYTES))
            if not part:
                raise EOFError
            read += part
        return bytes(read)


def claim_stdio() -> Pipes:
    """Take fd 0 and fd 1 for the wire and leave harmless stand-ins in their places.

    Afterwards fd 0 reads nothing, fd 1 is stderr, `print` goes to stderr, and no child process inherits the wire.

    Raises:
        OSError: stdin or stdout is closed.
    """
    _ensure_stderr()
    source, sink = os.dup(0), os.dup(1)
    _set_binary(source, sink)
    _point(0, os.devnull, os.O_RDONLY)
    os.dup2(2, 1)
    sys.stderr = io.TextIOWrapper(_Stderr(2, "w", closefd=False), errors="backslashreplace", write_through=True)
    sys.stdout = sys.stderr
    return Pipes(source, sink)


class _Stderr(io.FileIO):
    """A stderr that nobody may be reading: what cannot be written is lost, and the library that prints goes on."""

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _ensure_stderr() -> None:
    try:
        os.fstat(2)
    except OSError:
        _point(2, os.devnull, os.O_WRONLY)


def _point(descriptor: int, path: str, flags: int) -> None:
    opened = os.open(path, flags)
    if opened == descriptor:
        os.set_inheritable(descriptor, True)
        return
    os.dup2(opened, descriptor)
    os.close(opened)


if sys.platform == "win32":

    def _set_binary(*descriptors: int) -> None:
        import msvcrt

        for descriptor in descriptors:
            msvcrt.setmode(descriptor, os.O_BINARY)

else:

    def _set_binary(*descriptors: int) -> None:
        pass  # descriptors do not translate line ends here
