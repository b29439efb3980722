"""Who was seen on which page of a series: what can be read again, so that it stands in the database."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

# Msgspec reads these types when the structs are built.
from host.corrections import Rgb  # noqa: TC001
from host.store.database import forget_oldest
from host.vocabulary import Fraction  # noqa: TC001

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from host.store.database import Database

_ROWS_MAX: Final = 50_000
_NAME_LENGTH: Final = 32


class SeenColour(Struct, frozen=True, array_like=True):
    """A colour that a figure has on its coloured page, and how sure that is."""

    rgb: Rgb
    sure: Fraction


class SeenFigure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure of a page. box: left, top, right, bottom in 0..1 of it. look: its head's vector, float16 little-endian.

    tone: how light its hair is drawn, 0..1. face: a small picture of the head, from the coloured page.
    """

    point: tuple[Fraction, Fraction]
    box: tuple[float, float, float, float]
    has_face: bool
    look: bytes
    tone: Fraction
    panel: int | None = None
    face: bytes = b""
    hair: SeenColour | None = None
    skin: SeenColour | None = None
    clothes: SeenColour | None = None

    def holds(self, point: tuple[float, float]) -> bool:
        """Tell whether a point of the page lies in the figure's box."""
        left, top, right, bottom = self.box
        return left <= point[0] <= right and top <= point[1] <= bottom

    @property
    def area(self) -> float:
        """The share of the page that its box covers."""
        left, top, right, bottom = self.box
        return (right - left) * (bottom - top)


class SeenPage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The figures of a page. embedder: id and version of who made the looks.

    reference_id: of a style reference, which is no page of the series; name: who it shows, as the reader called them.
    """

    pixels_sha256: str
    embedder: str
    figures: Annotated[tuple[SeenFigure, ...], Meta(max_length=256)] = ()
    reference_id: str = ""
    name: str = ""

    def figure_at(self, point: tuple[float, float]) -> SeenFigure | None:
        """Return the smallest figure around a point."""
        around = [one for one in self.figures if one.holds(point)]
        return min(around, key=lambda one: (one.area, one.point), default=None)


class Sightings:
    """The seen pages of all series. Thread-safe, and safe beside another process on the same home."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, series: str, pixels: Iterable[str] | None = None) -> dict[str, SeenPage]:
        """Return seen pages by the digest of their pixels: those asked for, or all of the series."""
        name, wanted = series_key(series), None if pixels is None else list(pixels)

        def query(connection: sqlite3.Connection) -> list[bytes]:
            select = "SELECT figures FROM sightings WHERE series = ?"
            if wanted is None:
                return [row[0] for row in connection.execute(f"{select} ORDER BY pixels_sha256", (name,))]
            one = f"{select} AND pixels_sha256 = ?"
            return [row[0] for sha256 in wanted for row in connection.execute(one, (name, sha256))]

        found = filter(None, map(_unpacked, self._database.read(query)))
        return {page.pixels_sha256: page for page in found}

    def put(self, series: str, page: SeenPage) -> None:
        """Remember who is on a page; the oldest pages are forgotten once there are very many."""
        values = (series_key(series), page.pixels_sha256, msgspec.msgpack.encode(page), time.time())

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?)", values)
            forget_oldest(connection, "sightings", "series, pixels_sha256", "seen", _ROWS_MAX)

        self._database.write(insert)

    def adopt(self, series: str, pixels: Iterable[str]) -> None:
        """Take over what other series know of these pages; what is known of them here stays."""
        name, wanted = series_key(series), list(pixels)
        select = (
            "SELECT pixels_sha256, figures, seen FROM sightings AS other WHERE pixels_sha256 = ? AND NOT EXISTS"
            " (SELECT 1 FROM sightings WHERE series = ? AND pixels_sha256 = other.pixels_sha256)"
            " ORDER BY seen DESC"
        )

        def query(connection: sqlite3.Connection) -> list[tuple[str, bytes, float]]:
            return [row for sha256 in wanted for row in connection.execute(select, (sha256, name))]

        rows = [
            (name, sha256, figures, seen)
            for sha256, figures, seen in self._database.read(query)
            if (page := _unpacked(figures)) is not None and not page.reference_id
        ]  # the newest comes first, and what is there is not replaced
        if rows:
            insert = "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?, ?)"
            self._database.write(lambda connection: connection.executemany(insert, rows))

    def forget(self, series: str | None) -> None:
        """Forget the pages of a series, or of all."""
        name = None if series is None else series_key(series)
        query = "DELETE FROM sightings WHERE :name IS NULL OR series = :name"
        self._database.write(lambda connection: connection.execute(query, {"name": name}))


def series_key(series: str) -> str:
    """Return what stands for a series' name, which comes from a web page and is no part of a path."""
    return hashlib.sha256(series.encode("utf-8", "surrogatepass")).hexdigest()[:_NAME_LENGTH]


def _unpacked(data: object) -> SeenPage | None:
    try:
        return msgspec.msgpack.decode(data, type=SeenPage) if isinstance(data, bytes) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
