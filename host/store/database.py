"""SQLite for two hosts at once: WAL, short transactions, migrations, and a rebuild where the file is damaged.

Only what can be made again stands in the database (the index of results and of sources, who was seen on pages), and
what nobody needs to have (what was coloured when); so a damaged one is moved aside and begun anew, one that was removed
is begun anew, and where no file can be had it stands in memory.
"""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from host.errors import Busy, DiskFull, InternalError
from host.locks import ProcessLock
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_BUSY_TIMEOUT_S: Final = 5.0
_REBUILD_TIMEOUT_S: Final = 10.0
_CHECKED_BYTES: Final = 32 << 20
_PRIMARY: Final = 0xFF
_NOT_DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS,
    }
)  # fmt: skip
# An error's words quote the file, which Python then cannot decode.
_FAULTS: Final = (sqlite3.Error, UnicodeDecodeError, MemoryError)
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
    """
    CREATE INDEX sources_by_pixels ON sources(pixels_sha256);
    CREATE TABLE sightings(
        series TEXT NOT NULL, pixels_sha256 TEXT NOT NULL, figures BLOB NOT NULL, seen REAL NOT NULL,
        PRIMARY KEY (series, pixels_sha256)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE history(
        series TEXT NOT NULL, chapter TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL,
        page TEXT NOT NULL, engine TEXT NOT NULL, refs TEXT NOT NULL, seconds REAL NOT NULL,
        PRIMARY KEY (series, chapter, key)
    ) WITHOUT ROWID;
    """,
    """
    CREATE INDEX sightings_by_pixels ON sightings(pixels_sha256, seen);
    """,
)


