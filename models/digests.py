"""SHA-256 of weights files, counted once and kept beside the models by path, size and time of change."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from models.store import WeightsMissing, models_folder

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK: Final = 1 << 22
_KNOWN_MAX: Final = 500


def file_digest(path: Path) -> str:
    """Return a file's SHA-256 in lower-case hex; gigabytes take their time, but only once.

    Raises:
        WeightsMissing: the file is not there or cannot be read.
    """
    try:
        key = _key(path)
        known = _known().get(key)
        return known or remember_digest(path, _counted(path))
    except OSError as exc:
        raise WeightsMissing(f"{path.name} cannot be read: {exc.strerror}") from exc


def remember_digest(path: Path, sha256: str) -> str:
    """Keep a digest that was counted while the file was written, and return it.

    Raises:
        OSError: the file is not there.
    """
    known = {**_known(), _key(path): sha256}
    while len(known) > _KNOWN_MAX:
        del known[next(iter(known))]
    memory = _memory()
    temporary = memory.with_name(f".{memory.name}.{os.getpid()}")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(known, indent=0), "utf-8")
        temporary.replace(memory)
    except OSError:  # a folder that cannot be written costs time, nothing else
        with suppress(OSError):
            temporary.unlink()
    return sha256


def _counted(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _key(path: Path) -> str:
    facts = path.stat()
    return f"{path.absolute()} {facts.st_size} {facts.st_mtime_ns}"


def _memory() -> Path:
    return models_folder() / "digests.json"


def _known() -> dict[str, str]:
    try:
        known = json.loads(_memory().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {str(key): value for key, value in known.items() if isinstance(value, str) and len(value) == 64}
