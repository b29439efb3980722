"""Decode pictures with flipped bytes, cuts and inserted chunks, and large ones of every mode, one after the other.

A loss is anything but a page or one of the errors that a reader is told, over 5.5 s of processor, or more memory than
width x height x 8 bytes + 200 MB, the decoding process's own counted with it. A crash ends the run with its signal.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pillow_jxl  # noqa: F401 - it registers itself with Pillow
from PIL import Image

from bench.faults.memory import MemoryWatch
from host.errors import IrodoriError
from host.pipeline.decode import DecodeLimits, decode_page
from host.pipeline.decode.header import read_header

_KINDS: Final[dict[str, dict[str, object]]] = {
    "PNG": {},
    "JPEG": {},
    "JPEG progressive": {"progressive": True},
    "WEBP": {},
    "WEBP lossless": {"lossless": True},
    "GIF": {},
    "AVIF": {},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "TIFF fax": {"compression": "group4"},
    "JPEG2000": {},
    "JXL": {},
}
_LARGE: Final[tuple[tuple[str, str, dict[str, object]], ...]] = (
    ("RGBA", "PNG", {"compress_level": 1}),
    ("I;16", "PNG", {"compress_level": 1}),
    ("CMYK", "JPEG", {}),
    ("RGB", "JPEG", {"progressive": True}),
    ("RGBA", "WEBP", {"lossless": True, "quality": 0, "method": 0}),
    ("RGBA", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("F", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("RGB", "BMP", {}),
)
_SIDE_PX: Final = 7740
# A BMP has no compression: this is what the limit of encoded bytes lets through.
_BMP_SIDE_PX: Final = 4700
PROCESSOR_S: Final = 5.5
BESIDE_BYTES: Final = 200 * 10**6

Mutation = Callable[[bytearray, random.Random], None]


@dataclass(slots=True)
class Figures:
    """The worst of a kind of picture: seconds of the wall's clock and of the processor, bytes above the process.

    words: of the last error.
    """

    count: int = 0
    wall_s: float = 0.0
    processor_s: float = 0.0
    grown_bytes: int = 0
    words: str = ""


def main(arguments: Sequence[str]) -> int:
    """Decode N mutated pictures, the large ones, and those of a folder; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults pictures", description=__doc__)
    parser.add_argument("-n", type=int, default=3000, help="how many mutated pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="pictures of your own besides")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    figures: dict[str, Figures] = {}
    counts: Counter[str] = Counter()
    for kind, data in _pictures(options.n, options.seed, options.folder):
        counts[f"{try_picture(data, figures.setdefault(kind, Figures()))} {kind}"] += 1
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:6}  {name}\n")
    sys.stdout.write(f"\n{'kind':28} pictures  slowest s  processor s  MB above the process\n")
    for kind, one in sorted(figures.items()):
        row = f"{kind:28} {one.count:8} {one.wall_s:10.2f} {one.processor_s:12.2f} {one.grown_bytes / 1e6:21.0f}\n"
        sys.stdout.write(row)
    losses = sum(count for name, count in counts.items() if name.startswith("LOST"))
    sys.stdout.write(f"{counts.total()} pictures, {losses} losses\n")
    return 1 if losses else 0


def _pictures(mutated: int, seed: int, folder: Path | None) -> Iterator[tuple[str, bytes]]:
    wholes = _wholes()
    for number in range(mutated):
        dice = random.Random(f"{seed}-{number}")
        kind = dice.choice(sorted(wholes))
        data = bytearray(wholes[kind])
        for _ in range(dice.randint(1, 3)):
            dice.choice(_MUTATIONS)(data, dice)
        yield kind, bytes(data)
    yield from large_pictures()
    if folder is not None:
        yield from ((path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file())


def large_pictures() -> Iterator[tuple[str, bytes]]:
    """Yield pictures of nearly 60 megapixels, of the modes that cost most; all within the limit of encoded bytes."""
    for mode, kind, how in _LARGE:
        buffer, side = io.BytesIO(), _BMP_SIDE_PX if kind == "BMP" else _SIDE_PX
        Image.new(mode, (side, side)).save(buffer, kind, **how)
        yield f"{side * side // 10**6} MP {mode} {kind}", buffer.getvalue()


def try_picture(data: bytes, figures: Figures) -> str:
    """Decode a picture, and note what it took; return `page`, an error's code, or `LOST` and what was lost."""
    processor_s, wall_s, pixels = _processor_s(), time.monotonic(), 0
    with MemoryWatch() as memory:
        try:
            page = decode_page(data, DecodeLimits())
            verdict, pixels = "page", page.size.pixels
        except IrodoriError as exc:
            verdict, pixels = exc.code, _told_pixels(data)
            figures.words = exc.words
        except Exception as exc:  # noqa: BLE001 - this is what is looked for
            verdict = f"LOST {type(exc).__name__}"
    processor_s, wall_s = _processor_s() - processor_s, time.monotonic() - wall_s
    figures.count += 1
    figures.wall_s, figures.processor_s = max(figures.wall_s, wall_s), max(figures.processor_s, processor_s)
    figures.grown_bytes = max(figures.grown_bytes, memory.grown_bytes)
    if processor_s > PROCESSOR_S:
        return "LOST time"
    return "LOST memory" if memory.grown_bytes > 8 * pixels + BESIDE_BYTES else verdict


def _told_pixels(data: bytes) -> int:
    """Return how many pixels a picture that was refused says it has; 0 where it says nothing, or is over a limit."""
    try:
        header = read_header(data, DecodeLimits())
    except IrodoriError:
        return 0
    return header.width * header.height


def _processor_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _wholes() -> dict[str, bytes]:
    grey = np.random.default_rng(1).integers(0, 256, (180, 120), np.uint8)
    wholes = {}
    for kind, how in _KINDS.items():
        page = Image.fromarray(grey > 127 if "fax" in kind else grey)
        buffer = io.BytesIO()
        try:
            page.save(buffer, kind.split()[0], **how)
        except (KeyError, OSError):
            sys.stdout.write(f"        {kind} cannot be written here and is left out\n")
            continue
        wholes[kind] = buffer.getvalue()
    return wholes


def _flip(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 4, 32))):
        # Headers are where sizes and counts stand: they get half of the damage.
        data[dice.randrange(min(len(data), dice.choice((96, len(data)))))] = dice.randrange(256)


def _cut(data: bytearray, dice: random.Random) -> None:
    del data[max(16, int(len(data) * dice.random())) :]


def _insert(data: bytearray, dice: random.Random) -> None:
    place = dice.randrange(len(data))
    data[place:place] = dice.choice((b"\0" * 64, b"\xff\xda" * 20, b"\xff" * 300, dice.randbytes(200)))


def _repeat(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data))
    data[start:start] = data[start : start + dice.randint(4, 400)] * dice.randint(1, 20)


_MUTATIONS: Final[tuple[Mutation, ...]] = (_flip, _flip, _cut, _insert, _repeat)
