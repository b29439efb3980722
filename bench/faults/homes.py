"""Colour pages with a home that takes nothing: full from the start, full at work, read-only, or removed at work.

By the command line, into a folder and into a CBZ, and by a host over its wire. A loss is a page without colour, a
traceback, another status than 0, a warning that is said more than once or not at all, remains beside the output.
Full and read-only disks are small ones that are mounted for it, which only root may do.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Final

from bench.faults.made.made import small_page
from bench.faults.surroundings import book_of, names_in, require, run_irodori, run_trials, small_disk
from host.messaging.client import HostClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_PAGES: Final = 6
_SIZE: Final = "size=200k"
_WORDS: Final = "not kept in the cache"
_END_S: Final = 600


def main(arguments: Sequence[str]) -> int:
    """Try each home; 1 where anything was lost."""
    return run_trials("homes", __doc__, _TRIALS, arguments)


def _full(folder: Path) -> str:
    with small_disk(folder / "disk", _SIZE) as mounted:
        if not mounted:
            return "left out: only root may mount"
        (folder / "disk" / "filler").write_bytes(bytes(190_000))
        return _everything(folder, folder / "disk" / "home")


def _full_to_the_last_byte(folder: Path) -> str:
    with small_disk(folder / "disk", _SIZE, "nr_inodes=3") as mounted:
        if not mounted:
            return "left out: only root may mount"
        return _everything(folder, folder / "disk" / "home")


def _read_only(folder: Path) -> str:
    with small_disk(folder / "disk", "size=20m") as mounted:
        if not mounted:
            return "left out: only root may mount"
        subprocess.run(["mount", "-o", "remount,ro", str(folder / "disk")], check=True)
        return _everything(folder, folder / "disk" / "home")


def _no_folders(folder: Path) -> str:
    (folder / "home").write_bytes(b"a file, where a folder is wanted")
    return _everything(folder, folder / "home")


def _removed(folder: Path) -> str:
    """Remove the cache's folder again and again while pages are coloured."""
    home, over = folder / "home", threading.Event()

    def remove() -> None:
        while not over.wait(0.3):
            shutil.rmtree(home / "cache", ignore_errors=True)

    removing = threading.Thread(target=remove)
    removing.start()
    try:
        return _everything(folder, home, told=False)
    finally:
        over.set()
        removing.join()


def _everything(folder: Path, home: Path, *, told: bool = True) -> str:
    pages = book_of(folder, _PAGES)
    environ = {"IRODORI_HOME": str(home)}
    for target in ("out", "out.cbz"):
        run = run_irodori(folder, pages, "-o", folder / target, environ=environ)
        counts = run.told["counts"]
        require(counts["coloured"] + counts["cached"] == counts["written"] == _PAGES, f"{target}: {counts}")
        said = run.words.count(_WORDS)
        require(not told or said == 1, f"{target}: warned {said} times: {run.words[-400:]}")
    remains = [name for name in names_in(folder) if ".irodori-" in name]
    require(not remains, f"remains: {remains}")
    done, notes = _by_wire(home)
    require(done == _PAGES, f"over the wire {done} of {_PAGES} pages")
    require(not told or notes == 1, f"over the wire told {notes} times")
    return f"held: {_PAGES} pages into a folder, a CBZ and over the wire"


def _by_wire(home: Path) -> tuple[int, int]:
    """Return how many pages a host coloured, and how often it told that it keeps none."""
    pages = {f"p{number}": small_page(20 + number) for number in range(_PAGES)}
    with HostClient.spawn(home=home) as host:
        host.hello()
        rows = [
            {"page_id": name, "index": index, "sha256": hashlib.sha256(page).hexdigest()}
            for index, (name, page) in enumerate(pages.items())
        ]
        chapter = {"series": "S", "chapter": "1", "direction": "auto", "references": [], "pages": rows}
        accepted = host.call("pipeline.run_chapter", chapter)
        for name in accepted["need"]:
            host.put_page(accepted["job_id"], name, pages[name])
            time.sleep(0.05)
        done = host.wait_for("job.done", _END_S, job_id=accepted["job_id"])
        notes = sum(_WORDS in note for note in _notes(host))
    return int(done["done"]), notes


def _notes(host: HostClient) -> Iterator[str]:
    for method, params in host.notifications:
        if method == "page.done":
            yield from params["runmeta"].get("notes", ())


_TRIALS: Final[dict[str, Callable[[Path], str]]] = {
    "a full disk": _full,
    "a disk without room for names": _full_to_the_last_byte,
    "a read-only disk": _read_only,
    "a file where the home should be": _no_folders,
    "a cache that is removed at work": _removed,
}
