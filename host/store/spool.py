"""Captured pages on their way: on the disk, not in memory, and gone with the process.

Those that came to no result are kept for exports while there is room: they make way for pages that are on their way.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Final

from host.errors import Busy, HashMismatch
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

_KEPT_BYTES_MAX: Final = 256 << 20


class Spool:
    """Encoded pages by their SHA-256, at most `limit_bytes` of them. Thread-safe."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self.limit_bytes = limit_bytes
        self._sizes: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._sizes

    def put(self, sha256: str, encoded: bytes) -> None:
        """Keep a page's bytes; those that are here already are left alone.

        Raises:
            HashMismatch: the bytes have another digest. Busy: the spool is full. DiskFull, InternalError
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
            with disk_errors("a captured page"):
                self._write(self._path(digest), encoded)
            self._kept.pop(digest, None)
            self._sizes[digest] = len(encoded)

    def read(self, sha256: str) -> bytes | None:
        """Return a page's bytes, None where they are not here."""
        if sha256 not in self._sizes and sha256 not in self._kept:
            return None
        try:
            return self._path(sha256).read_bytes()
        except OSError:
            return None

    def drop(self, sha256: str) -> None:
        """Forget a page's bytes."""
        with self._lock:
            if self._sizes.pop(sha256, None) is not None:
                self._path(sha256).unlink(missing_ok=True)

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
                self._kept[sha256] = size
                self._make_room(most)

    def _make_room(self, most: int) -> None:
        """Forget the oldest kept pages until all together have at most this many bytes."""
        while self._kept and sum(self._kept.values()) > most:
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            self._path(oldest).unlink(missing_ok=True)

    @staticmethod
    def _write(path: Path, encoded: bytes) -> None:
        try:
            path.write_bytes(encoded)
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def _path(self, digest: str) -> Path:
        return self._folder / digest
