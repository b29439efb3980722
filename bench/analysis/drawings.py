"""Drawings on bare paper: how much of them is taken for lettering, balloons or gutter, so that it stays white.

`python -m bench.analysis.drawings --many FOLDER [--pages N] [--out DIR]`. FOLDER is that of `bench.colour --many`; its
line drawings are read, and the artist's colour version of each says what of it is to be coloured: all that is not
white there. A picture of what was protected goes into DIR. Ends with 1 when more than a tenth is protected.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from bench.colour.many import read_many
from bench.folder import FolderUnusable
from engines.oklab import srgb_to_oklab
from host.pipeline.analysis.shipped import shipped_reader
from host.pipeline.decode import DecodedPage

if TYPE_CHECKING:
    from bench.colour.cases import Case
    from host.pipeline.analysis.reader import PageReader

_PAPER_CHROMA = 0.02
_PAPER_LIGHTNESS = 0.94
_MOST = 0.1
_COLOURS = {"gutters": (80, 80, 255), "lettering": (255, 60, 60), "balloons": (60, 200, 60)}
_HEIGHT_PX = 500


class Kept(NamedTuple):
    """Of what the artist coloured, the shares 0..1 that are protected, by mask and in all."""

    name: str
    kind: str
    gutters: float
    lettering: float
    balloons: float
    protected: float


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        many = read_many(options.many, "line", options.pages)
    except FolderUnusable as exc:
        sys.stderr.write(f"bench.analysis.drawings: {exc}\n")
        return 2
    reader = shipped_reader()
    rows = [_kept(case, reader, options.out) for case in many.cases("grey")]
    print(f"{len(rows)} drawings; shares of what is coloured in truth\n\n| | " + " | ".join(Kept._fields[2:]) + " |")
    print("| --- " * 5 + "|")
    for name, of in (("mean", fmean), ("median", median), ("worst", max)):
        print(
            f"| {name} | "
            + " | ".join(f"{of(getattr(row, field) for row in rows):.3f}" for field in Kept._fields[2:])
            + " |"
        )
    print("\nkinds: " + ", ".join(f"{kind} {sum(row.kind == kind for row in rows)}" for kind in {r.kind for r in rows}))
    return int(fmean(row.protected for row in rows) > _MOST)


def _kept(case: Case, reader: PageReader, out: Path | None) -> Kept:
    reading = reader.read(
        DecodedPage(rgb=case.uncoloured, grey=case.grey, pixels_sha256=hashlib.sha256(case.grey).hexdigest()), "ltr"
    )
    masks = reading.masks
    truth = srgb_to_oklab(case.truth)
    art = (np.hypot(truth[..., 1], truth[..., 2]) > _PAPER_CHROMA) | (truth[..., 0] < _PAPER_LIGHTNESS)
    found = {"gutters": masks.gutters, "lettering": masks.lettering, "balloons": masks.balloons}
    if out:
        out.mkdir(parents=True, exist_ok=True)
        picture = case.uncoloured.astype(np.float32)
        for name, mask in found.items():
            picture[mask] = (picture[mask] + np.array(_COLOURS[name], np.float32)) / 2
        side = round(_HEIGHT_PX * picture.shape[1] / picture.shape[0]), _HEIGHT_PX
        small = cv2.resize(picture, side, interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(out / f"{case.name.replace('/', '-')}.png"), small[..., ::-1].astype(np.uint8))
    shares = [float(mask[art].mean()) for mask in found.values()]
    return Kept(case.name, reading.meta.kind, *shares, float(masks.protect[art].mean()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m bench.analysis.drawings", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--many", type=Path, required=True, help="folder with manifest.jsonl and line drawings")
    parser.add_argument("--pages", type=int, help="only so many drawings, at even distances")
    parser.add_argument("--out", type=Path, help="folder for pictures of what is protected")
    return parser


if __name__ == "__main__":
    sys.exit(main())
