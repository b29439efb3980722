"""Put hostile content in the place of each file and row that a home keeps, and use the home as a reader does.

A home is made: presets, a palette with versions, a reference, a coloured page with its history. Each of its files in
turn becomes each hostile content (empty, cut, no JSON, deep, of other types, no Unicode, endless, a folder, a pipe, a
link), once while the host is off and once while it runs; and each column of each table of its database each hostile
value. A loss is an answer that does not come or says E_INTERNAL, a page that is not coloured, a new preset, palette or
reference that is not taken, and whatever was lost of the files that were left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import TimeoutError as NoAnswer
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.faults.made.made import small_page
from host.messaging.client import HostClient, HostFault, HostGone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_ANSWER_S: Final = 60.0
_SERIES: Final = "kept"
_PAGE_S: Final = 300.0
_LEFT_ALONE: Final = (".lock", "-wal", "-shm", ".log")
# What no page that is coloured anew asks for.
_NEVER_ASKED: Final = ("data/presets", "data/references", "data/reports", "cache/results", "history.")
_DEEP: Final = b"[" * 200_000
_CONTENTS: Final[dict[str, bytes]] = {
    "empty": b"", "NUL": bytes(4096), "a brace": b"{", "null": b"null", "a list": b"[]", "a map": b"{}",
    "a number": b"1e999", "deep": _DEEP, "deep map": b'{"a":' * 100_000,
    "no UTF-8": b'{"version": 1, "name": "\xff\xfe"}',
    "a surrogate": b'{"version": 1, "series": "\\ud800", "presets": [], "width": 1, "height": 1, "palette": []}',
    "another version": b'{"version": 99, "presets": [], "series": "kept"}',
    "wrong types": b'{"version": "1", "presets": {}, "series": 5, "characters": {}, "width": "x", "palette": 3}',
    "huge numbers": b'{"version": 1, "width": 1e308, "height": -99999999999999999999999, "palette": []}',
    "one bad of two": b'{"version": 1, "series": "kept", "presets": [{"name": "good", "options": {}}, {"name": 5}]}',
    "20 MiB": b" " * (20 << 20),
}  # fmt: skip
_VALUES: Final = (
    None, "", "x" * 100_000, b"\xff\xfe", -1, 2**62, 1e308, float("inf"), b"\xed\xa0\x80", "[" * 100_000, "{}", "[5]",
)  # fmt: skip
Ask = tuple[str, dict[str, Any]]


def main(arguments: Sequence[str]) -> int:
    """Try all; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults stored", description=__doc__)
    parser.add_argument("--only", default="", help="files and columns whose name holds this")
    parser.add_argument("-n", type=int, help="only so many of them, by chance")
    parser.add_argument("--seed", type=int, default=0, help="of the chance")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="irodori-stored-") as name:
        whole = Path(name) / "whole"
        page = _make(whole)
        trials = [one for one in (*_files(whole), *_rows(whole)) if options.only in one[0]]
        if options.n is not None:
            trials = random.Random(options.seed).sample(trials, min(options.n, len(trials)))
        for number, (title, spoil) in enumerate(trials):
            home = Path(name) / f"{number}"
            shutil.copytree(whole, home)
            lost = _try(home, spoil, page, number, anew=not title.startswith(_NEVER_ASKED))
            counts["held" if not lost else "LOST"] += 1
            for each in lost:
                sys.stdout.write(f"LOST {title}: {each}\n")
            sys.stdout.flush()
            shutil.rmtree(home, ignore_errors=True)
    sys.stdout.write(f"{sum(counts.values())} homes, {counts['LOST']} with losses\n")
    return 1 if counts["LOST"] else 0


def _make(home: Path) -> bytes:
    """Make a home in which something of each kind is kept; return the page that was coloured there."""
    page = small_page(1)
    with HostClient.spawn(home=home, stderr=subprocess.DEVNULL) as host:
        host.hello()
        for name in ("one", "two"):
            host.call("preset.save", {"name": name, "options": {"seed": 1}})
        for mood in ("dusk", "dawn"):
            host.call("palette.set", {"series": _SERIES, "mood": mood, "place": {"name": mood, "mood": "rain"}})
        host.call("palette.set", {"series": "other", "mood": "noon"})
        for number in (7, 8):
            host.call("reference.add", {"image": small_page(number), "name": f"{number}", "series": _SERIES})
        host.call("settings.set", {"seed": 3})
        assert _coloured(host, page)
        host.call("history.report", {"series": _SERIES})
    return page


