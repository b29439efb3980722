"""Give inputs that are trouble to the command line, and their pictures to a host over its wire.

Inputs are made here (names, suffixes, pictures, colours), or lie in folders that are named: each of their files and
folders is one. A loss is: a traceback, another status than 0, 1 and 2, a page that is not in the output, two in one
place, a failed page with other bytes, counts and status that disagree, remains, raw control characters, a page that the
host does not end or ends with E_INTERNAL or otherwise than the command line; and of what is made here a wrong verdict.
With --library each is coloured by `irodori library colour` as well: as many pages have to come in and out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import zipfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.faults.made.books import books
from bench.faults.made.colours import colours
from bench.faults.made.encodings import encodings
from bench.faults.made.lies import lies
from bench.faults.made.made import Made
from bench.faults.made.names import names
from bench.faults.made.parcels import parcels
from bench.faults.made.pictures import pictures
from bench.faults.made.strangers import strangers
from bench.faults.made.suffixes import suffixes
from host.books.book import UnreadablePage
from host.books.inputs import open_inputs
from host.errors import IrodoriError
from host.messaging.client import HostClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from host.books.book import BookPage

_ROOT: Final = Path(__file__).parents[2]
_REFERENCE: Final = _ROOT / "tests" / "pages" / "reference-warm.webp"
_MADE: Final[dict[str, Callable[[], Iterator[Made]]]] = {
    "names": names, "suffixes": suffixes, "pictures": pictures, "encodings": encodings, "colours": colours,
    "books": books, "lies": lies, "strangers": strangers, "parcels": parcels,
}  # fmt: skip
_RUN_S: Final = 3600
_PING_S: Final = 20.0
_ENDS: Final = {"page.done": "coloured", "page.skipped": "skipped", "page.failed": "failed"}
_PRINTED: Final = "\n\r\t"
# Controls, what turns writing round, surrogates, separators of lines.
_UNPRINTED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(slots=True)
class Seen:
    """What came of an input: the command line's status and verdicts by page, the wire's, and what was lost.

    unread: of how many pages no byte could be had, so that they are in no output.
    """

    status: int = 0
    verdicts: dict[str, str] = field(default_factory=dict)
    unread: int = 0
    wire: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    took_s: float = 0.0


def main(arguments: Sequence[str]) -> int:
    """Try all, print a line for each; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults inputs", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="their files and folders are tried instead")
    parser.add_argument("--made", nargs="*", default=list(_MADE), choices=list(_MADE))
    parser.add_argument("--only", default="", help="names that hold this")
    parser.add_argument("--library", action="store_true", help="by `irodori library colour` as well")
    options = parser.parse_args(arguments)
    inputs: Iterable[Made | Path] = _lying(options.folders) or (one for kind in options.made for one in _MADE[kind]())
    count = lost = 0
    with tempfile.TemporaryDirectory(prefix="irodori-inputs-") as name:
        for number, each in enumerate(inputs):
            title = each.name if isinstance(each, Made) else "/".join(each.parts[-2:])
            if options.only not in title:
                continue
            seen = _try(each, Path(name) / f"{number}", library=options.library)
            count, lost = count + 1, lost + bool(seen.lost)
            sys.stdout.write(_line(title, seen))
            sys.stdout.flush()
    sys.stdout.write(f"{count} inputs, {lost} with losses\n")
    return 1 if lost else 0


def _lying(folders: Sequence[Path]) -> list[Made | Path]:
    """Return what lies in folders; what only explains the others is no input."""
    return [one for folder in folders for one in sorted(folder.resolve().iterdir()) if one.suffix != ".md"]


def _line(title: str, seen: Seen) -> str:
    became = ", ".join(f"{count} {verdict}" for verdict, count in sorted(Counter(seen.verdicts.values()).items()))
    wire = ", ".join(f"{count} {verdict}" for verdict, count in sorted(seen.wire.items()))
    words = f"{title:38} status {seen.status}  {became or 'refused':34} wire: {wire or '-':30} {seen.took_s:6.1f} s"
    return words + "".join(f"\n    LOST {one}" for one in seen.lost) + "\n"


def _try(each: Made | Path, folder: Path, *, library: bool) -> Seen:
    folder.mkdir()
    path = _written(each, folder) if isinstance(each, Made) else each
    seen, began_s = Seen(), time.monotonic()
    _by_command_line(path, folder, "out", seen)
    if not path.is_dir() and seen.status != 2:
        _by_command_line(path, folder, "out.cbz", seen)
    _by_wire(path, folder, seen)
    if library:
        _by_library(path, folder, seen)
    if isinstance(each, Made):
        _judge(each, seen)
    seen.took_s = time.monotonic() - began_s
    return seen


