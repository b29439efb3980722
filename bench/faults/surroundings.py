"""Run the command line where things are not as usual, and hold what it leaves against what it was given.

Links and pipes among the pages, outputs that cannot be written, full and read-only disks (as root), no home, no working
folder, an ASCII locale, two runs at once, a clock that was wrong, a strict umask, paths that meet. A loss is a
traceback, another status than is right, a file that is missing, changed or left behind.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PIL import Image

from bench.faults.made.made import small_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_ROOT: Final = Path(__file__).parents[2]
_REFERENCE: Final = _ROOT / "tests" / "pages" / "reference-warm.webp"
_FILE_BYTES: Final = 100_000
_LATER_S: Final = 10**9
_RUN_S: Final = 900
_STRICT: Final = 0o077


class Lost(Exception):
    """Something was lost; the message says what."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run said and how it ended."""

    status: int
    words: str
    told: dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Try each of the surroundings; 1 where anything was lost."""
    return run_trials("surroundings", __doc__, _TRIALS, arguments)


def run_trials(
    name: str, description: str | None, trials: Mapping[str, Callable[[Path], str]], arguments: Sequence[str]
) -> int:
    """Run each trial in a folder of its own, or those that are named, and print what it says; 1 where one lost."""
    parser = argparse.ArgumentParser(prog=f"python -m bench.faults {name}", description=description)
    parser.add_argument("--only", nargs="*", default=list(trials), choices=list(trials))
    lost = 0
    for trial in parser.parse_args(arguments).only:
        with tempfile.TemporaryDirectory(prefix=f"irodori-{name}-") as folder:
            try:
                words = trials[trial](Path(folder))
            except Lost as exc:
                words, lost = f"LOST {exc}", lost + 1
        sys.stdout.write(f"{trial:32} {words}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{lost} losses\n")
    return 1 if lost else 0


def run_irodori(folder: Path, *arguments: object, statuses: Sequence[int] = (0,), **options: Any) -> Run:
    """Colour something in a home of its own, and check what holds of every run."""
    waiting = folder / "tmp"
    waiting.mkdir(exist_ok=True)
    environ = os.environ | {
        "IRODORI_HOME": str(folder / "home"), "TMPDIR": str(waiting), "PYTHONPATH": str(_ROOT), "NO_COLOR": "1",
    }  # fmt: skip
    environ |= options.pop("environ", {})
    for name in options.pop("without", ()):
        environ.pop(name, None)
    line = [sys.executable, "-m", "host.cli", "colorize", *map(str, arguments), "-r", str(_REFERENCE), "--json"]
    options = {"cwd": folder, **options}
    done = subprocess.run(line, env=environ, capture_output=True, timeout=_RUN_S, check=False, **options)
    words = done.stderr.decode("utf-8", "replace")
    if "Traceback" in words or done.returncode not in statuses:
        raise Lost(f"status {done.returncode}: {words.strip()[-300:]}")
    if any(waiting.iterdir()):
        raise Lost(f"remains: {sorted(waiting.iterdir())}")
    return Run(done.returncode, words, json.loads(done.stdout) if done.stdout.strip() else {})


def require(holds: object, words: str) -> None:
    """Note a loss where something does not hold."""
    if not holds:
        raise Lost(words)


def book_of(folder: Path, count: int) -> Path:
    """Make a folder of small pages, and return it."""
    (folder / "in").mkdir()
    for number in range(count):
        (folder / "in" / f"{number}.png").write_bytes(small_page(number))
    return folder / "in"


def names_in(folder: Path) -> list[str]:
    """Return the paths of all files in a folder, relative to it."""
    return sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file())


def _links(folder: Path) -> str:
    pages, other = book_of(folder, 2), folder / "other.png"
    other.write_bytes(small_page(9))
    for name, target in {
        "gone": "/nonexistent",
        "loop": pages,
        "self": "self.png",
        "out": "/etc",
        "file": other,
    }.items():
        (pages / f"{name}.png").symlink_to(target)
    os.mkfifo(pages / "pipe.png")
    (pages / "folder.png").mkdir()
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(os.path.relpath(pages / "socket.png"))
    run_irodori(folder, pages, "-o", folder / "out")
    found = names_in(folder / "out")
    require({"0.png", "1.png"} <= set(found) <= {"0.png", "1.png", "file.png"}, f"written: {found}")
    return f"held: {found}"


def _pipes(folder: Path) -> str:
    page = book_of(folder, 1) / "0.png"
    os.mkfifo(folder / "pipe.png")
    run_irodori(folder, folder / "pipe.png", "-o", folder / "out", statuses=(2,))
    run_irodori(folder, page, "-r", folder / "pipe.png", "-o", folder / "out", statuses=(2,))
    run_irodori(folder, page, "-o", folder / "pipe.png", statuses=(1, 2))
    run_irodori(folder, page, "-o", folder / "out", "--hints", folder / "pipe.png", statuses=(2,))
    return "held"


def _no_outputs(folder: Path) -> str:
    page = book_of(folder, 1) / "0.png"
    for target in ("/proc/irodori", "/sys/irodori", "/dev/null/x", "/dev/full", "/proc/self/mem", "/dev/stdout"):
        run_irodori(folder, page, "-o", target, statuses=(1, 2))
    return "held"


def _small_files(folder: Path) -> str:
    import resource

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))

    run_irodori(folder, book_of(folder, 3), "-o", folder / "out", statuses=(1, 2), preexec_fn=bound)
    left = [name for name in names_in(folder) if name.endswith(".part")]
    require(not left, f"left behind: {left}")
    for name in names_in(folder / "out") if (folder / "out").exists() else []:
        with Image.open(folder / "out" / name) as picture:
            picture.load()
    return "held"


@contextmanager
def small_disk(place: Path, *options: str) -> Iterator[bool]:
    """Mount a small disk; gives whether that can be done here."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "irodori", str(place)]
    mounted = shutil.which("mount") is not None and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], capture_output=True, check=False)


