"""Coloured pages and skip verdicts by key: an index in SQLite, the pictures in content-addressed files.

A picture is committed in this order: bytes to the disk under a temporary name, then, inside one write transaction,
the rename and the row. Eviction removes rows and files inside such a transaction too, so that two hosts never remove
what the other has just put.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from host.store.disk import NotNeeded
from host.store.result_rows import blob_of, counted_bytes, find_row, is_digest, reading_version_of, total_bytes
from host.store_records import CacheStats

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from engines.geometry import Size
    from host.store.blobs import Blob, BlobFolder
    from host.store.database import Database
    from host.store.result_rows import ResultRow
    from host.vocabulary import SkipReason

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

    @property
    def reading_version(self) -> str:
        """Which rules told that the page is to be coloured, or not; empty where that was not noted yet."""
        return reading_version_of(self.runmeta)


class ResultStore:
    """Thread-safe, and safe beside another process on the same home."""

    def __init__(self, database: Database, blobs: BlobFolder, limit_bytes: int) -> None:
        self._database = database
        self._blobs = blobs
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._touched: dict[str, float] = {}
        self._counts = {"hits": 0, "misses": 0}

    def has(self, key: str, reading_version: str | None = None) -> bool:
        """Tell whether `get` would find the key whole; nothing is counted, damaged entries are removed.

        reading_version: of the rules that its page must have been read by, None for any.
        """
        row = self._row(key)
        if row is None or reading_version not in (None, reading_version_of(row.runmeta)):
            return False
        if self._blobs.is_whole(row.blob):
            return True
        self._drop(key, row.blob)
        return False

    def get(self, key: str, *, count: bool = True) -> StoredResult | None:
        """Return a result; None where there is none, or where its file is gone or damaged (then it is removed).

        count: whether this is a hit or a miss of the cache, and a use.
        """
        row = self._row(key)
        image = self._blobs.read(row.blob) if row else None
        if count:
            self._count(key, hit=image is not None)
        if row is None:
            return None
        if image is None:
            self._drop(key, row.blob)
            return None
        return StoredResult(
            image=image, mime=row.blob.mime, size=row.size, runmeta=row.runmeta, skip_reason=row.skip_reason
        )

    def put(self, key: str, result: StoredResult, *, replace: bool = True) -> bool:
        """Keep a result, then evict the least recently used ones over the limit; return whether it was kept.

        replace: False leaves a whole result that is there already, because what a page was first told it stays.

        Raises:
            DiskFull, Busy, InternalError: nothing was kept.
        """
        if len(result.image) > self.limit_bytes:
            return False
        runmeta = json.dumps(result.runmeta, separators=(",", ":"))
        staged = self._blobs.stage(result.image, result.mime)
        now = time.time()
        values = (
            key, staged.blob.digest, result.mime, len(result.image), result.size.height, result.size.width,
            result.skip_reason, runmeta, now, now,
        )  # fmt: skip

        def insert(connection: sqlite3.Connection) -> bool:
            replaced = find_row(connection, key)
            if not replace and replaced is not None and self._blobs.is_whole(replaced.blob):
                return False
            self._blobs.publish(staged)
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            if replaced is not None and replaced.blob != staged.blob:
                self._remove_unused(connection, replaced.blob)
            self._evict(connection, key, now)
            return True

        try:
            self._flush()
            kept = self._database.write(insert)
        finally:
            self._blobs.discard(staged)
        if kept:
            self._blobs.sync(staged.blob)
        return kept

    def directions(self, keys: Iterable[str]) -> dict[str, str]:
        """Return which way the coloured pages of these keys were read (`rtl`, `ltr`), where their records tell."""
        rows = ((key, self._row(key)) for key in keys)
        read = {key: row.runmeta.get("read_direction") for key, row in rows if row is not None}
        return {key: direction for key, direction in read.items() if direction in ("rtl", "ltr")}

    def latest_keys(self) -> dict[str, str]:
        """Return, by the SHA-256 of a page's pixels, the key of the coloured picture that was used last."""
        self._flush()
        query = (
            "SELECT json_extract(runmeta, '$.pixels_sha256'), key FROM results"
            " WHERE skip_reason IS NULL AND json_valid(runmeta) ORDER BY last_used"
        )
        rows = self._database.read(lambda connection: connection.execute(query).fetchall())
        return {pixels: key for pixels, key in rows if is_digest(pixels)}

    def stats(self) -> CacheStats:
        """Return what the cache holds, and its hits and misses over all hosts of this home."""
        self._flush()

        def query(connection: sqlite3.Connection) -> CacheStats:
            (entries,) = connection.execute("SELECT COUNT(*) FROM results").fetchone()
            query = "SELECT name, value FROM counters WHERE typeof(value) = 'integer' AND value >= 0"
            counts = dict(connection.execute(query).fetchall())
            return CacheStats(
                entries=entries,
                bytes=total_bytes(connection),
                limit_bytes=self.limit_bytes,
                hits=counts.get("hits", 0),
                misses=counts.get("misses", 0),
            )

        return self._database.read(query)

    def clear(self, older_than_s: float | None = None) -> int:
        """Drop the results that were not used for this long (None: all of them); return how many."""
        self._flush()
        latest = time.time() - older_than_s if older_than_s is not None else None

        def delete(connection: sqlite3.Connection) -> int:
            old = "" if latest is None else " WHERE last_used <= :latest"
            query = f"DELETE FROM results{old} RETURNING digest, mime"  # noqa: S608 - one of two texts of ours
            rows = connection.execute(query, {"latest": latest}).fetchall()
            for blob in filter(None, (blob_of(*row) for row in rows)):
                self._remove_unused(connection, blob)
            for table in ("sources", "sightings"):
                query = f"DELETE FROM {table} WHERE :latest IS NULL OR seen <= :latest"  # noqa: S608 - ours
                connection.execute(query, {"latest": latest})
            return len(rows)

        removed = self._database.write(delete)
        self.sweep()
        return removed

    def remove(self, keys: Iterable[str]) -> int:
        """Drop these results; return how many there were."""
        wanted = list(keys)

        def delete(connection: sqlite3.Connection) -> int:
            query = "DELETE FROM results WHERE key = ? RETURNING digest, mime"
            rows = [row for key in wanted for row in connection.execute(query, (key,)).fetchall()]
            for blob in filter(None, (blob_of(*row) for row in rows)):
                self._remove_unused(connection, blob)
            return len(rows)

        return self._database.write(delete)

    def sweep(self) -> None:
        """Remove files that no row names: left by a process that died between rename and commit, or by a rebuild."""
        latest = time.time() - _ORPHAN_AGE_S

        def remove(connection: sqlite3.Connection) -> None:
            known = {digest for (digest,) in connection.execute("SELECT digest FROM results")}
            for digest, path in self._blobs.files():
                # Another host may sweep as well.
                with suppress(OSError):
                    if digest not in known and path.stat().st_mtime < latest:
                        path.unlink(missing_ok=True)

        self._database.write(remove)

    def close(self) -> None:
        """Write down what was used and counted since the last time."""
        self._flush()

    def _row(self, key: str) -> ResultRow | None:
        with NotNeeded("the cache was not asked"):
            return self._database.read(lambda connection: find_row(connection, key))
        return None

    def _count(self, key: str, *, hit: bool) -> None:
        with self._lock:
            self._counts["hits" if hit else "misses"] += 1
            if hit:
                self._touched[key] = time.time()
            full = len(self._touched) >= _TOUCHES_PER_WRITE
        if full:
            with NotNeeded("uses of the cache are not noted"):
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
            # What is no count begins anew.
            counting = (
                "INSERT INTO counters(value, name) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value"
                " + CASE WHEN typeof(value) = 'integer' AND value BETWEEN 0 AND 1 << 53 THEN value ELSE 0 END"
            )
            connection.executemany(counting, changes)

        self._database.write(update)

    def _evict(self, connection: sqlite3.Connection, newest: str, now: float) -> None:
        """Remove the least recently used until the rest fits; `newest` goes last."""
        # A clock that ran ahead and came back leaves uses in the future, which would win for ever.
        ahead = (
            "UPDATE results SET last_used = :now WHERE last_used > :now OR typeof(last_used) NOT IN ('real', 'integer')"
        )
        connection.execute(ahead, {"now": now})
        total = total_bytes(connection)
        query = (
            "DELETE FROM results WHERE key ="
            " (SELECT key FROM results WHERE key != ? ORDER BY last_used, key LIMIT 1) RETURNING digest, mime, bytes"
        )
        while total > self.limit_bytes:
            gone = connection.execute(query, (newest,)).fetchall()
            if not gone:
                return
            digest, mime, size = gone[0]
            blob = blob_of(digest, mime)
            if blob is not None:
                self._remove_unused(connection, blob)
            total -= counted_bytes(size)

    def _drop(self, key: str, blob: Blob) -> None:
        """Remove a damaged entry, unless another process has just made it anew."""

        def delete(connection: sqlite3.Connection) -> None:
            row = find_row(connection, key)
            if row is not None and row.blob == blob and self._blobs.read(blob) is None:
                connection.execute("DELETE FROM results WHERE key = ?", (key,))
                self._remove_unused(connection, blob)
                self._blobs.remove(blob)

        with NotNeeded("a damaged result stays"):
            self._database.write(delete)

    def _remove_unused(self, connection: sqlite3.Connection, blob: Blob) -> None:
        used = connection.execute("SELECT 1 FROM results WHERE digest = ? AND mime = ?", (blob.digest, blob.mime))
        if used.fetchone() is None:
            self._blobs.remove(blob)