def _written(made: Made, folder: Path) -> Path:
    inputs = folder / "in"
    inputs.mkdir()
    for name, data in made.files.items():
        (inputs / name).write_bytes(data)
    for name, target in made.links.items():
        (inputs / name).symlink_to(target)
    for name in made.pipes:
        os.mkfifo(inputs / name)
    alone = len(made.files) == 1 and not made.links and not made.pipes
    return inputs / next(iter(made.files)) if alone else inputs


def _judge(made: Made, seen: Seen) -> None:
    if seen.status not in made.statuses:
        seen.lost.append(f"status {seen.status}")
    if made.pages is not None and len(seen.verdicts) != made.pages:
        seen.lost.append(f"{len(seen.verdicts)} of {made.pages} pages")
    for name, wanted in made.verdicts.items():
        if seen.verdicts.get(name, "") not in wanted.split("|"):
            seen.lost.append(f"{name} became {seen.verdicts.get(name)}")


def _by_command_line(path: Path, folder: Path, target: str, seen: Seen) -> None:
    beside, waiting = set(folder.iterdir()), folder / f"tmp-{target}"
    waiting.mkdir()
    output = folder / target / ("o.cbz" if target.endswith("cbz") else "")
    done = _irodori(folder, waiting, seen, "colorize", path, "-r", _REFERENCE, "-o", output, "--json")
    seen.status = done.returncode
    if any(waiting.iterdir()):
        seen.lost.append(f"remains: {[one.name for one in waiting.iterdir()]}")
    strange = set(folder.iterdir()) - beside - {folder / "home", folder / target.split("/")[0], waiting}
    if strange:
        seen.lost.append(f"written elsewhere: {[one.name for one in strange]}")
    if done.returncode in (0, 1):
        _count(json.loads(done.stdout), path, output, seen)


def _irodori(folder: Path, waiting: Path, seen: Seen, *arguments: object) -> subprocess.CompletedProcess[bytes]:
    environ = os.environ | {
        "IRODORI_HOME": str(folder / "home"), "TMPDIR": str(waiting), "NO_COLOR": "1", "COLUMNS": "300",
        "PYTHONPATH": str(_ROOT),
    }  # fmt: skip
    line = [sys.executable, "-m", "host.cli", *map(str, arguments)]
    done = subprocess.run(line, env=environ, cwd=folder, capture_output=True, timeout=_RUN_S, check=False)
    words = done.stderr.decode("utf-8", "replace")
    if "Traceback" in words or done.returncode not in (0, 1, 2):
        seen.lost.append(f"ended with {done.returncode}: {words.splitlines()[-1:]}")
    if any(unicodedata.category(letter) in _UNPRINTED and letter not in _PRINTED for letter in words):
        seen.lost.append("control characters were printed")
    return done


def _by_library(path: Path, folder: Path, seen: Seen) -> None:
    shelf, output = path, folder / "coloured"
    if not path.is_dir():
        shelf = folder / "shelf"
        shelf.mkdir()
        shutil.copy(path, shelf)
    waiting = folder / "tmp-library"
    waiting.mkdir()
    done = _irodori(folder, waiting, seen, "library", "colour", shelf, "-o", output, "--workers", "1")
    if any(waiting.iterdir()):
        seen.lost.append(f"remains of the library: {[one.name for one in waiting.iterdir()]}")
    if done.returncode == 2:
        return
    counts = json.loads((output / "report.json").read_text())["counts"]
    made = any(verdict != "failed" for verdict in seen.verdicts.values())
    if counts["pages"] != len(seen.verdicts) or counts["written"] != (counts["pages"] - seen.unread if made else 0):
        seen.lost.append(f"by library {counts['pages']} pages in, {counts['written']} out, {len(seen.verdicts)} here")