def _full_disk(folder: Path) -> str:
    pages = book_of(folder, 4)
    with small_disk(folder / "disk", "size=300k") as mounted:
        if not mounted:
            return "left out: only root may mount"
        for target in ("out", "out.cbz"):
            run_irodori(folder, pages, "-o", folder / "disk" / target, statuses=(1, 2))
            left = [name for name in names_in(folder / "disk") if ".irodori-" in name]
            require(not left, f"left behind: {left}")
    with small_disk(folder / "other", "size=300k") as mounted:
        full = run_irodori(folder, pages, "-o", folder / "out", environ={"IRODORI_HOME": str(folder / "other")})
        require(full.told["counts"]["written"] == 4, f"told: {full.told.get('counts')}")
    return "held"


def _no_writing(folder: Path) -> str:
    pages = book_of(folder, 1)
    with small_disk(folder / "disk", "size=20m") as mounted:
        if not mounted:
            return "left out: only root may mount"
        (folder / "disk" / "home").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", str(folder / "disk")], check=True)
        run_irodori(folder, pages, "-o", folder / "disk" / "out", statuses=(2,))
        run_irodori(folder, pages, "-o", folder / "out", environ={"IRODORI_HOME": str(folder / "disk/home")})
    return "held"


def _nowhere(folder: Path) -> str:
    page = book_of(folder, 1) / "0.png"
    run_irodori(
        folder, page, "-o", folder / "one", without=("HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    )
    (folder / "gone").mkdir()
    script = f'cd "{folder}/gone" && rmdir "{folder}/gone" && exec "$@"'
    line = [
        "sh",
        "-c",
        script,
        "sh",
        sys.executable,
        "-m",
        "host.cli",
        "colorize",
        str(page),
        "-o",
        str(folder / "two"),
    ]
    environ = os.environ | {"IRODORI_HOME": str(folder / "home"), "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(line, env=environ, capture_output=True, text=True, check=False, timeout=_RUN_S)
    require(done.returncode in (0, 2) and "Traceback" not in done.stderr, f"{done.returncode}: {done.stderr[-300:]}")
    return f"held: status {done.returncode} without a working folder"


def _ascii(folder: Path) -> str:
    page = folder / "頁 ｱ.png"
    page.write_bytes(small_page(1))
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
    run_irodori(folder, page, "-o", folder / "out", "--report", "--runmeta", environ=plain)
    require("頁 ｱ.png" in names_in(folder / "out"), f"written: {names_in(folder / 'out')}")
    raw = folder / os.fsdecode(b"\xff\x83\x5c.png")
    raw.write_bytes(small_page(2))
    for target in ("raw", "raw.cbz"):
        made = run_irodori(folder, raw, "-o", folder / target, "--report")
        require(made.told["counts"]["written"] == 1, f"told: {made.told['counts']}")
    return "held"


def _two_at_once(folder: Path) -> str:
    pages = book_of(folder, 4)
    environ = os.environ | {"IRODORI_HOME": str(folder / "home"), "PYTHONPATH": str(_ROOT)}
    for target in ("out", "out.cbz"):
        line = [sys.executable, "-m", "host.cli", "colorize", str(pages), "-o", str(folder / target)]
        both = [subprocess.Popen(line, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        ends = [process.communicate(timeout=_RUN_S)[1] for process in both]
        require(all(process.returncode == 0 for process in both), f"ended: {ends}")
    require(len(zipfile.ZipFile(folder / "out.cbz").namelist()) == 4, "the archive lacks pages")
    require(len(names_in(folder / "out")) == 4, f"written: {names_in(folder / 'out')}")
    return "held"


def _wrong_clock(folder: Path) -> str:
    page = book_of(folder, 1) / "0.png"
    run_irodori(folder, page, "-o", folder / "one")
    for file in (folder / "home").rglob("*"):
        if file.is_file() and file.read_bytes()[:15] == b"SQLite format 3":
            _put_off(file)
    (folder / "other.png").write_bytes(small_page(7))
    run_irodori(folder, page, "-o", folder / "two")
    run_irodori(folder, folder / "other.png", "-o", folder / "three")
    again = run_irodori(folder, folder / "other.png", "-o", folder / "four")
    require(again.told["pages"][0]["verdict"] == "cached", "a page is not kept any more")
    return "held"


def _put_off(database: Path) -> None:
    """Set all times of a database thirty years off."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            for _, column, *_ in connection.execute(f"pragma table_info({table})").fetchall():
                if any(word in column for word in ("_at", "used", "stored", "created", "time")):
                    connection.execute(f"update {table} set {column} = {column} + {_LATER_S}")


def _umask(folder: Path) -> str:
    run_irodori(folder, book_of(folder, 1), "-o", folder / "out", "--report", "--runmeta", umask=_STRICT)
    run_irodori(folder, folder / "in", "-o", folder / "out.cbz", umask=_STRICT)
    open_to = [one.name for one in (folder / "out").rglob("*") if one.stat().st_mode & _STRICT]
    open_to += ["out.cbz"] * bool((folder / "out.cbz").stat().st_mode & _STRICT)
    require(not open_to, f"others may read {open_to}")
    return "held"


def _meeting_paths(folder: Path) -> str:
    pages = book_of(folder, 1)
    mine = folder / "mine.webp"
    shutil.copy(_REFERENCE, mine)
    for target in (mine, pages, pages / "0.png"):
        run_irodori(folder, pages / "0.png", "-r", mine, "-o", target, statuses=(2,))
    require(mine.read_bytes() == _REFERENCE.read_bytes(), "the reference was changed")
    require((pages / "0.png").read_bytes() == small_page(0), "the page was changed")
    for name, number in {"one": 3, "two": 4}.items():
        (folder / name).mkdir()
        (folder / name / "01.png").write_bytes(small_page(number))
    made = run_irodori(folder, folder / "one/01.png", folder / "two/01.png", "-o", folder / "both")
    require(
        len(names_in(folder / "both")) == made.told["counts"]["written"] == 2, f"written: {names_in(folder / 'both')}"
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as book:
        book.writestr("bad.png", b"rubbish")
    (folder / "bad.cbz").write_bytes(archive.getvalue())
    (folder / "good.cbz").write_bytes(b"PK mine")
    run_irodori(folder, folder / "bad.cbz", "-o", folder / "good.cbz", statuses=(1, 2))
    require((folder / "good.cbz").read_bytes() == b"PK mine", "an archive was replaced by one without a page")
    return "held"


_TRIALS: Final[dict[str, Callable[[Path], str]]] = {
    "links, pipes, sockets, folders": _links,
    "pipes as inputs and outputs": _pipes,
    "outputs that cannot be": _no_outputs,
    "a bound on files": _small_files,
    "a full disk": _full_disk,
    "a disk without writing": _no_writing,
    "no home, no working folder": _nowhere,
    "an ASCII locale, raw names": _ascii,
    "two runs at once": _two_at_once,
    "a clock that was wrong": _wrong_clock,
    "a strict umask": _umask,
    "paths that meet": _meeting_paths,
}
