"""Whether the author's colour is told from what paper and scanner do: `python -m bench.analysis.tints [--data FOLDER]`.

Pages of `tests/pages`, and of FOLDER where one is given (`art/` and `splits.json`), as each kind of `KINDS`, in several
widths and qualities of JPEG. A kind is one of three:

grey      is to be coloured: at most 2 % of it are kept for their colour
coloured  is left as it is
part      is to be coloured, but for a part: 98 % of that is kept, and 3 % of the rest at most

Printed: for each kind, what its pages were taken for. Ends with status 1 where any page is taken wrongly.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from bench.analysis import scans
from bench.analysis.table import table
from bench.folder import read_picture, split_names
from host.pipeline.analysis.read import TwoOpinionReader
from host.pipeline.decode import decode_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from host.pipeline.analysis.reader import PageReader

    Rgb = np.typing.NDArray[np.uint8]
    Mask = np.typing.NDArray[np.bool_]
    Made = tuple[Rgb, Mask | None]

Class = Literal["grey", "coloured", "part"]
PAGES = Path(__file__).resolve().parents[2] / "tests" / "pages"
GREY = (
    "panels-en.webp",
    "panels-ja.jpg",
    "insets-en.jpg",
    "night-en.webp",
    "manga-library-ja.png",
    "manga-rain-ja.webp",
)
COLOURED = ("coloured-en.webp", "reference-warm.webp", "reference-cold.webp")
# Width and quality of JPEG, 100 for none.
FORMS = ((500, 60), (700, 85), (1000, 75), (1000, 95), (1400, 60), (1800, 85))
_WIDE = (3000, 75)
_SHADED = ("sepia", "blue", "yellowed", "pink newsprint")
_GREY_MOST, _PART_LEAST, _REST_MOST = 0.02, 0.98, 0.03
# Where the colour that a part has over the grey page is seen, in levels; what lies so near to it may be kept.
_OWN_LEVELS, _NEAR = 24, 0.012


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of page. make: from a grey page, its coloured self or another, and a generator. paper: of `scans.INKS`."""

    name: str
    wanted: Class
    make: Callable[[Rgb, Rgb, np.random.Generator], Made]
    paper: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a page was taken for, and shares of its pixels: of the part that is kept, and of the rest."""

    kind: str
    wanted: Class
    page: str
    taken: str
    kept: float
    rest: float

    @property
    def right(self) -> bool:
        """Whether it was taken for what it is, and what is kept is what should be."""
        if self.wanted == "coloured" or self.taken == "coloured":
            return self.wanted == self.taken
        most = _GREY_MOST if self.wanted == "grey" else _REST_MOST
        return self.kept >= _PART_LEAST and self.rest <= most


def _plain(change: Callable[[Rgb, np.random.Generator], Rgb], *, coloured: bool = False) -> Callable[..., Made]:
    def make(grey: Rgb, colour: Rgb, rng: np.random.Generator) -> Made:
        return change(colour if coloured else grey, rng), None

    return make


def _tinted(ink: str, gradient_01: float = 0.0) -> Callable[..., Made]:
    return _plain(lambda grey, rng: scans.tinted(grey, ink, rng, gradient_01))


def _two_inks(grey: Rgb, _colour: Rgb, rng: np.random.Generator, *, split: bool) -> Made:
    inks = ((214, 48, 52), (40, 92, 200), (232, 128, 40), (36, 140, 92))
    return scans.two_inks(grey, inks[rng.integers(len(inks))], split=split), None


def _two_plates_one_pale(grey: Rgb, _colour: Rgb, rng: np.random.Generator) -> Made:
    return scans.two_inks(grey, scans.PALE_INKS[rng.integers(len(scans.PALE_INKS))], split=True), None


def _bannered(grey: Rgb, _colour: Rgb, rng: np.random.Generator) -> Made:
    page, box = scans.bannered(grey, rng)
    area = np.zeros(grey.shape[:2], np.bool_)
    area[box.top : box.bottom] = True
    return page, area


def _panel(grey: Rgb, colour: Rgb, rng: np.random.Generator) -> Made:
    height, width = grey.shape[:2]
    top, left = (round(side * rng.uniform(0.08, 0.4)) for side in (height, width))
    area = np.zeros((height, width), np.bool_)
    area[top : top + round(0.35 * height), left : left + round(0.45 * width)] = True
    return np.where(area[..., None], colour, grey), area


def _on_paper(page: Rgb, paper: str) -> Rgb:
    return np.round(page * (np.array(scans.INKS[paper][1]) / 255)).astype(np.uint8) if paper else page


def _spotted(share: float) -> Callable[..., Made]:
    return lambda grey, colour, rng: scans.spotted(grey, colour, rng, share)


KINDS: tuple[Kind, ...] = (
    Kind("grey", "grey", _plain(lambda grey, _: grey)),
    *(Kind(ink, "grey", _tinted(ink)) for ink in scans.INKS),
    *(Kind(f"{ink}, from one side", "grey", _tinted(ink, 0.7)) for ink in _SHADED),
    Kind("sepia filter", "grey", _plain(lambda grey, _: scans.sepia_filtered(grey))),
    Kind("lamp", "grey", _plain(scans.lamp_lit)),
    Kind("fax", "grey", _plain(scans.faxed)),
    Kind("stains", "grey", _plain(lambda grey, rng: scans.stained(grey, rng, 6))),
    Kind("stains under noise", "grey", _plain(lambda grey, rng: scans.noisy(scans.stained(grey, rng, 4), rng, 6))),
    Kind("noise", "grey", _plain(lambda grey, rng: scans.noisy(grey, rng, 8))),
    Kind("channels 1 px apart", "grey", _plain(lambda grey, _: scans.misregistered(grey, 1))),
    Kind("channels 2 px apart", "grey", _plain(lambda grey, _: scans.misregistered(grey, 2))),
    Kind("channels 3 px apart, sepia", "grey",
         _plain(lambda grey, rng: scans.misregistered(scans.tinted(grey, "sepia", rng), 3))),
    Kind("colour", "coloured", _plain(lambda colour, _: colour, coloured=True)),
    Kind("pale", "coloured", _plain(lambda colour, _: scans.pale(colour, 0.5), coloured=True)),
    Kind("very pale", "coloured", _plain(lambda colour, _: scans.pale(colour, 0.7), coloured=True)),
    Kind("faded", "coloured", _plain(lambda colour, _: scans.faded(colour, 0.5), coloured=True)),
    Kind("pale, a quarter left", "coloured", _plain(lambda colour, _: scans.pale(colour, 0.75), coloured=True)),
    Kind("faded to 30 %", "coloured", _plain(lambda colour, _: scans.faded(colour, 0.7), coloured=True)),
    Kind("faded to 25 %", "coloured", _plain(lambda colour, _: scans.faded(colour, 0.75), coloured=True)),
    Kind("two plates, one pale", "coloured", _two_plates_one_pale),
    Kind("two plates", "coloured", lambda *those: _two_inks(*those, split=True)),
    Kind("two inks in one gradation", "coloured", lambda *those: _two_inks(*those, split=False)),
    Kind("one object", "part", _spotted(0.04)),
    Kind("small object", "part", _spotted(0.01)),
    Kind("pale spot colour", "part", lambda grey, _, rng: scans.spot_coloured(grey, rng, 0.05)),
    Kind("one panel", "part", _panel),
    Kind("one panel, yellowed", "part", _panel, "yellowed"),
    Kind("banner", "part", _bannered),
    Kind("title", "part", lambda grey, _, rng: scans.titled(grey, rng)),
    Kind("title, yellowed", "part", lambda grey, _, rng: scans.titled(grey, rng), "yellowed"),
    Kind("watermark", "part", lambda grey, _, rng: scans.watermarked(grey, rng, 0.6)),
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="pages in the format of the recipe of the detector")
    parser.add_argument("--only", metavar="WORD", default="", help="kinds with this in their name")
    parser.add_argument("--out", type=Path, help="folder for pictures of the pages that were taken wrongly")
    options = parser.parse_args(arguments)
    kinds = [kind for kind in KINDS if options.only in kind.name]
    found = list(try_kinds(kinds, list(base_pages(options.data)), TwoOpinionReader(), options.out))
    print(as_markdown(found))
    return 0 if all(one.right for one in found) else 1


def base_pages(data: Path | None) -> Iterator[tuple[str, Rgb, Rgb]]:
    """Yield names of pages, each grey and in colour; a grey page has the colours of another."""
    colours = [read_picture(PAGES / name) for name in COLOURED]
    for number, name in enumerate(GREY):
        grey = read_picture(PAGES / name)
        colour = colours[number % len(colours)]
        yield Path(name).stem, grey, _as_wide(colour, grey.shape[1], grey.shape[0])
    for name in split_names(data, "dev")[::3] if data else ():
        colour = read_picture(data / "art" / f"{name}.webp") if data else colours[0]
        yield name, scans.grey_of(colour), colour


def try_kinds(
    kinds: Sequence[Kind], pages: Sequence[tuple[str, Rgb, Rgb]], reader: PageReader, out: Path | None = None
) -> Iterator[Verdict]:
    """Read every page as every kind, each in one width and quality of all; every sixth kind has one wide page."""
    for place, kind in enumerate(kinds):
        for number, (name, grey, colour) in enumerate(pages):
            rng = np.random.default_rng(zlib.crc32(f"{kind.name} {name}".encode()))
            width, quality = FORMS[(number + len(kind.name)) % len(FORMS)]
            if place % 6 == number == 0:
                width, quality = _WIDE
            height = round(grey.shape[0] * width / grey.shape[1])
            made, area = kind.make(_as_wide(grey, width, height), _as_wide(colour, width, height), rng)
            page = scans.jpeg(_on_paper(made, kind.paper), quality)
            found = _found(kind, f"{name} {width} q{quality}", page, made, area, reader)
            if out and not found.right:
                _save(out, found, page)
            sys.stderr.write("." if found.right else f"\n{found}\n")
            sys.stderr.flush()
            yield found


def as_markdown(found: Sequence[Verdict]) -> str:
    """Return what the pages of each kind were taken for, and the worst shares."""
    rows = []
    for kind in dict.fromkeys(one.kind for one in found):
        those = [one for one in found if one.kind == kind]
        taken = [str(sum(one.taken == name for one in those)) for name in ("grey", "part", "coloured")]
        kept, rest = min(one.kept for one in those), max(one.rest for one in those)
        right = f"{sum(one.right for one in those)} of {len(those)}"
        part = those[0].wanted == "part"
        shares = (f"{kept:.1%}" if part else "–", "–" if those[0].wanted == "coloured" else f"{rest:.1%}")
        rows.append((kind, those[0].wanted, right, *taken, *shares))
    rows.append(("all", "", f"{sum(one.right for one in found)} of {len(found)}", "", "", "", "", ""))
    heads = ("page", "is", "right", "taken for grey", "part", "coloured", "least kept of a part", "most of the rest")
    return table(heads, rows)


def _found(kind: Kind, name: str, page: Rgb, made: Rgb, area: Mask | None, reader: PageReader) -> Verdict:
    encoded = cv2.imencode(".png", cv2.cvtColor(page, cv2.COLOR_RGB2BGR))[1]
    reading = reader.read(decode_page(encoded.tobytes()), "ltr")
    coloured = reading.masks.coloured
    kept = np.zeros(page.shape[:2], np.bool_) if coloured is None else coloured
    taken = (
        "coloured" if reading.meta.kind == "already_coloured" else "part" if kept.mean() > _GREY_MOST / 4 else "grey"
    )
    if area is None:
        return Verdict(kind.name, kind.wanted, name, taken, 1.0, float(kept.mean()))
    own = area & (np.ptp(made, axis=2) > _OWN_LEVELS)
    reach = max(3, round(_NEAR * page.shape[1])) | 1
    near = cv2.dilate(area.view(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    protect = reading.masks.protect
    return Verdict(kind.name, kind.wanted, name, taken, float(protect[own].mean()), float(kept[~near].mean()))


def _as_wide(page: Rgb, width: int, height: int) -> Rgb:
    how = cv2.INTER_AREA if width < page.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(page, (width, height), interpolation=how), np.uint8)


def _save(out: Path, found: Verdict, page: Rgb) -> None:
    out.mkdir(parents=True, exist_ok=True)
    name = f"{found.kind} {found.page}".replace(" ", "-").replace(",", "")
    cv2.imwrite(str(out / f"{name}.jpg"), cv2.cvtColor(page, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    sys.exit(main())