def _files(home: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    for path in sorted(one for one in home.rglob("*") if one.is_file() and not one.name.endswith(_LEFT_ALONE)):
        place = path.relative_to(home)
        contents = {**_CONTENTS, "half": path.read_bytes()[: path.stat().st_size // 2]}
        for kind, data in contents.items():
            yield f"{place} {kind}", lambda there, place=place, data=data: _write(there / place, data)
        for kind, make in {"gone": None, "a folder": os.mkdir, "a pipe": os.mkfifo, "a link": _loop}.items():
            yield f"{place} {kind}", lambda there, place=place, make=make: _instead(there / place, make)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _instead(path: Path, make: Any) -> None:
    path.unlink(missing_ok=True)
    if make is not None:
        make(path)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _rows(home: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    place = next(home.rglob("*.sqlite3")).relative_to(home)
    with closing(sqlite3.connect(home / place)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = [(table, row[1]) for table in tables for row in database.execute(f"PRAGMA table_info({table})")]
    for table, column in columns:
        for value in _VALUES:

            def spoil(there: Path, table: str = table, column: str = column, value: object = value) -> None:
                with closing(sqlite3.connect(there / place)) as database:
                    database.execute("PRAGMA ignore_check_constraints = 1")
                    database.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,))
                    database.commit()

            yield f"{table}.{column} {value!r:.20}", spoil


def _try(home: Path, spoil: Callable[[Path], None], page: bytes, number: int, *, anew: bool) -> list[str]:
    """Use a home that is spoilt, before its host starts or as it runs; return what was lost."""
    lost: list[str] = []
    before = number % 2 == 0
    if before and not _spoilt(home, spoil):
        return []
    try:
        with HostClient.spawn(home=home, stderr=subprocess.DEVNULL) as host:
            host.hello()
            if not before:
                _use(host, page)
                if not _spoilt(home, spoil):
                    return []
            lost += _use(host, page)
            if not _coloured(host, page):
                lost.append("the known page was not coloured")
            if anew and not _coloured(host, small_page(number % 300 + 20)):
                lost.append("another page was not coloured")
            lost += _taken(host)
    except (HostFault, HostGone, TimeoutError, NoAnswer) as exc:
        lost.append(f"{type(exc).__name__}: {exc}"[:200])
    return lost


def _spoilt(home: Path, spoil: Callable[[Path], None]) -> bool:
    try:
        spoil(home)
    except sqlite3.IntegrityError:
        return False
    return True


def _use(host: HostClient, page: bytes) -> list[str]:
    digest = hashlib.sha256(page).hexdigest()
    asked: list[Ask] = [
        ("settings.get", {}), ("preset.list", {}), ("palette.list", {}), ("palette.get", {"series": _SERIES}),
        ("palette.get", {"series": "other"}), ("reference.list", {}), ("reference.list", {"series": _SERIES}),
        ("history.list", {}), ("history.report", {"series": _SERIES}), ("cache.stats", {}), ("host.doctor", {}),
        ("palette.export", {"series": _SERIES}), ("model.list", {}),
        ("chapter.export", {"format": "cbz", "pages": [{"page_id": "p", "sha256": digest}], "partial": True}),
    ]  # fmt: skip
    return [fault for method, params in asked for fault in _fault(host, method, params)]


def _fault(host: HostClient, method: str, params: dict[str, Any]) -> list[str]:
    try:
        host.call(method, params, _ANSWER_S)
    except HostFault as fault:
        return [f"{method}: {fault}"[:200]] if fault.code == "E_INTERNAL" else []
    return []


def _taken(host: HostClient) -> list[str]:
    """Give the host new things to keep; each has to be there then."""
    lost = []
    for method, params in (
        ("preset.save", {"name": "new", "options": {}}), ("palette.set", {"series": "new", "mood": "new"}),
        ("palette.set", {"series": _SERIES, "mood": "new"}), ("settings.set", {"seed": 9}),
        ("reference.add", {"image": small_page(9), "name": "new"}),
    ):  # fmt: skip
        try:
            host.call(method, params, _ANSWER_S)
        except HostFault as fault:
            lost.append(f"{method} is not taken: {fault}"[:200])
    if not any(one.get("name") == "new" for one in host.call("reference.list")):
        lost.append("the new reference is not there")
    return lost


def _coloured(host: HostClient, page: bytes) -> bool:
    row = {"page_id": "p", "index": 0, "sha256": hashlib.sha256(page).hexdigest()}
    chapter = {"series": _SERIES, "chapter": "1", "direction": "auto", "references": [], "pages": [row]}
    accepted = host.call("pipeline.run_chapter", chapter)
    if accepted["need"]:
        host.put_page(accepted["job_id"], "p", page)
    return bool(host.wait_for("job.done", _PAGE_S, job_id=accepted["job_id"])["done"] == 1)
