"""Bring a model's files here: resumed where it broke off, checked against the hub's digests, recorded for later.

The first pull writes down what came (`irodori-pull.json`: the exact revision, sizes and SHA-256); `verify` compares
with that for ever after. A file appears under its name when it is whole. Files that could run code are not
brought at all.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.digests import remember_digest
from models.hub import HubError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.catalog import ModelCard
    from models.hub import Hub, HubFile

RECORD: Final = "irodori-pull.json"
# The commit that a pull began with, so that what is resumed is of one piece.
_STARTED: Final = ".irodori-pull-started.json"
_PART: Final = ".part"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_WANTED: Final = frozenset({".safetensors", ".gguf", ".onnx", ".json", ".txt", ".jinja", ".model", ".spm"})
_LEGAL: Final = ("license", "licence", "notice")
_SPARE_BYTES: Final = 256 << 20
_BLOCK: Final = 1 << 22
# Of a file whose size the hub does not tell: only small texts are such.
_UNANNOUNCED_MAX: Final = 64 << 20


class NotEnoughSpace(OSError):
    """The disk does not hold the model."""


class PullCancelled(Exception):
    """The caller asked to stop; what came so far is kept for the next time."""


@dataclass(frozen=True, slots=True)
class PulledFile:
    """A file as it came."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a model's folder holds, as recorded at the first pull."""

    repository: str
    revision: str
    files: tuple[PulledFile, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes that are here, of all."""

    done: int
    total: int


def wanted(files: Sequence[HubFile], allow: Sequence[str]) -> tuple[HubFile, ...]:
    """Return the files to bring: data and configuration, never pickles or code; only those that a card allows.

    allow: glob patterns; empty for all. Weights of other frameworks and precisions are a card's business to leave out.
    """
    return tuple(
        one
        for one in files
        if (Path(one.name).suffix in _WANTED or Path(one.name).name.lower().startswith(_LEGAL))
        and (not allow or any(fnmatchcase(one.name, glob) for glob in allow))
    )


def pull(card: ModelCard, folder: Path, hub: Hub, report: Callable[[Progress], None]) -> Pulled:
    """Bring all files of a card into a folder. `report` may raise `PullCancelled`.

    Raises:
        HubError: not reached, refused, or what came is not what the hub announced. NotEnoughSpace, PullCancelled,
        OSError
    """
    ahead = look_ahead(card, folder, hub)
    revision, files, total, missing = ahead.revision, ahead.files, ahead.total, ahead.missing
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if missing + _SPARE_BYTES > free:
        raise NotEnoughSpace(f"{card.label} needs {_gib(missing)} more, {_gib(free)} are free in {folder}")
    known = {one.name: one for one in (recorded(folder) or Pulled("", "", ())).files}
    (folder / _STARTED).write_text(json.dumps({"repository": card.repository, "revision": revision}), "utf-8")
    count = _Count(total, report)
    count.add(0)
    pulled = []
    for one in files:
        before = known.get(one.name)
        same = before is not None and one.sha256 in ("", before.sha256) and _size(folder / one.name) == before.bytes
        if before is not None and same:
            count.add(one.bytes)
            pulled.append(before)
        else:
            pulled.append(_bring(card, revision, one, folder, hub, count))
    record = _record(folder, Pulled(card.repository, revision, tuple(pulled)))
    (folder / _STARTED).unlink(missing_ok=True)
    return record


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a pull would bring. revision: the commit. total, missing: bytes of all files, and of those not here yet."""

    revision: str
    files: tuple[HubFile, ...]
    total: int
    missing: int


def look_ahead(card: ModelCard, folder: Path, hub: Hub) -> Ahead:
    """Return what a pull into a folder would bring; what was begun or brought once keeps its commit.

    Raises:
        HubError: not reached, refused, of another commit, or nothing there can be used.
    """
    asked = _pinned(card, folder) or card.revision or "main"
    revision, files = hub.files(card.repository, asked)
    if _COMMIT.fullmatch(asked) and revision != asked:
        raise HubError(
            f"the hub gives another commit of {card.repository} than {asked[:10]}",
            "Use the hub itself.",
            told=("hub_differs", card.repository),
        )
    files = tuple(_pinned_file(card, one) for one in wanted(files, card.allow))
    if not files:
        raise HubError(f"{card.repository} has no files that can be used", told=("hub_lacks",))
    total = sum(one.bytes for one in files)
    return Ahead(revision, tuple(files), total, total - sum(_here(folder, one) for one in files))


def _pinned_file(card: ModelCard, file: HubFile) -> HubFile:
    """Return a file with the digest that its card knows, which a hub's own has to be."""
    known = card.digests.get(file.name, file.sha256)
    if file.sha256 and file.sha256 != known:
        raise HubError(
            f"{file.name} of {card.repository} is another file than the catalogue knows",
            "Use the hub itself, or wait for a catalogue that knows it.",
            told=("hub_differs", file.name),
        )
    return replace(file, sha256=known)


def _pinned(card: ModelCard, folder: Path) -> str:
    """Return the commit that a folder's files are of; empty where there is none or it is another repository's."""
    for name in (_STARTED, RECORD):
        try:
            facts = json.loads((folder / name).read_text("utf-8"))
            if facts["repository"] == card.repository:
                return str(facts["revision"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return ""


def verify(folder: Path, report: Callable[[Progress], None]) -> list[str]:
    """Return the names of files that are missing or not what the record says; empty: all is well.

    Raises:
        FileNotFoundError: nothing was recorded here.
    """
    record = recorded(folder)
    if record is None:
        raise FileNotFoundError(f"{folder} holds no {RECORD}")
    count = _Count(sum(one.bytes for one in record.files), report)
    return [one.name for one in record.files if not _is_whole(folder / one.name, one, count)]


def recorded(folder: Path) -> Pulled | None:
    """Return what was pulled into a folder, None where nothing was or the record is damaged."""
    try:
        facts = json.loads((folder / RECORD).read_text("utf-8"))
        files = tuple(PulledFile(str(one["name"]), int(one["bytes"]), str(one["sha256"])) for one in facts["files"])
        return Pulled(str(facts["repository"]), str(facts["revision"]), files)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def remove(folder: Path) -> int:
    """Remove what was pulled, and what is left of broken pulls; return the bytes. Files of the reader's own stay.

    Raises:
        FileNotFoundError: nothing was pulled here. OSError
    """
    record = recorded(folder)
    parts = list(folder.rglob(f"*{_PART}"))
    if record is None and not parts:
        raise FileNotFoundError(f"nothing was pulled into {folder}")
    names = [folder / one.name for one in record.files] if record else []
    gone = sum(_size(path) for path in (*names, *parts))
    for path in (*names, *parts, folder / RECORD, folder / _STARTED):
        path.unlink(missing_ok=True)
    for place in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(place.iterdir()):
            place.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()
    return gone


class _Count:
    def __init__(self, total: int, report: Callable[[Progress], None]) -> None:
        self._done, self._total, self._report = 0, total, report

    def add(self, size: int) -> None:
        self._done += size
        self._report(Progress(self._done, max(self._total, self._done)))


def _bring(card: ModelCard, revision: str, file: HubFile, folder: Path, hub: Hub, count: _Count) -> PulledFile:
    target = folder / file.name
    part = target.with_name(target.name + _PART)
    target.parent.mkdir(parents=True, exist_ok=True)
    offset = _size(part)
    if offset > file.bytes > 0:
        part.unlink()
        offset = 0
    if file.bytes and offset == file.bytes:
        count.add(offset)
    else:
        _download(card, revision, file, part, offset, hub, count)
    sha256, size = _digest(part)
    if (file.bytes and size != file.bytes) or (file.sha256 and sha256 != file.sha256):
        # Cut off is cut off: the next pull goes on. Whole but different is no good to anyone.
        if size >= file.bytes:
            part.unlink()
        raise HubError(f"{file.name} did not come whole", "Pull again.", told=("hub_cut_short", file.name))
    part.replace(target)
    remember_digest(target, sha256)
    return PulledFile(file.name, size, sha256)


def _download(card: ModelCard, revision: str, file: HubFile, part: Path, offset: int, hub: Hub, count: _Count) -> None:
    with (
        hub.download(card.repository, revision, file.name, offset) as (start, blocks),
        part.open("r+b" if start else "wb") as stream,
    ):
        stream.seek(start)
        stream.truncate()
        count.add(start)
        left = (file.bytes or _UNANNOUNCED_MAX) - start
        for block in blocks:
            left -= len(block)
            if left < 0:
                raise HubError(
                    f"{file.name} is larger than the hub announced", "Try again later.", told=("hub_differs", file.name)
                )
            stream.write(block)
            count.add(len(block))


def _record(folder: Path, pulled: Pulled) -> Pulled:
    temporary = folder / f".{RECORD}"
    temporary.write_text(json.dumps(asdict(pulled), indent=1), "utf-8")
    temporary.replace(folder / RECORD)
    return pulled


def _here(folder: Path, file: HubFile) -> int:
    whole, part = _size(folder / file.name), _size(folder / f"{file.name}{_PART}")
    return file.bytes if whole == file.bytes else min(part, file.bytes)


def _is_whole(path: Path, file: PulledFile, count: _Count) -> bool:
    if _size(path) != file.bytes:
        count.add(file.bytes)
        return False
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            count.add(len(block))
    return digest.hexdigest() == file.sha256


def _digest(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
