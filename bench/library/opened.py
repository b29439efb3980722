"""What `irodori library colour` writes, opened by other people's readers; and CBR, CB7, CBT as they and we read them.

Every reader that is here is asked, the others are named. A loss is: a reader that finds a fault, another count or
order of pages, a page with other pixels (PDF) or other bytes (EPUB, CBZ) than the folder output has, a direction that
was lost, an archive whose pages we read otherwise than they do.

    pip install pymupdf ebooklib comicbox; apt-get install epubcheck unzip 7zip libarchive-tools unar
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from bench.library.shelves import ROOT, page, start, volume
from host.books.volume import open_volumes

if TYPE_CHECKING:
    from collections.abc import Sequence

_COUNT: Final = 4
_TOOL_S: Final = 300
_INFO: Final = b"<ComicInfo><Series>Bench</Series><Number>1</Number><Manga>YesAndRightToLeft</Manga></ComicInfo>"
Check = Callable[[Path, Path], str]
"""Takes a file and the folder with the same pages; returns what is wrong, empty for nothing."""


def main(arguments: Sequence[str]) -> int:
    """Print a line for each reader and file; return 1 where one finds a fault."""
    parser = argparse.ArgumentParser(prog="python -m bench.library opened", description=__doc__)
    parser.add_argument("archives", nargs="*", type=Path, help="archives of any kind that are read here and by others")
    options = parser.parse_args(list(arguments))
    lost = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = _coloured(folder, "folder") / "v"
        for kind, checks in _CHECKS.items():
            written = _coloured(folder, kind) / f"v.{kind}"
            lost += sum(not _told(f"{kind}: {title}", check, written, plain) for title, check in checks.items())
        again = _again(folder, plain)
        lost += bool(again)
        sys.stdout.write(f"read by us again: {again or 'the same pages'}\n")
        lost += sum(_archive(path) for path in [*_made(folder), *options.archives])
    missing = [name for name, is_there in _READERS.items() if not is_there()]
    sys.stdout.write(f"{lost} faults; not here: {', '.join(missing) or 'none'}\n")
    return 1 if lost else 0


def _coloured(folder: Path, kind: str) -> Path:
    """Return the output of a shelf of one volume, as a kind."""
    if not (folder / "shelf").exists():
        files = {f"{number:03}.jpg": page(number) for number in range(_COUNT)}
        volume(folder / "shelf" / "v", "cbz", files)
        with zipfile.ZipFile(folder / "shelf" / "v.cbz", "w") as archive:
            for name, data in {**files, "ComicInfo.xml": _INFO}.items():
                archive.writestr(name, data)
    output = folder / f"out-{kind}"
    line, environ = start(folder / "home", folder / "shelf", "-o", output, "--format", kind, "--pages", "png")
    subprocess.run(line, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
    return output


def _told(title: str, check: Check, written: Path, plain: Path) -> bool:
    """Print what a reader found; return whether it found nothing wrong."""
    wrong = check(written, plain)
    if wrong != _ABSENT:
        sys.stdout.write(f"{title}: {wrong or 'as it should be'}\n")
    return wrong in ("", _ABSENT)


_ABSENT: Final = "absent"


def _pages(plain: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(plain.iterdir()) if path.suffix in (".png", ".jpg")]


def _pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB")).tobytes()


def _same(found: Sequence[bytes], wanted: Sequence[bytes], what: str) -> str:
    if len(found) != len(wanted):
        return f"{len(found)} of {len(wanted)} pages"
    other = [number for number, both in enumerate(zip(found, wanted, strict=True), 1) if both[0] != both[1]]
    return f"other {what} on pages {other}" if other else ""


def _run(*line: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([str(one) for one in line], capture_output=True, timeout=_TOOL_S, check=False)


def _tool(name: str, *line: object) -> Check:
    """Return a check by a program whose status is 0 where nothing is wrong."""

    def check(written: Path, _plain: Path) -> str:
        if shutil.which(name) is None:
            return _ABSENT
        done = _run(name, *line, written)
        words = (done.stdout + done.stderr).decode("utf-8", "replace").strip().splitlines()
        return "" if done.returncode == 0 else " | ".join(words[-8:]) or f"status {done.returncode}"

    return check


# --- PDF ---


def _mupdf(written: Path, plain: Path) -> str:
    if find_spec("pymupdf") is None:
        return _ABSENT
    import pymupdf as fitz

    fitz.TOOLS.mupdf_warnings()
    with fitz.open(written) as document:
        found = []
        for number in range(len(document)):
            [image] = document[number].get_images()
            pixmap = fitz.Pixmap(document, image[0])
            found.append(fitz.Pixmap(fitz.csRGB, pixmap).samples if pixmap.colorspace.n != 3 else pixmap.samples)
            document[number].get_pixmap()
        direction = document.xref_get_key(document.pdf_catalog(), "ViewerPreferences/Direction")[1]
    warned = fitz.TOOLS.mupdf_warnings()
    wrong = _same(found, list(map(_pixels, _pages(plain))), "pixels")
    return "; ".join(filter(None, [wrong, warned, "" if direction == "/R2L" else f"direction {direction}"]))


def _pikepdf(written: Path, _plain: Path) -> str:
    if find_spec("pikepdf") is None:
        return _ABSENT
    import pikepdf

    with pikepdf.open(written) as document:
        return "; ".join(map(str, document.check_pdf_syntax()))


# --- EPUB ---


def _epubcheck(written: Path, _plain: Path) -> str:
    found = shutil.which("epubcheck")
    if found is None:
        return _ABSENT
    is_archive = zipfile.is_zipfile(found)  # Debian's is the jar itself, which only some systems start
    done = _run(*(["java", "-jar", Path(found).resolve()] if is_archive else [found]), written)
    words = (done.stdout + done.stderr).decode("utf-8", "replace")
    return "" if "0 fatals / 0 errors / 0 warnings" in words else words.strip()[-600:]


def _ebooklib(written: Path, plain: Path) -> str:
    if find_spec("ebooklib") is None:
        return _ABSENT
    from ebooklib import epub

    book = epub.read_epub(str(written), {"ignore_ncx": True})
    pages = [book.get_item_with_id(identifier) for identifier, _ in book.spine]
    found = []
    for one in pages:
        address = one.get_content().decode().partition('<img src="../')[2].partition('"')[0]
        found.append(book.get_item_with_href(address).get_content())
    wrong = _same(found, _pages(plain), "bytes")
    return "; ".join(filter(None, [wrong, "" if book.direction == "rtl" else f"direction {book.direction}"]))


# --- CBZ ---


def _comicbox(written: Path, plain: Path) -> str:
    if find_spec("comicbox") is None:
        return _ABSENT
    from comicbox.box import Comicbox

    with Comicbox(written) as comic:
        names = list(comic.get_page_filenames())
        found = [comic.get_page_by_filename(name) for name in names]
        told: Any = comic.to_dict().get("comicbox", {})
    wrong = _same(found, _pages(plain), "bytes")
    direction = str(told.get("reading_direction", "")).lower()
    series = (told.get("series") or {}).get("name")
    facts = "" if "r" in direction[:1] and series == "Bench" else f"direction {direction}, series {series}"
    return "; ".join(filter(None, [wrong, facts]))


_CHECKS: Final[dict[str, dict[str, Check]]] = {
    "pdf": {
        "PyMuPDF": _mupdf, "pikepdf (qpdf)": _pikepdf, "pdfinfo": _tool("pdfinfo"), "mutool": _tool("mutool", "info"),
    },
    "epub": {"EPUBCheck": _epubcheck, "ebooklib": _ebooklib},
    "cbz": {
        "comicbox": _comicbox, "unzip": _tool("unzip", "-t"), "7-Zip": _tool("7z", "t"),
        "bsdtar": _tool("bsdtar", "-tf"),
    },
}  # fmt: skip


def _again(folder: Path, plain: Path) -> str:
    """Say whether we read our own PDF, EPUB and CBZ as the pages that went in."""
    for kind in _CHECKS:
        [book] = open_volumes(folder / f"out-{kind}" / f"v.{kind}")
        try:
            found = [_pixels(one.read()) for one in book.pages]
        finally:
            book.close()
        wrong = _same(found, list(map(_pixels, _pages(plain))), "pixels")
        if wrong or book.direction != "rtl":
            return f"{kind}: {wrong} {book.direction}"
    return ""


# --- archives that others made ---


def _made(folder: Path) -> list[Path]:
    files = {f"{number:03}.jpg": page(number) for number in range(_COUNT)}
    for kind in ("7z", "tar"):
        volume(folder / "others" / kind / "v", kind, files)
    return sorted((folder / "others").rglob("v.*"))


def _archive(path: Path) -> int:
    """Compare the files of an archive as we read it with those that other programs take out; return 1 on a fault."""
    try:
        books = open_volumes(path)
    except Exception as exc:  # noqa: BLE001 - told beside what the others say
        sys.stdout.write(f"{path.name}: not read here: {exc}\n")
        return 0
    ours = sorted(hashlib.sha256(one.read()).hexdigest() for book in books for one in book.pages)
    for book in books:
        book.close()
    said = {}
    with tempfile.TemporaryDirectory() as name:
        for tool, line in _EXTRACT.items():
            if shutil.which(tool) is not None:
                target = Path(name) / tool
                target.mkdir()
                done = _run(*[str(one).format(path=path, target=target) for one in line])
                if done.returncode == 0:
                    there = {hashlib.sha256(one.read_bytes()).hexdigest() for one in target.rglob("*") if one.is_file()}
                    said[tool] = len(set(ours) - there)
    words = json.dumps(said) if said else "nobody else reads it"
    sys.stdout.write(f"{path.name}: {len(ours)} pages here; of them others do not have: {words}\n")
    return int(any(said.values()))


_EXTRACT: Final = {
    "unrar": ("unrar", "x", "-y", "{path}", "{target}/"),
    "unar": ("unar", "-q", "-o", "{target}", "{path}"),
    "7z": ("7z", "x", "-y", "-o{target}", "{path}"),
    "bsdtar": ("bsdtar", "-xf", "{path}", "-C", "{target}"),
}
_READERS: Final[dict[str, Callable[[], bool]]] = {
    **{
        name: (lambda name=name: find_spec(name) is not None) for name in ("pymupdf", "ebooklib", "comicbox", "pikepdf")
    },
    **{
        name: (lambda name=name: shutil.which(name) is not None)
        for name in ("epubcheck", "pdfinfo", "mutool", "unzip", "7z", "bsdtar", "unrar", "unar")
    },
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
