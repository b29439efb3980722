"""What is known of encoded pages: whose bytes were decoded once need not be uploaded to find their result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from host.store.database import forget_oldest
from host.store.disk import NotNeeded
from host.store.result_rows import is_digest, size_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from engines.geometry import Size
    from host.store.database import Database

_ROWS_MAX: Final = 200_000


@dataclass(frozen=True, slots=True)
class Source:
    """The SHA-256 (hex) of an encoded page's pixels, and its size once upright."""

    pixels_sha256: str
    size: Size


class SourceIndex:
    """SHA-256 of encoded bytes → `Source`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, encoded_sha256s: Iterable[str]) -> dict[str, Source]:
        """Return those that are known."""
        wanted = set(encoded_sha256s)

        def query(connection: sqlite3.Connection) -> dict[str, Source]:
            select = "SELECT pixels_sha256, height, width FROM sources WHERE encoded_sha256 = ?"
            rows = ((sha256, connection.execute(select, (sha256,)).fetchone()) for sha256 in wanted)
            found = ((sha256, row[0], size_of(*row[1:])) for sha256, row in rows if row is not None)
            return {sha256: Source(pixels, size) for sha256, pixels, size in found if size and is_digest(pixels)}

        with NotNeeded("pages that are known were not looked up"):
            return self._database.read(query)
        return {}

    def encoded(self, pixels_sha256s: Iterable[str]) -> list[str]:
        """Return the digests of the encoded bytes, as far as they are known, that have these pixels."""
        wanted = list(dict.fromkeys(pixels_sha256s))

        def query(connection: sqlite3.Connection) -> list[str]:
            select = "SELECT encoded_sha256 FROM sources WHERE pixels_sha256 = ? ORDER BY encoded_sha256"
            return [row[0] for pixels in wanted for row in connection.execute(select, (pixels,))]

        return [sha256 for sha256 in self._database.read(query) if is_digest(sha256)]

    def put(self, encoded_sha256: str, source: Source) -> None:
        """Remember what a decode has told; the oldest are forgotten once there are very many."""
        values = (encoded_sha256, source.pixels_sha256, source.size.height, source.size.width, time.time())

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO sources VALUES (?, ?, ?, ?, ?)", values)
            forget_oldest(connection, "sources", "encoded_sha256", "seen", _ROWS_MAX)

        with NotNeeded("a page is not remembered"):
            self._database.write(insert)
