"""All that a run learns from in one file, small enough to be carried to another machine.

A zip, stored: `index.json`, pictures as WebP at the size they are learned at, cut-outs and figures with their alpha.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from training.compact.dataset import COMIC, Entry, Split, read_comic, read_dev, read_manifest, split
from training.compact.scenes.figures import Figure, figure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

COMIC_WIDTH_PX: Final = 560
THING_PX: Final = 224
_CUT_OUT_KINDS: Final = ("clipart", "sprite", "portrait")
_DEV_OF_A_GROUP: Final = 6


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a picture in the pack."""

    name: str
    kind: str
    group: str
    alike: bool
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture `(H, W, 3)` uint8, RGB."""

    about: About
    rgb: Rgb


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Pictures, cut-outs `(h, w, 4)` of training pictures, and identities of figures with their variants."""

    pictures: list[Picture]
    cut_outs: list[NDArray[np.uint8]]
    figures: list[tuple[Figure, ...]]

    def of(self, split: Split) -> list[Picture]:
        """Return the pictures of one split."""
        return [one for one in self.pictures if one.about.split == split]


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely pictures are kept: WebP quality 1..100, and the long side of those that are no comic pages."""

    quality: int = 75
    long_side_px: int = 480


def write_pack(many: Path, pages: Path, figures: Path | None, out: Path, grain: Grain | None = None) -> int:
    """Write the pack of two folders of pictures and of what `figures.mjs` drew; return its bytes.

    Raises:
        OSError, ValueError, KeyError: a folder is not as `dataset` reads it, or a picture is damaged.
    """
    parts = split(read_manifest(many), read_dev())
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as file:
        index: list[dict[str, Any]] = []
        for which in ("train", "dev"):
            entries = [*parts[which], *read_comic(pages, which)]
            for number, entry in enumerate(_few_of_a_group(entries) if which == "dev" else entries):
                index.append(_put_picture(file, entry, which, f"{which}-{number:04}", grain or Grain()))
        for path in sorted(figures.glob("*.pam")) if figures else ():
            file.writestr(f"figures/{path.stem}.webp", _encoded(Image.fromarray(read_pam(path))))
        file.writestr("index.json", json.dumps(index))
    partial.replace(out)
    return out.stat().st_size


def read_pack(path: Path) -> Pack:
    """Read a pack whole into memory.

    Raises:
        OSError, zipfile.BadZipFile, KeyError: it is not a pack.
    """
    with zipfile.ZipFile(path) as file:
        index = [About(**said) for said in json.loads(file.read("index.json"))]
        pictures = [Picture(one, _decoded(file, f"pictures/{one.name}.webp", "RGB")) for one in index]
        names = file.namelist()
        cut_outs = [_decoded(file, name, "RGBA") for name in names if name.startswith("things/")]
        figures: dict[str, list[Figure]] = {}
        for name in names:
            if name.startswith("figures/"):
                figure = figure_of(_decoded(file, name, "RGBA"))
                if figure is not None:
                    figures.setdefault(name.rpartition("-")[0], []).append(figure)
    return Pack(pictures, cut_outs, [tuple(variants) for variants in figures.values()])


def read_pam(path: Path) -> NDArray[np.uint8]:
    """Return an RGBA picture of the Netpbm format PAM, `(H, W, 4)`.

    Raises:
        OSError, ValueError, KeyError: it cannot be read, or is of another kind.
    """
    head, _, pixels = path.read_bytes().partition(b"ENDHDR\n")
    said = dict(line.split(maxsplit=1) for line in head.decode("ascii").splitlines()[1:])
    return np.frombuffer(pixels, np.uint8).reshape(int(said["HEIGHT"]), int(said["WIDTH"]), 4)


def groups_of(pictures: Sequence[Picture]) -> dict[str, list[Picture]]:
    """Return the pictures of every group that shows the same characters more than once."""
    found: dict[str, list[Picture]] = {}
    for one in pictures:
        if one.about.alike:
            found.setdefault(one.about.group, []).append(one)
    return {group: members for group, members in found.items() if len(members) > 1}


def _few_of_a_group(entries: Sequence[Entry]) -> list[Entry]:
    """Return the first of every group: more are not judged by, and would have to be carried."""
    seen: Counter[str] = Counter()
    kept = []
    for one in entries:
        seen[one.group] += 1
        if seen[one.group] <= _DEV_OF_A_GROUP:
            kept.append(one)
    return kept


def _put_picture(file: zipfile.ZipFile, entry: Entry, which: Split, name: str, grain: Grain) -> dict[str, Any]:
    with Image.open(entry.file) as opened:
        picture = opened.convert("RGB")
    scale = COMIC_WIDTH_PX / picture.width if entry.kind == COMIC else grain.long_side_px / max(picture.size)
    if scale < 1:
        small = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX)
    file.writestr(f"pictures/{name}.webp", _encoded(small if scale < 1 else picture, grain.quality))
    if which == "train" and entry.mask is not None and entry.kind in _CUT_OUT_KINDS:
        for cut in _cut_out(picture, entry.mask):
            file.writestr(f"things/{name}.webp", _encoded(cut, grain.quality))
    return asdict(About(name, entry.kind, entry.group, entry.alike, which))


def _cut_out(picture: Image.Image, mask: Path) -> Iterator[Image.Image]:
    with Image.open(mask) as opened:
        alpha = opened.convert("L").resize(picture.size)
    box = alpha.point(lambda value: 255 if value > 8 else 0).getbbox()
    if box is not None:
        cut = picture.copy()
        cut.putalpha(alpha)
        cut = cut.crop(box)
        cut.thumbnail((THING_PX, THING_PX), Image.Resampling.LANCZOS)
        yield cut


def _encoded(picture: Image.Image, quality: int | None = None) -> bytes:
    """Return a picture as WebP; without a quality nothing is lost."""
    file = io.BytesIO()
    lossless = quality is None
    picture.save(file, "WEBP", quality=quality or 60, lossless=lossless, exact=lossless, method=4)
    return file.getvalue()


def _decoded(file: zipfile.ZipFile, name: str, mode: str) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(file.read(name))) as opened:
        return np.asarray(opened.convert(mode))
