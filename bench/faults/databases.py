"""Flip bits of a home's database and use the store as a host does: open, list, get, put, evict, clear, and open again.

A loss is an error of any kind, a picture other than the one that was kept, or a result that is not kept afterwards.
"""

from __future__ import annotations

import argparse
import logging
import random
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engines.geometry import Size
from host.paths import StatePaths
from host.store.results import StoredResult
from host.store.sources import Source
from host.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

_SIZE: Final = Size(9, 7)
_FLIPS: Final = (1, 2, 8, 30, 300)
_HEADER: Final = 100
_WHERE: Final = ("anywhere", "header", "one page", "log")


def main(arguments: Sequence[str]) -> int:
    """Damage N databases; 1 where anything was lost for good."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults databases", description=__doc__)
    parser.add_argument("-n", type=int, default=200, help="how many databases")
    parser.add_argument("--entries", type=int, default=60, help="results in each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    counts: Counter[str] = Counter()
    for number in range(options.n):
        with tempfile.TemporaryDirectory(prefix="irodori-databases-") as folder:
            _trial(_paths(Path(folder)), options.entries, random.Random(f"{options.seed}-{number}"), counts)
    lost = {name: count for name, count in counts.items() if name.startswith("LOST")}
    for name, count in sorted(counts.items()):
        print(f"{count:6}  {name}")
    print(f"{options.n} databases, {sum(lost.values())} losses")
    return 1 if lost else 0


def _trial(paths: StatePaths, entries: int, dice: random.Random, counts: Counter[str]) -> None:
    keys = [f"{index:064x}" for index in range(entries)]
    with closing(_open(paths)) as store:
        for key in keys:
            store.results.put(key, _picture(key))
            store.sources.put(key, Source(key, _SIZE))
        # A host that was killed leaves its log behind; one that ended has brought it into the file.
        log = paths.database.with_name(paths.database.name + "-wal")
        left = log.read_bytes()
    where = dice.choice(_WHERE)
    counts[f"damaged: {where}"] += 1
    if where == "log":
        paths.database.write_bytes(paths.database.read_bytes()[:4096])
        log.write_bytes(_flipped(left, 0, len(left), dice))
    else:
        content = paths.database.read_bytes()
        start = dice.randrange(0, len(content), 4096) if where == "one page" else 0
        length = {"header": _HEADER, "one page": 4096}.get(where, len(content))
        paths.database.write_bytes(_flipped(content, start, min(length, len(content) - start), dice))
    for time in ("at once", "after a new start"):
        _use(paths, keys, counts, time)


def _use(paths: StatePaths, keys: Sequence[str], counts: Counter[str], time: str) -> None:
    try:
        with closing(_open(paths)) as store:
            kept = [store.results.get(key) for key in keys if store.results.has(key)]
            pictures = {_picture(key).image for key in keys}
            if any(one is not None and one.image not in pictures for one in kept):
                counts[f"LOST {time}: another picture"] += 1
            counts[f"{time}: entries still there"] += len(kept)
            counts[f"{time}: entries gone"] += len(keys) - len(kept)
            store.sources.get(keys)
            store.results.stats()
            store.results.clear(older_than_s=3600)
            for key in keys:
                if not store.results.put(key, _picture(key)) or store.results.get(key) != _picture(key):
                    counts[f"LOST {time}: not kept"] += 1
                store.sources.put(key, Source(key, _SIZE))
            counts[f"{time}: begun anew"] += store.database.moved_aside is not None
            if not store.database.is_sound():
                counts[f"LOST {time}: not sound"] += 1
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is counted
        counts[f"LOST {time}: {type(exc).__name__}: {exc}"[:200]] += 1


def _flipped(content: bytes, start: int, length: int, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.choice(_FLIPS) if length else 0):
        changed[start + dice.randrange(length)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _picture(key: str) -> StoredResult:
    return StoredResult(image=key.encode() * 9, mime="image/png", size=_SIZE, runmeta={"key": key, "more": "x" * 400})


def _open(paths: StatePaths) -> Store:
    return Store.open(paths, cache_limit_mib=64, spool_limit_mib=1)


def _paths(home: Path) -> StatePaths:
    return StatePaths(config=home / "config", data=home / "data", cache=home / "cache", logs=home / "logs")