def _count(told: dict[str, Any], path: Path, output: Path, seen: Seen) -> None:
    """Hold what was told against what stands there."""
    counts, pages = told["counts"], told["pages"]
    books = len({page["book"] for page in pages})
    seen.verdicts = {_key(page["book"], page["page"], books): page["verdict"] for page in pages}
    ended = sum(counts[name] for name in ("coloured", "cached", "skipped", "failed"))
    if counts["pages"] != len(pages) or ended != counts["pages"]:
        seen.lost.append(f"counts: {counts}")
    if (seen.status == 0) != (counts["failed"] == 0 and not (seen.status and counts["left_out"])):
        seen.lost.append(f"status {seen.status} with {counts['failed']} failed")
    if output.suffix == ".cbz":
        there = zipfile.ZipFile(output).namelist() if output.exists() else []
    else:
        there = [one.relative_to(output).as_posix() for one in output.rglob("*") if one.is_file()]
    if len(there) < counts["written"] or len(set(map(str.casefold, there))) != len(there):
        seen.lost.append(f"{len(there)} files for {counts['written']} pages")
    made = any(page["verdict"] in ("coloured", "cached") for page in pages)
    absent = [page for page in pages if page.get("output") is None]
    seen.unread = sum(map(_cannot_be_read, absent))
    if absent and (made or output.suffix != ".cbz") and not all(map(_cannot_be_read, absent)):
        seen.lost.append(f"not in the output: {[page['page'] for page in absent]}")
    if path.is_dir():
        _same_bytes(pages, path, seen)


def _cannot_be_read(page: dict[str, Any]) -> bool:
    return page["verdict"] == "failed" and "cannot be read" in (page.get("error") or {}).get("message", "")


def _same_bytes(pages: list[dict[str, Any]], path: Path, seen: Seen) -> None:
    """Check that pages that stay as they are have their bytes."""
    files = [one for one in path.rglob("*") if one.is_file() and not one.is_symlink()]
    known = {hashlib.sha256(one.read_bytes()).digest() for one in files}
    for page in pages:
        if page["verdict"] in ("failed", "skipped") and page.get("output") is not None:
            there = Path(page["output"])
            if there.is_file() and hashlib.sha256(there.read_bytes()).digest() not in known:
                seen.lost.append(f"{page['page']} has other bytes")


def _by_wire(path: Path, folder: Path, seen: Seen) -> None:
    """Send each page by itself; one host for all."""
    try:
        books = open_inputs([path], folder / "nowhere")
    except IrodoriError:
        return
    with ExitStack() as stack:
        for book in books:
            stack.callback(book.close)
        _send_all(
            [(_key(book.name, page.name, len(books)), page) for book in books for page in book.pages], folder, seen
        )


def _key(book: str, page: str, books: int) -> str:
    """Return what a page is called among those of so many books."""
    return page if books == 1 else f"{book}/{page}"


def _send_all(pages: Sequence[tuple[str, BookPage]], folder: Path, seen: Seen) -> None:
    with HostClient.spawn(home=folder / "wire", stderr=subprocess.DEVNULL) as host:
        host.hello()
        reference = host.call("reference.add", {"image": _REFERENCE.read_bytes()})["reference_id"]
        for number, (name, page) in enumerate(pages):
            try:
                image = page.read()
            except UnreadablePage:
                continue
            verdict, code = _send(host, image, f"{number}", reference)
            seen.wire[verdict] += 1
            if code == "E_INTERNAL":
                seen.lost.append(f"{name} by wire: {code}")
            told = seen.verdicts.get(name, verdict).replace("cached", "coloured")
            if told != verdict:
                seen.lost.append(f"{name} is {told} by the command line, {verdict} by wire")


def _send(host: HostClient, image: bytes, name: str, reference: str) -> tuple[str, str]:
    """Return what a page became, and the code where it failed."""
    row = {"page_id": name, "index": 0, "sha256": hashlib.sha256(image).hexdigest()}
    chapter = {"series": "S", "chapter": name, "direction": "auto", "references": [reference], "pages": [row]}
    accepted = host.call("pipeline.run_chapter", chapter)
    if accepted["need"]:
        host.put_page(accepted["job_id"], name, image)

    def ended(notes: list[tuple[str, dict[str, Any]]]) -> tuple[str, dict[str, Any]] | None:
        return next((note for note in notes if note[0] in _ENDS and note[1]["job_id"] == accepted["job_id"]), None)

    until_s = time.monotonic() + _RUN_S
    while True:
        try:
            method, told = host.wait_until(ended, _PING_S)
            break
        except TimeoutError:
            if time.monotonic() > until_s:
                raise
            host.call("session.ping")  # a host that hears nothing for long ends
    return _ENDS[method], str((told.get("error") or {}).get("code", ""))
