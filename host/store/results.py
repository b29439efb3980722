"""Coloured pages and skip verdicts by key: an index in SQLite, the pictures in content-addressed files.

A picture is committed in this order: bytes to the disk under a temporary name, then, inside one write transaction,
the rename and the row. Eviction removes rows and files inside such a transaction too, so that two hosts never remove
what the other has just put.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from engines.geometry import Size
from host.messaging.messages import CacheStats
from host.store.blobs import Blob

if TYPE_CHECKING:
    import sqlite3

    from host.messaging.messages import SkipReason
    from host.store.blobs import BlobFolder
    from host.store.database import Database

_TOUCHES_PER_WRITE: Final = 64
_ORPHAN_AGE_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """A coloured page; or, where `skip_reason` is set, a page that stays as it is, with its source's bytes."""

    image: bytes
    mime: str
    size: Size
    runmeta: dict[str, Any] = field(default_factory=dict)
    skip_reason: SkipReason | None = None


class ResultStore:
    """Thread-safe, and safe beside another process on the same home."""

    def __init__(self, database: Database, blobs: BlobFolder, limit_bytes: int) -> None:
        self._database = database
        self._blobs = blobs
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._touched: dict[str, float] = {}
        self._counts = {"hits": 0, "misses": 0}

    def has(self, key: str) -> bool:
        """Tell whether `get` would find the key whole; nothing is counted, damaged entries are removed."""
        row = self._row(key)
        if row is None:
            return False
        if self._blobs.is_whole(row[0]):
            return True
        self._drop(key, row[0])
        return False

    def get(self, key: str, *, count: bool = True) -> StoredResult | None:
        """Return a result; None where there is none, or where its file is gone or damaged (then it is removed).

        count: whether this is a hit or a miss of the cache, and a use.
        """
        row = self._row(key)
        image = self._blobs.read(row[0]) if row else None
        if count:
            self._count(key, hit=image is not None)
        if row is None:
            return None
        blob, size, skip_reason, runmeta = row
        if image is None:
            self._drop(key, blob)
            return None
        return StoredResult(
            image=image, mime=blob.mime, size=size, runmeta=json.loads(runmeta), skip_reason=skip_reason
        )

    def put(self, key: str, result: StoredResult, *, replace: bool = True) -> bool:
        """Keep a result, then evict the least recently used ones over the limit; return whether it was kept.

        replace: False leaves a whole result that is there already, because what a page was first told it stays.

        Raises:
            DiskFull, Busy, InternalError: nothing was kept.
        """
        runmeta = json.dumps(result.runmeta, separators=(",", ":"))
        staged = self._blobs.stage(result.image, result.mime)
        now = time.time()
        values = (
            key, staged.blob.digest, result.mime, len(result.image), result.size.height, result.size.width,
            result.skip_reason, runmeta, now, now,
        )  # fmt: skip

        def insert(connection: sqlite3.Connection) -> bool:
            replaced = _find(connection, key)
            if not replace and replaced is not None and self._blobs.is_whole(replaced[0]):
                return False
            self._blobs.publish(staged)
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            if replaced is not None and replaced[0] != staged.blob:
                self._remove_unused(connection, replaced[0])
            self._evict(connection)
            return True

        try:
            self._flush()
            kept = self._database.write(insert)
        finally:
            self._blobs.discard(staged)
        if kept:
            self._blobs.sync(staged.blob)
        return kept

    def stats(self) -> CacheStats:
        """Return what the cache holds, and its hits and misses over all hosts of this home."""
        self._flush()

        def query(connection: sqlite3.Connection) -> CacheStats:
            entries, size = connection.execute("SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM results").fetchone()
            counts = dict(connection.execute("SELECT name, value FROM counters"))
            return CacheStats(entries=entries, bytes=size, limit_bytes=self.limit_bytes, **counts)

        return self._database.read(query)

    def clear(self, older_than_s: float | None = None) -> int:
        """Drop the results that were not used for this long (None: all of them); return how many."""
        self._flush()
        latest = time.time() - older_than_s if older_than_s is not None else float("inf")

        def delete(connection: sqlite3.Connection) -> int:
            query = "SELECT key, digest, mime FROM results WHERE last_used <= ?"
            rows = connection.execute(query, (latest,)).fetchall()
            for key, digest, mime in rows:
                self._delete(connection, key, Blob(digest, mime))
            connection.execute("DELETE FROM sources WHERE seen <= ?", (latest,))
            return len(rows)

        removed = self._database.write(delete)
        self.sweep()
        return removed

    def sweep(self) -> None:
        """Remove files that no row names: left by a process that died between rename and commit, or by a rebuild."""
        latest = time.time() - _ORPHAN_AGE_S

        def remove(connection: sqlite3.Connection) -> None:
            known = {digest for (digest,) in connection.execute("SELECT digest FROM results")}
            for digest, path in self._blobs.files():
                if digest not in known and path.stat().st_mtime < latest:
                    path.unlink(missing_ok=True)

        self._database.write(remove)

    def close(self) -> None:
        """Write down what was used and counted since the last time."""
        self._flush()

    def _row(self, key: str) -> tuple[Blob, Size, SkipReason | None, str] | None:
        return self._database.read(lambda connection: _find(connection, key))

    def _count(self, key: str, *, hit: bool) -> None:
        with self._lock:
            self._counts["hits" if hit else "misses"] += 1
            if hit:
                self._touched[key] = time.time()
            full = len(self._touched) >= _TOUCHES_PER_WRITE
        if full:
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            touched, self._touched = self._touched, {}
            counts, self._counts = self._counts, {"hits": 0, "misses": 0}
        if not touched and not any(counts.values()):
            return

        def update(connection: sqlite3.Connection) -> None:
            rows = [(used, key) for key, used in touched.items()]
            connection.executemany("UPDATE results SET last_used = MAX(last_used, ?) WHERE key = ?", rows)
            changes = [(value, name) for name, value in counts.items()]
            connection.executemany("UPDATE counters SET value = value + ? WHERE name = ?", changes)

        self._database.write(update)

    def _evict(self, connection: sqlite3.Connection) -> None:
        (total,) = connection.execute("SELECT COALESCE(SUM(bytes), 0) FROM results").fetchone()
        while total > self.limit_bytes:
            query = "SELECT key, digest, mime, bytes FROM results ORDER BY last_used, key LIMIT 1"
            key, digest, mime, size = connection.execute(query).fetchone()
            self._delete(connection, key, Blob(digest, mime))
            total -= size

    def _drop(self, key: str, blob: Blob) -> None:
        """Remove a damaged entry, unless another process has just made it anew."""

        def delete(connection: sqlite3.Connection) -> None:
            row = _find(connection, key)
            if row is not None and row[0] == blob and self._blobs.read(blob) is None:
                self._delete(connection, key, blob)
                self._blobs.remove(blob)

        self._database.write(delete)

    def _delete(self, connection: sqlite3.Connection, key: str, blob: Blob) -> None:
        connection.execute("DELETE FROM results WHERE key = ?", (key,))
        self._remove_unused(connection, blob)

    def _remove_unused(self, connection: sqlite3.Connection, blob: Blob) -> None:
        used = connection.execute("SELECT 1 FROM results WHERE digest = ? AND mime = ?", (blob.digest, blob.mime))
        if used.fetchone() is None:
            self._blobs.remove(blob)


def _find(connection: sqlite3.Connection, key: str) -> tuple[Blob, Size, SkipReason | None, str] | None:
    query = "SELECT digest, mime, height, width, skip_reason, runmeta FROM results WHERE key = ?"
    row = connection.execute(query, (key,)).fetchone()
    if row is None:
        return None
    digest, mime, height, width, skip_reason, runmeta = row
    return Blob(digest, mime), Size(height, width), skip_reason, runmeta
