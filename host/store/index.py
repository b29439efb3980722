"""Pictures by what is on them: the crops of references, or of a series' coloured pages, for one embedder.

A process holds the pictures in memory and reads the file again when another one has written it. Every change is
merged into what the file holds then, under a lock between processes, and replaces the file by one rename. A file that
is broken, or of another embedder, is begun anew: references are looked at again when they are next used, pages enter
as they are coloured.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from host.errors import IrodoriError
from host.locks import ProcessLock
from host.store.disk import disk_errors, sync_folder, write_synced
from host.store.index_file import IndexBroken, decode_index, encode_index
from host.store.vectors import MANY_ROWS, VectorIndex, make_vector_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from host.store.index_file import IndexedPicture
    from host.vocabulary import CropKind

_LOG = logging.getLogger(__name__)
_LOCK_TIMEOUT_S: Final = 2.0
_PICTURES_MAX: Final = 400
_NEAREST: Final = 1024
Stamp = tuple[int, int, int]


class PictureIndex:
    """Thread-safe, and safe beside another process on the same home."""

    def __init__(self, path: Path, embedder: tuple[str, str]) -> None:
        """Open the index of an embedder (id and version) at `path`; the file need not be there."""
        self._path = path
        self._embedder = embedder
        self._lock = threading.RLock()
        self._pictures: dict[str, IndexedPicture] = {}
        self._unsaved: dict[str, IndexedPicture | None] = {}
        self._stamp: Stamp | None = None
        self._vectors: VectorIndex | None = None
        self._kinds: list[CropKind] = []
        self._rows_of: dict[str, tuple[IndexedPicture, range]] = {}

    def picture(self, picture_id: str) -> IndexedPicture | None:
        """Return what is known of a picture."""
        with self._lock:
            self._refresh()
            return self._pictures.get(picture_id)

    def of_recipe(self, recipe: str) -> frozenset[str]:
        """Return the ids of the pages that were coloured so."""
        with self._lock:
            self._refresh()
            return frozenset(one.id for one in self._pictures.values() if one.recipe == recipe)

    def add(self, picture: IndexedPicture) -> None:
        """Take in a picture, or take its place, and write the file; the oldest go where there are very many."""
        self._change({picture.id: picture})

    def remove(self, picture_ids: Iterable[str]) -> None:
        """Forget pictures and write the file."""
        self._change(dict.fromkeys(picture_ids))

    def likeness(
        self, vectors: NDArray[np.float32], kinds: tuple[CropKind, ...] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return for every picture how like its likest crop is to each of `(m, width)` vectors, `(m,)`, at least -1.

        kinds: of each vector; only crops of its kind are compared with it, -1 where there are none. None compares with
        all.
        """
        with self._lock:
            self._refresh()
            if self._vectors is None or not len(self._vectors):
                return {}
            by_row = self._by_row(self._vectors, np.asarray(vectors, np.float32))
            if kinds is not None:
                same = np.array(kinds)[:, None] == np.array(self._kinds)[None]
                by_row = np.where(same, by_row, np.float32(-1))
            held = ((one, rows) for one, (_, rows) in self._rows_of.items() if rows)
            return {one: by_row[:, rows.start : rows.stop].max(1) for one, rows in held}

    def _by_row(self, index: VectorIndex, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the likeness of all rows, `(m, rows)`; far ones count as the least of the near."""
        scores, ids = index.search(vectors, min(len(index), _NEAREST))
        by_row = np.broadcast_to(scores[:, -1:], (len(vectors), len(self._kinds))).copy()
        np.put_along_axis(by_row, ids, scores, 1)
        return by_row

    def _change(self, changes: Mapping[str, IndexedPicture | None]) -> None:
        with self._lock:
            self._unsaved.update(changes)
            try:
                self._save()
            except (IrodoriError, OSError) as exc:
                # It can be made again; until it can be written, this process knows it all the same.
                _LOG.warning("%s is not written: %s", self._path.name, exc)
                self._apply(self._unsaved)

    def _save(self) -> None:
        with disk_errors("the index of pictures"):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            lock = ProcessLock(self._path.with_suffix(".lock"))
            try:
                _wait_for(lock)
                self._refresh()
                self._apply(self._unsaved)
                temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}-{secrets.token_hex(4)}")
                write_synced(temporary, encode_index(self._pictures, self._embedder, self._width()))
                temporary.replace(self._path)
                sync_folder(self._path.parent)
                self._stamp = _stamp(self._path)
            finally:
                lock.close()
        self._unsaved.clear()

    def _refresh(self) -> None:
        """Read the file if another process has written it since."""
        stamp = _stamp(self._path)
        if stamp is None or stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            pictures, _ = decode_index(self._path.read_bytes(), self._embedder)
        except (OSError, IndexBroken) as exc:
            _LOG.warning("%s is begun anew: %s", self._path.name, exc)
            pictures = {}
        self._pictures = pictures
        self._vectors = None
        self._apply(self._unsaved)

    def _apply(self, changes: Mapping[str, IndexedPicture | None]) -> None:
        for picture_id, picture in changes.items():
            self._pictures.pop(picture_id, None)
            if picture is not None:
                self._pictures[picture_id] = picture
        for picture_id in list(self._pictures)[: max(0, len(self._pictures) - _PICTURES_MAX)]:
            del self._pictures[picture_id]
        self._rebuild()

    def _rebuild(self) -> None:
        """Bring the vectors' index to what the pictures are; what is there already stays."""
        rows = sum(len(one.crops) for one in self._pictures.values())
        if self._vectors is not None and len(self._vectors) < MANY_ROWS <= rows:
            self._vectors = None
        if self._vectors is None:
            self._kinds, self._rows_of = [], {}
            if not self._pictures:  # nobody knows yet how long vectors are
                return
            self._vectors = make_vector_index(self._width(), rows)
        for picture_id, (picture, own) in list(self._rows_of.items()):
            if self._pictures.get(picture_id) is not picture:
                self._vectors.remove(np.arange(own.start, own.stop, dtype=np.int64))
                del self._rows_of[picture_id]
        for picture_id, picture in self._pictures.items():
            if picture_id not in self._rows_of:
                self._append(self._vectors, picture)

    def _append(self, index: VectorIndex, picture: IndexedPicture) -> None:
        rows = range(len(self._kinds), len(self._kinds) + len(picture.crops))
        self._kinds += [crop.kind for crop in picture.crops]
        self._rows_of[picture.id] = picture, rows
        if picture.crops:
            vectors = np.frombuffer(picture.vectors, "<f4").reshape(len(rows), -1)
            index.add(np.arange(rows.start, rows.stop, dtype=np.int64), np.asarray(vectors, np.float32))

    def _width(self) -> int:
        found = (len(one.vectors) // (4 * len(one.crops)) for one in self._pictures.values() if one.crops)
        return next(found, 1)


def _wait_for(lock: ProcessLock) -> None:
    deadline = time.monotonic() + _LOCK_TIMEOUT_S
    while not lock.try_acquire():
        if time.monotonic() > deadline:
            raise TimeoutError("another host holds it")
        time.sleep(0.005)


def _stamp(path: Path) -> Stamp | None:
    with suppress(OSError):
        status = path.stat()
        return status.st_mtime_ns, status.st_size, status.st_ino
    return None
