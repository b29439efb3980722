"""A row of the index of results, believed only as far as it is what we write: a damaged one is no entry."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from engines.geometry import Size
from host.store.blobs import Blob
from host.vocabulary import SkipReason

if TYPE_CHECKING:
    import sqlite3

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MIME: Final = re.compile(r"[a-z]{1,32}/[a-z0-9.+-]{1,64}")
_REASONS: Final = frozenset(get_args(SkipReason))
_SIDE_MAX: Final = 1 << 24
_BYTES_MAX: Final = 1 << 40
_COUNTED: Final = f"CASE WHEN typeof(bytes) = 'integer' AND bytes BETWEEN 0 AND {_BYTES_MAX} THEN bytes ELSE 0 END"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What stands of a result in the database."""

    blob: Blob
    size: Size
    skip_reason: SkipReason | None
    runmeta: dict[str, Any]


def find_row(connection: sqlite3.Connection, key: str) -> ResultRow | None:
    """Return a result's row; None where there is none, or where it is not one that we wrote."""
    query = "SELECT digest, mime, height, width, skip_reason, runmeta FROM results WHERE key = ?"
    row = connection.execute(query, (key,)).fetchone()
    return _checked(*row) if row is not None else None


def blob_of(digest: object, mime: object) -> Blob | None:
    """Return the file that a row names; None where these are no names, which then never become a part of a path."""
    if isinstance(digest, str) and isinstance(mime, str) and _DIGEST.fullmatch(digest) and _MIME.fullmatch(mime):
        return Blob(digest, mime)
    return None


def size_of(height: object, width: object) -> Size | None:
    """Return a page's size; None where these are no sides."""
    if type(height) is int and type(width) is int and 0 < height <= _SIDE_MAX and 0 < width <= _SIDE_MAX:
        return Size(height, width)
    return None


def is_digest(text: object) -> bool:
    """Tell whether this is a SHA-256 in hex."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def reading_version_of(runmeta: dict[str, Any]) -> str:
    """Return which rules read a result's page; empty where its record does not tell."""
    version = runmeta.get("reading_version")
    return version if isinstance(version, str) else ""


def total_bytes(connection: sqlite3.Connection) -> int:
    """Return how many bytes all results take."""
    (total,) = connection.execute(f"SELECT TOTAL({_COUNTED}) FROM results").fetchone()  # noqa: S608 - a text of ours
    return int(total)


def counted_bytes(size: object) -> int:
    """Return what `total_bytes` counts for a row."""
    return size if type(size) is int and 0 <= size <= _BYTES_MAX else 0


def _checked(
    digest: object, mime: object, height: object, width: object, skip_reason: Any, runmeta: Any
) -> ResultRow | None:
    blob, size = blob_of(digest, mime), size_of(height, width)
    if blob is None or size is None or not (skip_reason is None or skip_reason in _REASONS):
        return None
    try:
        facts = json.loads(runmeta)
    except (ValueError, TypeError, RecursionError):
        return None
    return ResultRow(blob, size, skip_reason, facts) if isinstance(facts, dict) else None
