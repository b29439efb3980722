"""Files beside the books that a reader names: read whole, within a bound, and never waited for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from host.errors import BadRequest

if TYPE_CHECKING:
    from pathlib import Path

_BYTES_MAX: Final = 64 << 20


def read_named(path: Path, what: str, hint: str, most: int = _BYTES_MAX) -> bytes:
    """Return a file's bytes. `what` names it in messages, `hint` says what to name instead.

    Raises:
        BadRequest: it is no file (pipes and devices may never end), over `most` bytes, or cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise BadRequest(f"{what} {path} is {'a folder' if path.is_dir() else 'no file'}.", hint)
        # Never waits, also where a pipe took the file's place meanwhile.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            content = file.read(most + 1)
    except OSError as exc:
        raise BadRequest(f"{what} {path} cannot be read: {exc.strerror}.", hint) from exc
    if len(content) > most:
        raise BadRequest(f"{what} {path} has over {most >> 20} MiB.", hint)
    return content
