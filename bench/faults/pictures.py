"""Decode pictures with flipped bytes, cuts and inserted chunks, each in a process that others share.

A loss is anything but a page or one of the errors that a reader is told, over 6 s of processor, or more memory than
width x height x 8 bytes + 200 MB. A crash of the process that decodes ends the run with its signal.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import random
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pillow_jxl  # noqa: F401 - it registers itself with Pillow
import psutil
from PIL import Image

from host.errors import IrodoriError
from host.pipeline.decode import DecodeLimits, decode_page

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
_PROCESSOR_S: Final = 6.0
_BESIDE_BYTES: Final = 200 * 10**6

Mutation = Callable[[bytearray, random.Random], None]


def main(arguments: Sequence[str]) -> int:
    """Decode N mutated pictures; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults pictures", description=__doc__)
    parser.add_argument("-n", type=int, default=3000, help="how many pictures")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    wholes, counts, highest = _wholes(), Counter[str](), 0
    for number in range(options.n):
        dice = random.Random(f"{options.seed}-{number}")
        kind = dice.choice(sorted(wholes))
        data = bytearray(wholes[kind])
        for _ in range(dice.randint(1, 3)):
            dice.choice(_MUTATIONS)(data, dice)
        verdict, grown = _trial(bytes(data))
        highest = max(highest, grown)
        counts[f"{verdict:8} {kind}"] += 1
    for name, count in sorted(counts.items()):
        print(f"{count:6}  {name}")
    losses = sum(count for name, count in counts.items() if name.startswith("LOST"))
    print(f"{options.n} pictures, {losses} losses, at most {highest / 1e6:.0f} MB above the process")
    return 1 if losses else 0


def _trial(data: bytes) -> tuple[str, int]:
    process = psutil.Process()
    before, began = process.memory_info().rss, _processor_s()
    try:
        page = decode_page(data, DecodeLimits())
        verdict, pixels = "page", page.size.pixels
    except IrodoriError as exc:
        verdict, pixels = exc.code, 0
    except Exception as exc:  # noqa: BLE001 - this is what is looked for
        return f"LOST {type(exc).__name__}", 0
    grown = max(0, process.memory_info().rss - before)
    if _processor_s() - began > _PROCESSOR_S:
        return "LOST time", grown
    return ("LOST memory" if grown > 8 * pixels + _BESIDE_BYTES else verdict), grown


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
            print(f"        {kind} cannot be written here and is left out")
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
