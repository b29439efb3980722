"""Make the README's picture from what `make demo` left: `python demo/make_picture.py`.

Two pages of the manga and a comic page side by side, grey on the left of a slanted cut and in colour on the right of
it, with the references that the colours come from. The picture shows CC BY-SA pages and carries that licence.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "docs" / "images" / "before-after.webp"
PAGES = ("manga-05", "manga-03", "comic-01")
PAGE_WIDTH_PX = 460
GAP_PX = 16
SLANT = 0.16
REFERENCE_WIDTH_PX = 150


def split(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return the page: grey up to a slanted cut through its middle, then in colour."""
    width, height = before.size
    top, bottom = width * (0.5 + SLANT), width * (0.5 - SLANT)
    mask = Image.new("L", (width * 2, height * 2), 0)
    ImageDraw.Draw(mask).polygon([(0, 0), (top * 2, 0), (bottom * 2, height * 2), (0, height * 2)], fill=255)
    page = Image.composite(before, after, mask.resize(before.size, Image.Resampling.LANCZOS))
    ImageDraw.Draw(page).line([(top, 0), (bottom, height)], fill="white", width=4)
    return page


def load(path: Path, width: int) -> Image.Image:
    """Return the picture at this width, in RGB."""
    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    return rgb.resize((width, round(rgb.height * width / rgb.width)), Image.Resampling.LANCZOS)


def main() -> None:
    """Put the pages and the reference side by side."""
    source = {
        f"{name}-{path.stem}": path
        for name, folder in (("manga", "chapter"), ("comic", "comic"))
        for path in (HERE / folder).iterdir()
    }
    coloured = {path.stem: path for path in (HERE / "out" / "pages").iterdir()}
    pages = [split(load(source[name], PAGE_WIDTH_PX), load(coloured[name], PAGE_WIDTH_PX)) for name in PAGES]
    references = [load(HERE / "reference" / f"{name}.webp", REFERENCE_WIDTH_PX) for name in ("manga", "comic")]
    height = max(page.height for page in pages)
    width = len(pages) * (PAGE_WIDTH_PX + GAP_PX) + REFERENCE_WIDTH_PX
    picture = Image.new("RGB", (width, height), "white")
    for index, page in enumerate(pages):
        picture.paste(page, (index * (PAGE_WIDTH_PX + GAP_PX), 0))
    top = 0
    for reference in references:
        picture.paste(reference, (width - REFERENCE_WIDTH_PX, top))
        top += reference.height + GAP_PX
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    picture.save(TARGET, quality=84, method=6)


if __name__ == "__main__":
    main()
