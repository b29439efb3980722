"""Make the pages that ship with Irodori from the shared comic pages.

    python demo/make_pages.py --data DIR

`DIR` holds `art/`, `lettered/`, `masks/` and `demo/images/` (sources and credits: ATTRIBUTION.md). Pages become grey
by their luma, as a reader of a black-and-white comic gets them; references and the coloured page stay as they are.
The manga in `demo/chapter` is the data's `manga/haruko-0N.webp` as it is; `make_reference.py` makes its reference.
Only episodes 14 and 19 are used, which no training ever sees. Needs Pillow; the result is checked in.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
JPEG_OR_WEBP = {"quality": 84, "method": 6}


@dataclass(frozen=True, slots=True)
class Page:
    """One picture to make: where from, where to, how wide, grey or not."""

    source: str
    target: str
    width_px: int = 992
    grey: bool = True


PAGES = (
    Page("lettered/en/E19P05.webp", "demo/comic/01.webp"),
    Page("lettered/en/E19P01.webp", "tests/pages/figures-en.webp"),
    Page("art/E14P06.webp", "demo/reference/comic.webp", grey=False),
    Page("lettered/en/E14P01.webp", "tests/pages/panels-en.webp"),
    Page("lettered/ja/E14P02.webp", "tests/pages/panels-ja.jpg", 800),
    Page("lettered/ja/E14P06.webp", "tests/pages/dragons-ja.png", 560),
    Page("lettered/en/E19P05.webp", "tests/pages/insets-en.jpg", 800),
    Page("lettered/en/E19P03.webp", "tests/pages/night-en.webp", 800),
    Page("demo/images/msdemo-002-library.png", "tests/pages/manga-library-ja.png", 992),
    Page("demo/images/msdemo-004-rain.png", "tests/pages/manga-rain-ja.webp", 800),
    Page("lettered/en/E14P04.webp", "tests/pages/coloured-en.webp", 700, grey=False),
    Page("art/E19P01.webp", "tests/pages/reference-warm.webp", 700, grey=False),
    Page("art/E19P03.webp", "tests/pages/reference-cold.webp", 700, grey=False),
    Page("masks/en/E14P01.bubble.png", "tests/pages/panels-en.balloons.png"),
    Page("masks/ja/E14P02.bubble.png", "tests/pages/panels-ja.balloons.png", 800),
    Page("masks/en/E19P05.bubble.png", "tests/pages/insets-en.balloons.png", 800),
)


def make(page: Page, data: Path) -> None:
    """Write one picture of the table."""
    target = REPOSITORY / page.target
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(data / page.source) as source:
        picture: Image.Image = source.copy()
    is_mask = picture.mode == "1"
    if not is_mask:
        picture = picture.convert("L" if page.grey else "RGB")
    height_px = round(picture.height * page.width_px / picture.width)
    if (page.width_px, height_px) != picture.size:
        picture = picture.resize(
            (page.width_px, height_px), Image.Resampling.NEAREST if is_mask else Image.Resampling.LANCZOS
        )
    if target.suffix == ".png":
        picture.save(target, optimize=True)
    else:
        picture.save(target, **JPEG_OR_WEBP)


def main() -> None:
    """Make every picture of the table."""
    parser = argparse.ArgumentParser(description="Make the pages that ship with Irodori.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the shared comic pages")
    data = parser.parse_args().data
    for page in PAGES:
        make(page, data)


if __name__ == "__main__":
    main()
