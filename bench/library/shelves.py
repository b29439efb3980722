"""Shelves made of the tests' pages: small volumes of every kind, good and bad."""

from __future__ import annotations

import io
import os
import random
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[2]
_PAGES: Final = ROOT / "tests" / "pages"
_NAMES: Final = ("panels-ja.jpg", "manga-rain-ja.webp", "panels-en.webp", "insets-en.jpg", "figures-en.webp")
_INFO: Final = b"<ComicInfo><Series>Bench</Series><Manga>YesAndRightToLeft</Manga></ComicInfo>"
KINDS: Final = ("cbz", "tar", "tar.gz", "7z", "pdf", "epub", "folder", "nested")


def page(number: int, width: int = 220) -> bytes:
    """Return a small page, another one for each number."""
    with Image.open(_PAGES / _NAMES[number % len(_NAMES)]) as picture:
        small = (
            picture.convert("RGB")
            .resize((width, width * 7 // 5))
            .rotate(number % 997 * 0.003, Image.Resampling.BILINEAR, fillcolor="white")
        )
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def mixed(shelf: Path, count: int, seed: int = 0) -> int:
    """Make `count` volumes of one to three pages; return how many pages they have, bad ones too."""
    dice = random.Random(seed)
    pages = 0
    for number in range(count):
        files = {f"{place:03}.jpg": page(dice.randrange(1000)) for place in range(dice.randint(1, 3))}
        if dice.random() < 0.1:
            files["bad.jpg"] = b"rubbish"
        kind = KINDS[number % len(KINDS)]
        if kind == "pdf":
            files.pop("bad.jpg", None)
        pages += len(files) + (kind == "nested")
        volume(shelf / f"Series {number % 5}" / f"v{number:04}", kind, files)
    return pages


def volume(path: Path, kind: str, files: Mapping[str, bytes]) -> None:
    """Write one volume; `path` is without a suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.with_name(f"{path.name}.{kind}")
    if kind == "folder":
        path.mkdir()
        for name, data in files.items():
            (path / name).write_bytes(data)
    elif kind in ("tar", "tar.gz"):
        _tar(path.with_name(f"{path.name}.cbt"), files, "w:gz" if kind == "tar.gz" else "w")
    elif kind == "7z":
        import libarchive

        with libarchive.file_writer(str(path.with_name(f"{path.name}.cb7")), "7zip") as archive:
            for name, data in files.items():
                archive.add_file_from_memory(name, len(data), data)
    elif kind == "pdf":
        import img2pdf

        target.write_bytes(img2pdf.convert(list(files.values())))
    elif kind == "epub":
        _epub(target, files)
    elif kind == "nested":
        inner = io.BytesIO()
        _zip(inner, {"1.jpg": page(len(files))})
        _zip(path.with_name(f"{path.name}.cbz"), {**files, "inner.cbz": inner.getvalue()})
    else:
        _zip(target, {**files, "ComicInfo.xml": _INFO})


def start(home: Path, *arguments: object) -> tuple[list[str], dict[str, str]]:
    """Return the command line of `irodori library colour` and its environment."""
    line = [sys.executable, "-m", "host.cli", "library", "colour", *map(str, arguments)]
    return line, os.environ | {"IRODORI_HOME": str(home), "NO_COLOR": "1"}


def _zip(target: Path | io.BytesIO, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def _tar(path: Path, files: Mapping[str, bytes], mode: str) -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(data)
            archive.addfile(facts, io.BytesIO(data))


def _epub(path: Path, files: Mapping[str, bytes]) -> None:
    from host.books.epub_file import EpubFile
    from host.errors import ImageInvalid

    with EpubFile(path, "Bench", "1", "rtl") as epub:
        for number, data in enumerate(files.values(), 1):
            try:
                epub.add(number, data)
            except ImageInvalid:
                epub.add(number, page(number))
