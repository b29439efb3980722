"""Captured pages on their way: on the disk, not in memory, and gone with the process.

Those that came to no result are kept for exports while there is room: they make way for pages that are on their way.
A disk that takes no page costs none: so many of them are held in memory as are at work, and whoever brings more waits.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

from host.errors import Busy, HashMismatch, IrodoriError
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_KEPT_BYTES_MAX: Final = 256 << 20
_HELD_BYTES_MAX: Final = 64 << 20
# An open file outlives its name: who empties the cache's folder takes no page that is on its way.
_OPEN_MAX: Final = 64


class Spool:
    """Encoded pages by their SHA-256, at most `limit_bytes` of them. Thread-safe."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self.limit_bytes = limit_bytes
        self._sizes: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._files: dict[str, IO[bytes]] = {}
        self._held: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._sizes

    def put(self, sha256: str, encoded: bytes) -> None:
        """Keep a page's bytes; those that are here already are left alone.

        Raises:
            HashMismatch: the bytes have another digest. Busy: the spool is full.
        """
        digest = hashlib.sha256(encoded).hexdigest()
        if digest != sha256:
            raise HashMismatch("The page's bytes have another SHA-256 than announced.", "Capture the page again.")
        with self._lock:
            if digest in self._sizes:
                return
            self._make_room(self.limit_bytes - len(encoded) - sum(self._sizes.values()))
            if sum(self._sizes.values()) + len(encoded) > self.limit_bytes:
                raise Busy("Too many captured pages are waiting.", "Wait until some pages are done.")
            if self._kept.pop(digest, None) is not None:
                self._remove(digest)
            self._write_or_hold(digest, encoded)
            self._sizes[digest] = len(encoded)

    def read(self, sha256: str) -> bytes | None:
        """Return a page's bytes, None where they are not here."""
        with self._lock:
            if not self.holds(sha256):
                return None
            if sha256 in self._held:
                return self._held[sha256]
            try:
                file = self._files.get(sha256)
                if file is None:
                    return self._path(sha256).read_bytes()
                file.seek(0)
                return file.read()
            except OSError:
                return None

    def drop(self, sha256: str) -> None:
        """Forget a page's bytes."""
        with self._lock:
            if self._sizes.pop(sha256, None) is not None:
                self._remove(sha256)

    def holds(self, sha256: str) -> bool:
        """Tell whether `read` would find a page's bytes."""
        return sha256 in self._sizes or sha256 in self._kept

    def keep(self, sha256: str, most: int = _KEPT_BYTES_MAX) -> None:
        """Let a page's bytes stay for `read` while all that is kept has at most `most` bytes.

        Other than for `read` they count as not here.
        """
        with self._lock:
            size = self._sizes.pop(sha256, None)
            if size is not None:
                file = self._files.pop(sha256, None)
                if file is not None:
                    file.close()
                self._kept[sha256] = size
                self._make_room(most)

    def close(self) -> None:
        """Let go of all files; their folder goes with the process."""
        with self._lock:
            for file in self._files.values():
                file.close()
            self._files.clear()

    def _make_room(self, most: int) -> None:
        """Forget the oldest kept pages until all together have at most this many bytes."""
        while self._kept and sum(self._kept.values()) > most:
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._remove(oldest)

    def _write_or_hold(self, digest: str, encoded: bytes) -> None:
        try:
            with disk_errors("a captured page"):
                self._write(digest, encoded)
        except IrodoriError as exc:
            for kept in [one for one in self._held if one in self._kept]:
                if self._held_bytes() + len(encoded) > _HELD_BYTES_MAX:
                    del self._kept[kept], self._held[kept]
            if self._held and self._held_bytes() + len(encoded) > _HELD_BYTES_MAX:
                raise Busy("Too many captured pages are waiting.", "Wait until some pages are done.") from exc
            if not self._held:
                _LOG.warning("pages on their way are held in memory: %s", exc)
            self._held[digest] = encoded

    def _held_bytes(self) -> int:
        return sum(map(len, self._held.values()))

    def _write(self, digest: str, encoded: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(digest)
        file = path.open("w+b")
        try:
            file.write(encoded)
            file.flush()
        except OSError:
            with suppress(OSError):
                file.close()
            path.unlink(missing_ok=True)
            raise
        if len(self._files) < _OPEN_MAX:
            self._files[digest] = file
        else:
            file.close()

    def _remove(self, digest: str) -> None:
        if self._held.pop(digest, None) is None:
            file = self._files.pop(digest, None)
            if file is not None:
                file.close()
            with suppress(OSError):
                self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._folder / digest
