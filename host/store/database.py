"""SQLite for two hosts at once: WAL, short transactions, migrations, and a rebuild where the file is damaged.

Only what can be made again stands in the database (the index of results and of sources), so a damaged one is moved
aside and begun anew.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from host.errors import Busy, DiskFull, InternalError
from host.locks import ProcessLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_BUSY_TIMEOUT_S: Final = 5.0
_REBUILD_TIMEOUT_S: Final = 10.0
T = TypeVar("T")

# One entry per schema version, append-only: entry n brings a database of version n to n + 1.
MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE results(
        key TEXT PRIMARY KEY, digest TEXT NOT NULL, mime TEXT NOT NULL, bytes INTEGER NOT NULL,
        height INTEGER NOT NULL, width INTEGER NOT NULL, skip_reason TEXT, runmeta TEXT NOT NULL,
        created REAL NOT NULL, last_used REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX results_by_digest ON results(digest);
    CREATE INDEX results_by_use ON results(last_used, bytes);
    CREATE TABLE sources(
        encoded_sha256 TEXT PRIMARY KEY, pixels_sha256 TEXT NOT NULL,
        height INTEGER NOT NULL, width INTEGER NOT NULL, seen REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counters VALUES ('hits', 0), ('misses', 0);
    """,
)


class Database:
    """One connection, shared by this process's threads under a lock.

    `moved_aside` names the damaged database that was replaced, None where all was well.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.moved_aside: Path | None = None
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = self._open_or_rebuild()

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run queries.

        Raises:
            Busy: another process held the database for too long. DiskFull, InternalError
        """
        return self._run(work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run changes in one transaction that excludes other writers from its first statement; errors as `read`."""

        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            return result

        return self._run(transaction)

    def is_sound(self) -> bool:
        """Check the whole file; slow on a large one."""
        rows = self.read(lambda connection: connection.execute("PRAGMA quick_check").fetchall())
        return bool(rows == [("ok",)])

    def close(self) -> None:
        """Bring the log into the file and close it."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                return work(self._connection)
            except sqlite3.OperationalError as exc:
                raise _mapped(exc) from exc
            except sqlite3.ProgrammingError as exc:
                raise InternalError("The store is closed.") from exc
            except sqlite3.DatabaseError as exc:
                if isinstance(exc, sqlite3.IntegrityError):
                    raise
                _LOG.warning("the database is damaged: %s", exc)
                self._connection.close()
                self._connection = self._rebuild()
                return work(self._connection)

    def _open_or_rebuild(self) -> sqlite3.Connection:
        try:
            return _open(self.path)
        except sqlite3.OperationalError as exc:
            raise _mapped(exc) from exc
        except sqlite3.DatabaseError as exc:
            _LOG.warning("the database cannot be read: %s", exc)
            return self._rebuild()

    def _rebuild(self) -> sqlite3.Connection:
        lock = ProcessLock(self.path.with_suffix(".rebuild.lock"))
        deadline = time.monotonic() + _REBUILD_TIMEOUT_S
        while not lock.try_acquire():
            if time.monotonic() > deadline:
                raise Busy("Another host is rebuilding the database.", "Try again in a moment.")
            time.sleep(0.02)
        try:
            return self._open_again()
        finally:
            lock.close()

    def _open_again(self) -> sqlite3.Connection:
        """Open the file if another process has just replaced it; else move it aside and begin anew."""
        with suppress(sqlite3.DatabaseError):
            connection = _open(self.path)
            if connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]:
                return connection
            connection.close()
        aside = self.path.with_suffix(".damaged.sqlite3")
        with suppress(FileNotFoundError):
            self.path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.moved_aside = aside
        return _open(self.path)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        _enter_wal(connection)
        # In WAL mode this loses at most the last commits when the power fails, and nothing when a process dies.
        connection.execute("PRAGMA synchronous = NORMAL")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; SQLite does not wait for the busy timeout here, so we do."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            if "locked" not in str(exc) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(MIGRATIONS):
            raise sqlite3.DatabaseError(f"schema version {version} is newer than {len(MIGRATIONS)}")
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _mapped(exc: sqlite3.OperationalError) -> Busy | DiskFull | InternalError:
    text = str(exc)
    if "locked" in text or "busy" in text:
        return Busy("Another host holds the database.", "Try again in a moment.")
    if "full" in text:
        return DiskFull("The disk has no room for the database.", "Free some space, or lower cache_limit_mib.")
    return InternalError(f"The database failed: {text}.", "`irodori doctor` checks the folders.")
