"""What was coloured, when, by what: a row for every page that an engine coloured, by its series.

It holds no picture and no address of a page: results are named by their keys, and go with the series.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from host.store.database import forget_oldest
from host.store_records import HistorySeries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from host.store.database import Database

_ROWS_MAX: Final = 200_000
_LAST_PAGES: Final = 50
# Of a damaged database only rows are believed that are such as we write them.
_SOUND: Final = (
    "typeof(series) = 'text' AND typeof(chapter) = 'text' AND typeof(key) = 'text' AND typeof(page) = 'text'"
    " AND typeof(engine) = 'text' AND typeof(refs) = 'text' AND typeof(at) = 'real' AND at BETWEEN 0 AND 1e11"
    " AND typeof(seconds) = 'real' AND seconds BETWEEN 0 AND 1e9"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """A page that was coloured: its result's key, the SHA-256 of its bytes, and how.

    references: ids, in order; seconds: the machine's.
    """

    series: str
    chapter: str
    key: str
    page: str
    engine: str
    references: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ColouredPageRow:
    """What is remembered of a page; number: which one of its chapter, in the order in which they were coloured."""

    chapter: str
    number: int
    key: str
    page: str
    engine: str
    references: tuple[str, ...]
    seconds: float


class History:
    """Thread-safe, and safe beside another process on the same home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entries: Iterable[HistoryEntry]) -> None:
        """Remember pages that were coloured; the oldest are forgotten once there are very many."""
        self._insert("INSERT OR REPLACE", entries)

    def recall(self, entries: Iterable[HistoryEntry]) -> None:
        """Remember pages that came from the cache; what is remembered of them already stays."""
        self._insert("INSERT OR IGNORE", entries)

    def _insert(self, how: str, entries: Iterable[HistoryEntry]) -> None:
        now = time.time()
        rows = [
            (one.series, one.chapter, one.key, now, one.page, one.engine, json.dumps(one.references), one.seconds)
            for one in entries
        ]

        def insert(connection: sqlite3.Connection) -> None:
            connection.executemany(f"{how} INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            forget_oldest(connection, "history", "series, chapter, key", "at", _ROWS_MAX)

        if rows:
            self._database.write(insert)

    def series(self) -> list[HistorySeries]:
        """Return what is remembered of every series, the one that was coloured last first."""
        query = (
            "SELECT series, COUNT(DISTINCT chapter), COUNT(DISTINCT page), TOTAL(seconds), MIN(at), MAX(at),"  # noqa: S608
            " json_group_array(DISTINCT engine), json_group_array(DISTINCT refs)"
            f" FROM history WHERE {_SOUND} GROUP BY series ORDER BY MAX(at) DESC"
        )
        rows = self._database.read(lambda connection: connection.execute(query).fetchall())
        return [
            HistorySeries(
                series=series,
                chapters=chapters,
                pages=pages,
                seconds=round(seconds, 1),
                first=first,
                last=last,
                engines=sorted(json.loads(engines)),
                references=sorted({one for refs in json.loads(references) for one in _references(refs)}),
            )
            for series, chapters, pages, seconds, first, last, engines, references in rows
        ]

    def seconds_a_page(self, engine: str) -> float | None:
        """Return what an engine's last pages took each, the middle one; None where it has coloured none."""
        where = f"engine = ? AND seconds > 0 AND {_SOUND}"
        query = f"SELECT seconds FROM history WHERE {where} ORDER BY at DESC LIMIT ?"  # noqa: S608
        values = (engine, _LAST_PAGES)
        rows = self._database.read(lambda connection: connection.execute(query, values).fetchall())
        return median(row[0] for row in rows) if rows else None

    def pages(self, series: str) -> list[ColouredPageRow]:
        """Return the pages of a series as they were coloured last, chapter by chapter, in the order of colouring."""
        query = (
            "SELECT chapter, page, key, engine, refs, seconds, MAX(at)"  # noqa: S608 - ours
            f" FROM history WHERE series = ? AND {_SOUND}"
            " GROUP BY chapter, page ORDER BY MIN(at), chapter, page"
        )
        rows = self._database.read(lambda connection: connection.execute(query, (series,)).fetchall())
        chapters = dict.fromkeys(row[0] for row in rows)
        found = []
        for chapter in chapters:
            of_chapter = [row for row in rows if row[0] == chapter]
            for number, (_, page, key, engine, references, seconds, _) in enumerate(of_chapter, 1):
                found.append(
                    ColouredPageRow(
                        chapter=chapter,
                        number=number,
                        key=key,
                        page=page,
                        engine=engine,
                        references=_references(references),
                        seconds=seconds,
                    )
                )
        return found

    def keys(self, series: str | None) -> list[str]:
        """Return the results of a series, or of all, in the order in which they were made."""
        where, values = ("", ()) if series is None else (" WHERE series = ?", (series,))
        query = f"SELECT key FROM history{where} ORDER BY at, chapter, key"  # noqa: S608 - ours
        rows = self._database.read(lambda connection: connection.execute(query, values).fetchall())
        return [key for (key,) in rows if isinstance(key, str)]

    def forget(self, series: str | None) -> int:
        """Forget a series, or all of them; return how many pages that were."""
        where, values = ("", ()) if series is None else (" WHERE series = ?", (series,))
        query = f"DELETE FROM history{where}"  # noqa: S608 - one of two texts of ours
        return int(self._database.write(lambda connection: connection.execute(query, values).rowcount))


def _references(text: str) -> tuple[str, ...]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()