def forget_oldest(connection: sqlite3.Connection, table: str, key: str, stamp: str, rows_max: int) -> None:
    """Forget the oldest tenth of a table, by its column `stamp` (seconds since 1970), once it has over `rows_max` rows.

    key: the columns of its primary key, as SQL has them. All names are the code's own, never input.
    """
    (rows,) = connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()  # noqa: S608
    if rows <= rows_max:
        return
    # A clock that ran ahead and came back leaves times in the future, which would stay for ever.
    connection.execute(f"UPDATE {table} SET {stamp} = :now WHERE {stamp} > :now", {"now": time.time()})  # noqa: S608
    oldest = f"SELECT {key} FROM {table} ORDER BY {stamp} LIMIT ?"  # noqa: S608
    connection.execute(f"DELETE FROM {table} WHERE ({key}) IN ({oldest})", (rows_max // 10,))  # noqa: S608


class Database:
    """One connection, shared by this process's threads under a lock.

    `moved_aside` names the damaged database that was replaced, None where all was well.
    """

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            Busy: another process rebuilds it.
        """
        self.path = path
        self.moved_aside: Path | None = None
        self._lock = threading.RLock()
        try:
            with disk_errors("the database"):
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = self._open_or_rebuild()
        except (DiskFull, InternalError) as exc:
            _LOG.warning("the database stands in memory: %s", exc)
            self._connection = _open(None)

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
        """Check the whole file, and begin anew where it is not whole; slow on a large one. False: it still is not."""

        def check(connection: sqlite3.Connection) -> bool:
            if not _is_whole(connection):
                raise sqlite3.DatabaseError("its pages do not belong together")
            return True

        return self.read(check)

    def close(self) -> None:
        """Bring the log into the file and close it."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work; where the file turns out to be damaged, mend it and do the work again.

        A file that passes every check and fails all the same is begun anew at the third try.
        """
        with self._lock:
            for anew in (False, True):
                try:
                    return work(self._connection)
                except sqlite3.IntegrityError:
                    raise  # what was to be written is at fault
                except _FAULTS as exc:
                    self._mend(exc, anew=anew)
            try:
                return work(self._connection)
            except _FAULTS as exc:
                raise _mapped(exc) from exc

    def _mend(self, exc: Exception, *, anew: bool) -> None:
        """Rebuild what is damaged; raise where that is not what the error tells."""
        if not _tells_damage(exc, self.path):
            raise _mapped(exc) from exc
        _LOG.warning("the database is damaged: %s", exc)
        self._connection.close()
        self._connection = self._rebuild(anew=anew)

    def _open_or_rebuild(self) -> sqlite3.Connection:
        try:
            connection = _open_sound(self.path, checked_bytes=_CHECKED_BYTES)
        except _FAULTS as exc:
            raise _mapped(exc) from exc
        return connection if connection is not None else self._rebuild(anew=False)

    def _rebuild(self, *, anew: bool) -> sqlite3.Connection:
        lock = ProcessLock(self.path.with_suffix(".rebuild.lock"))
        deadline = time.monotonic() + _REBUILD_TIMEOUT_S
        while not lock.try_acquire():
            if time.monotonic() > deadline:
                raise Busy("Another host is rebuilding the database.", "Try again in a moment.")
            time.sleep(0.02)
        try:
            with disk_errors("the database"):
                return self._open_again(anew=anew)
        except _FAULTS as exc:
            raise _mapped(exc) from exc
        finally:
            lock.close()

    def _open_again(self, *, anew: bool) -> sqlite3.Connection:
        """Open the file if it is sound, as another process may have just replaced it; else begin anew."""
        connection = None if anew else _open_sound(self.path)
        if connection is not None:
            return connection
        aside = self.path.with_suffix(".damaged.sqlite3")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self.path.replace(aside)
            self.moved_aside = aside
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return _open(self.path)


def _open_sound(path: Path, checked_bytes: float = math.inf) -> sqlite3.Connection | None:
    """Return a connection to a database that is whole, None where it is not; raises where that cannot be told.

    checked_bytes: a larger file is believed once it opens; the doctor checks it. A wrong index raises nothing, it only
    hides entries.
    """
    connection = None
    try:
        connection = _open(path)
        if path.stat().st_size > checked_bytes or _is_whole(connection):
            return connection
        _LOG.warning("the database is damaged: its pages do not belong together")
    except _FAULTS as exc:
        if not _tells_damage(exc, path):
            raise
        _LOG.warning("the database is damaged: %s", exc)
    if connection is not None:
        connection.close()
    return None


def _is_whole(connection: sqlite3.Connection) -> bool:
    # Not `quick_check`: what an index tells must be what the rows tell.
    return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def _open(path: Path | None) -> sqlite3.Connection:
    """Return a connection to a file that is made where it lacks; None: to a database in memory."""
    name = ":memory:" if path is None else path
    connection = sqlite3.connect(name, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    # A garbled text is a wrong value of one row, and no reason to lose the others.
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        if path is not None:
            _enter_wal(connection)
        # In WAL mode this loses at most the last commits when the power fails, and nothing when a process dies.
        connection.execute("PRAGMA synchronous = NORMAL")
        _migrate(connection)
        _require_schema(connection)
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


def _require_schema(connection: sqlite3.Connection) -> None:
    """Check that tables and indexes are those which the migrations make, to the letter."""
    if _schema(connection) != _wanted_schema():
        raise sqlite3.DatabaseError("tables are missing or changed")


@cache
def _wanted_schema() -> frozenset[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        _migrate(connection)
        return _schema(connection)


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return frozenset((str(kind), str(name), " ".join(str(sql).split())) for kind, name, sql in rows)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _tells_damage(exc: Exception, path: Path) -> bool:
    """Tell what a file's content may have caused from what the disk, rights, or another process did.

    SQLite's "SQL logic error" (a table or a column that is not there) can only be the file's fault: our statements are
    always the same. "Read only" may be, for a bit of the header says so. A file that was removed is as good as damaged.
    """
    if isinstance(exc, UnicodeDecodeError):
        return True
    if isinstance(exc, sqlite3.ProgrammingError) or not isinstance(exc, sqlite3.Error):
        return False
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    if code == sqlite3.SQLITE_READONLY:
        return not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    if code == sqlite3.SQLITE_CANTOPEN:
        return path.is_dir() or not path.parent.is_dir()
    return code not in _NOT_DAMAGE


def _mapped(exc: Exception) -> Busy | DiskFull | InternalError:
    if isinstance(exc, sqlite3.ProgrammingError):
        return InternalError("The store is closed.")
    text = str(exc)
    if "locked" in text or "busy" in text:
        return Busy("Another host holds the database.", "Try again in a moment.")
    if "full" in text:
        return DiskFull("The disk has no room for the database.", "Free some space, or lower cache_limit_mib.")
    return InternalError(f"The database failed: {text}.", "`irodori doctor` checks the folders.")
