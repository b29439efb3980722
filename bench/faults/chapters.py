"""Colour an ordinary chapter by host and by command line, colour and analyze a strip; print the largest memory of each.

A chapter is ten pages of 1200 x 1800 after one reference. Bounds: 500 MB for a chapter; 500 MB and the picture that is
made for a strip of 800 x 60,000; 750 MB and the picture for pages of proportions that nobody draws. The memory of
decoding processes counts. A loss is more, or a page without colour.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PIL import Image, ImageOps

from bench.faults.memory import MemoryWatch
from host.messaging.client import HostClient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROOT: Final = Path(__file__).parents[2]
_PAGES: Final = _ROOT / "tests" / "pages"
_DRAWN: Final = ("panels-en.webp", "panels-ja.jpg", "manga-library-ja.png", "insets-en.jpg", "manga-rain-ja.webp")
_REFERENCE: Final = _PAGES / "reference-warm.webp"
_SIZE: Final = (1200, 1800)
_STRIP: Final = (800, 60_000)
_NARROW: Final = ((200_000, 100), (40_000, 60), (300, 60_000))
_CHAPTER_BYTES: Final = 500 * 10**6
_STRIP_BYTES: Final = _CHAPTER_BYTES + 3 * _STRIP[0] * _STRIP[1]
_NARROW_BYTES: Final = 750 * 10**6
_ANSWER_S: Final = 1800.0


class Figures(NamedTuple):
    """What a run took, and how many of its pages got colour."""

    peak_bytes: int
    lasted_s: float
    coloured: int


def main(arguments: Sequence[str]) -> int:
    """Measure; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults chapters", description=__doc__)
    ways: dict[str, tuple[Callable[[Path], Figures], int | None, int]] = {
        "host": (_by_host, 10, _CHAPTER_BYTES),
        "command line": (_by_command_line, 10, _CHAPTER_BYTES),
        "strip": (_strip_by_command_line, 1, _STRIP_BYTES),
        "strip analyzed": (_strip_analyzed, 1, _STRIP_BYTES),
        **{
            f"{width}x{height}": (partial(_narrow, (width, height)), None, _NARROW_BYTES + 3 * width * height)
            for width, height in _NARROW
        },
    }
    parser.add_argument("--only", nargs="*", default=list(ways), choices=list(ways))
    lost = 0
    for name in parser.parse_args(arguments).only:
        run, pages, bound = ways[name]
        with tempfile.TemporaryDirectory(prefix="irodori-chapters-") as folder:
            found = run(Path(folder))
        good = found.peak_bytes <= bound and found.coloured == (found.coloured if pages is None else pages)
        lost += not good
        sys.stdout.write(
            f"{name:14} {'held' if good else 'LOST'}: at most {found.peak_bytes / 1e6:.0f} MB of {bound / 1e6:.0f}, "
            f"{found.coloured} of {pages or 1} coloured, {found.lasted_s:.1f} s\n"
        )
        sys.stdout.flush()
    sys.stdout.write(f"{lost} losses\n")
    return 1 if lost else 0


def chapter_pages() -> list[bytes]:
    """Return ten grey pages of 1200 x 1800 as PNG: five pages of comics, and each of them mirrored."""
    pages = []
    for name in _DRAWN:
        with Image.open(_PAGES / name) as picture:
            page = picture.convert("L").resize(_SIZE, Image.Resampling.LANCZOS)
        pages += [_png(page), _png(ImageOps.mirror(page))]
    return pages


def strip_page() -> bytes:
    """Return a grey strip of 800 x 60,000 as PNG: pages of comics, one below the other, paper between them."""
    strip, top = Image.new("L", _STRIP, 255), 0
    while top < strip.height:
        for name in _DRAWN:
            with Image.open(_PAGES / name) as picture:
                page = picture.convert("L").resize((_STRIP[0], 1130), Image.Resampling.LANCZOS)
            strip.paste(page, (0, top))
            top += page.height + 60
    return _png(strip)


def _by_host(folder: Path) -> Figures:
    pages = {f"p{number}": page for number, page in enumerate(chapter_pages())}
    with HostClient.spawn(home=folder) as host:
        host.hello()
        assert host.process is not None
        began_s = time.monotonic()
        with MemoryWatch(host.process.pid) as memory:
            added = host.call("reference.add", {"image": _REFERENCE.read_bytes()})
            rows = [
                {"page_id": name, "index": index, "sha256": hashlib.sha256(page).hexdigest(), "visible": True}
                for index, (name, page) in enumerate(pages.items())
            ]
            chapter = {
                "series": "S",
                "chapter": "1",
                "direction": "auto",
                "references": [added["reference_id"]],
                "pages": rows,
            }
            accepted = host.call("pipeline.run_chapter", chapter)
            for name in accepted["need"]:
                host.put_page(accepted["job_id"], name, pages[name])
            done = host.wait_for("job.done", _ANSWER_S, job_id=accepted["job_id"])
    return Figures(memory.peak_bytes, time.monotonic() - began_s, int(done["done"]))


def _by_command_line(folder: Path) -> Figures:
    for number, page in enumerate(chapter_pages()):
        (folder / f"{number:02}.png").write_bytes(page)
    return _colorize(folder)


def _strip_by_command_line(folder: Path) -> Figures:
    (folder / "01.png").write_bytes(strip_page())
    return _colorize(folder)


def _narrow(size: tuple[int, int], folder: Path) -> Figures:
    """Colour a page of a proportion that nobody draws; whether it gets colour is left open, but it ends."""
    with Image.open(_PAGES / _DRAWN[0]) as picture:
        (folder / "01.png").write_bytes(_png(picture.convert("L").resize(size)))
    figures = _colorize(folder)
    if not list((folder / "out").iterdir()):
        raise RuntimeError(f"the page of {size} is not in the output")
    return figures


def _strip_analyzed(folder: Path) -> Figures:
    (folder / "01.png").write_bytes(strip_page())
    figures = _run(folder, "analyze", str(folder / "01.png"), "--overlay")
    return figures._replace(coloured=sum(_has_colour(path) for path in (folder / "out").glob("*.overlay.png")))


def _colorize(folder: Path) -> Figures:
    figures = _run(folder, "colorize", *map(str, sorted(folder.glob("*.png"))), "-r", str(_REFERENCE))
    return figures._replace(coloured=sum(_has_colour(path) for path in (folder / "out").glob("*.png")))


def _run(folder: Path, *arguments: str) -> Figures:
    command = [sys.executable, "-m", "host.cli", *arguments, "-o", str(folder / "out")]
    environ = os.environ | {"IRODORI_HOME": str(folder / "home")}
    began_s = time.monotonic()
    process = subprocess.Popen(command, env=environ, cwd=_ROOT, stderr=subprocess.DEVNULL)
    with process, MemoryWatch(process.pid) as memory:
        process.wait(_ANSWER_S)
    return Figures(memory.peak_bytes, time.monotonic() - began_s, 0)


def _has_colour(path: Path) -> bool:
    with Image.open(path) as picture:
        return picture.convert("RGB").reduce(8).convert("HSV").getextrema()[1][1] > 20


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
