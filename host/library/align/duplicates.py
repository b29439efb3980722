"""Pages that are the same picture: the same bytes (MD5), or nearly the same look (perceptual hashes a few bits apart).

For training one page of each group is kept, the first by its id; for search all are: readers expect a page both in its
issue and in the collected volume.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from host.errors import BadRequest, IrodoriError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from host.library.align.path_map import PathMap

DISTANCE: Final = 4
_BITS: Final = 64
_BLANK: Final = frozenset({"0" * 16, "8" + "0" * 15})


class Groups:
    """Disjoint sets of numbers."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def join(self, one: int, other: int) -> None:
        """Make two one set; its smallest number stands for it."""
        low, high = sorted((self.of(one), self.of(other)))
        self._parents[high] = low

    def of(self, one: int) -> int:
        """Return the number that stands for a set."""
        while self._parents[one] != one:
            self._parents[one] = self._parents[self._parents[one]]
            one = self._parents[one]
        return one


def near_pairs(hashes: Sequence[int | None], distance: int = DISTANCE) -> Iterator[tuple[int, int]]:
    """Yield pairs of numbers whose 64-bit hashes differ in at most `distance` bits, each at least once.

    Of two such hashes, cut into one part more than bits may differ, one part is equal: only those are compared.
    """
    parts = distance + 1
    edges = [_BITS * part // parts for part in range(parts + 1)]
    for low, high in pairwise(edges):
        mask = ((1 << (high - low)) - 1) << low
        alike: dict[int, list[int]] = {}
        for number, value in enumerate(hashes):
            if value is not None:
                alike.setdefault(value & mask, []).append(number)
        for group in alike.values():
            yield from _near(group, hashes, distance)


def _near(group: Sequence[int], hashes: Sequence[int | None], distance: int) -> Iterator[tuple[int, int]]:
    seen: dict[int, int] = {}  # equal hashes are compared once
    for number in group:
        value = hashes[number]
        if value is None:
            continue
        if value in seen:
            yield seen[value], number
            continue
        for other, first in seen.items():
            if (value ^ other).bit_count() <= distance:
                yield first, number
        seen[value] = number


def tag_duplicates(rows: list[dict[str, Any]], *, perceptual: bool, distance: int = DISTANCE) -> list[dict[str, Any]]:
    """Return rows of the alignment's table with six columns more.

    dup_md5, dup_phash: the hashes, empty where nobody knows them. dup_group_exact, dup_group_phash: a number that the
    pages of a group share, None for a page without a double. dup_canonical_key: the id of the page that is kept of its
    group, its own for a page without a double. dup_reason: why a page is not the one that is kept: `exact`, `phash`.
    """
    order = sorted(range(len(rows)), key=lambda place: str(rows[place]["page_id"]))
    sorted_rows = [rows[place] for place in order]
    exact, alike = Groups(len(rows)), Groups(len(rows))
    by_md5: dict[str, int] = {}
    for number, row in enumerate(sorted_rows):
        md5 = row.get("md5") or ""
        if md5 and by_md5.setdefault(md5, number) != number:
            exact.join(by_md5[md5], number)
    if perceptual:
        for one, other in near_pairs([_hash(row) for row in sorted_rows], distance):
            alike.join(one, other)
    both = Groups(len(rows))
    for number in range(len(rows)):
        both.join(number, exact.of(number))
        both.join(number, alike.of(number))
    exact_numbers, alike_numbers = _numbers(exact, len(rows)), _numbers(alike, len(rows))
    tagged: list[dict[str, Any]] = [{} for _ in rows]
    for number, place in enumerate(order):
        canonical = both.of(number)
        reason = "" if canonical == number else "exact" if exact.of(number) != number else "phash"
        tagged[place] = rows[place] | {
            "dup_md5": rows[place].get("md5") or "",
            "dup_group_exact": exact_numbers.get(exact.of(number)),
            "dup_phash": (rows[place].get("phash") or "") if perceptual else "",
            "dup_group_phash": alike_numbers.get(alike.of(number)),
            "dup_canonical_key": sorted_rows[canonical]["page_id"],
            "dup_reason": reason,
        }
    return tagged


def _numbers(groups: Groups, count: int) -> dict[int, int]:
    """Return a number for each group of more than one, from 1."""
    sizes: dict[int, int] = {}
    for one in range(count):
        sizes[groups.of(one)] = sizes.get(groups.of(one), 0) + 1
    return {first: place for place, first in enumerate((one for one, size in sizes.items() if size > 1), 1)}


def _hash(row: dict[str, Any]) -> int | None:
    """Return a perceptual hash as a number; None where it says nothing: nobody knows it, or the page is blank."""
    text = str(row.get("phash") or "")
    if row.get("kind") == "blank" or text in _BLANK:
        return None
    try:
        return int(text, 16) if len(text) == _BITS // 4 else None
    except ValueError:
        return None


def read_table(path: Path) -> list[dict[str, Any]]:
    """Return the rows of an alignment's CSV, texts as texts.

    Raises:
        BadRequest: it is no such file.
    """
    import polars

    try:
        frame = polars.read_csv(path, infer_schema=False)
    except (OSError, polars.exceptions.PolarsError) as exc:
        raise BadRequest(f"{path} cannot be read: {exc}.", "Name the CSV that `library align` wrote.") from exc
    missing = [name for name in ("page_id", "image_path") if name not in frame.columns]
    if missing:
        raise BadRequest(f"{path} has no column {missing[0]!r}.", "Name the CSV that `library align` wrote.")
    return [{name: value if value is not None else "" for name, value in row.items()} for row in frame.to_dicts()]


def write_rows(rows: Sequence[dict[str, Any]]) -> bytes:
    """Return rows as CSV."""
    import polars

    return polars.DataFrame(rows, infer_schema_length=None).write_csv().encode()


def hashed(rows: Iterable[dict[str, Any]], paths: PathMap) -> Iterator[dict[str, Any]]:
    """Yield rows, those without hashes with those of their pictures, where these can be read."""
    from pathlib import Path

    from host.pipeline.analysis.perceptual_hash import perceptual_hash
    from host.pipeline.decode import decode_page

    for row in rows:
        if row.get("md5") and row.get("phash"):
            yield row
            continue
        found = dict(row)
        try:
            data = Path(paths.here(str(row["image_path"]))).read_bytes()
            found["md5"] = hashlib.md5(data, usedforsecurity=False).hexdigest()
            found["phash"] = perceptual_hash(decode_page(data).grey)
        except (OSError, IrodoriError):
            found = {"md5": "", "phash": ""} | found
        yield found
