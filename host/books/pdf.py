"""PDF documents as books: a page that is one picture gives that picture unchanged, any other page is drawn.

Pictures are taken out by pikepdf. Drawing needs pypdfium2 (`irodori[library]`).
"""

from __future__ import annotations

import io
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from host.books.book import PAGE_BYTES_MAX, PAGES_MAX, Book, BookPage, UnreadablePage
from host.books.names import plain_name
from host.books.pdf_draw import draw_page
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SUFFIXES: Final = {"/DCTDecode": ".jpg", "/JPXDecode": ".jp2", "/CCITTFaxDecode": ".tif"}
_PAINTS: Final = frozenset({"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "INLINE IMAGE"})
_WRITES: Final = frozenset({"Tj", "TJ", "'", '"'})
_UNSEEN: Final = 3  # the mode in which scanners lay their readings under a picture
_STEPS_MAX: Final = 20_000
_COVERS: Final = 0.8
_BEYOND: Final = 1.02
_LONG_SIDE_PX: Final = (2000, 5000)
_PICTURE_PIXELS_MAX: Final = 60_000_000
_DEPTH_BYTES: Final = 8  # of a pixel, at most: four channels of 16 bits


def open_pdf(path: Path) -> Book:
    """Return a document as a book, in its own order; pages are named by their numbers.

    Raises:
        BadRequest: it has a password, or is damaged. TooLarge: it has too many pages.
    """
    import pikepdf

    try:
        document = pikepdf.open(path)
    except pikepdf.PasswordError as exc:
        raise BadRequest(f"{path}: the document has a password.", "Save it without one, and pass that.") from exc
    # qpdf raises its own errors, pikepdf whatever its bindings meet.
    except Exception as exc:
        raise BadRequest(f"{path} is not a readable PDF: {exc}.", "Open it in a reader, or fetch it anew.") from exc
    count = len(document.pages)
    if count > PAGES_MAX:
        document.close()
        raise TooLarge(f"{path} has {count} pages; the limit is {PAGES_MAX}.", "Split it.")
    source = _Document(path, document)
    pages = tuple(
        BookPage(f"{number + 1:04}{source.suffix(number)}", partial(source.read, number)) for number in range(count)
    )
    return Book(
        plain_name(path.stem), pages, (), frozenset({path.resolve()}), close=source.close,
        direction=source.direction(),
    )  # fmt: skip


class _Document:
    """The open document; used by one thread."""

    def __init__(self, path: Path, document: Any) -> None:
        self._path = path
        self._document = document

    def direction(self) -> Any:
        """Return which way its viewer preferences say that it is read."""
        try:
            said = str(self._document.Root.ViewerPreferences.Direction)
        except (AttributeError, KeyError, TypeError, ValueError):
            return "auto"
        return {"/R2L": "rtl", "/L2R": "ltr"}.get(said, "auto")

    def suffix(self, number: int) -> str:
        """Return the suffix of the picture that `read` gives."""
        picture = self._picture(number)
        return ".png" if picture is None else _SUFFIXES.get(_last_filter(picture), ".png")

    def read(self, number: int) -> bytes:
        """Return a page's picture, or a picture of the page."""
        picture = self._picture(number)
        data = None if picture is None else _taken_out(picture)
        if data is None:
            data = draw_page(self._path, number, self._long_side_px(number))
        if len(data) > PAGE_BYTES_MAX:
            raise UnreadablePage(f"over {PAGE_BYTES_MAX >> 20} MiB when taken out")
        return data

    def close(self) -> None:
        """Close the document."""
        self._document.close()

    def _picture(self, number: int) -> Any:
        try:
            return _only_picture(self._document.pages[number])
        # A page whose content cannot be followed is drawn.
        except Exception:  # noqa: BLE001
            return None

    def _long_side_px(self, number: int) -> int:
        """Return how large to draw a page: as fine as its finest picture, within bounds."""
        try:
            pictures = self._document.pages[number].images.values()
            finest = max((max(int(one.Width), int(one.Height)) for one in pictures), default=0)
        except Exception:  # noqa: BLE001 - whatever a damaged page holds
            finest = 0
        least, most = _LONG_SIDE_PX
        return min(max(finest, least), most)


def _only_picture(page: Any) -> Any:
    """Return the one picture that a page is, upright and not cropped; None for any other page."""
    if int(page.get("/Rotate", 0)) % 360:
        return None
    drawn = list(_drawn(page))
    if len(drawn) != 1:
        return None
    name, matrix = drawn[0]
    picture = page.Resources.XObject[name]
    if str(picture.Subtype) != "/Image" or "/SMask" in picture or "/Mask" in picture or not _fills(page, matrix):
        return None
    _last_filter(picture)  # whatever it raises, the page is drawn
    return picture


def _drawn(page: Any) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Yield each object that is drawn with its matrix; anything else that is painted counts as one without a name."""
    import pikepdf

    matrix: tuple[float, ...] = (1, 0, 0, 1, 0, 0)
    stack, text_mode = [], 0
    for step, instruction in enumerate(pikepdf.parse_content_stream(page)):
        operands: Any = instruction.operands
        word = str(instruction.operator)
        if step > _STEPS_MAX:
            word = "sh"
        if word == "q":
            stack.append(matrix)
        elif word == "Q":
            matrix = stack.pop() if stack else matrix
        elif word == "cm":
            matrix = _times(tuple(float(one) for one in operands), matrix)
        elif word == "Tr":
            text_mode = int(operands[0])
        elif word == "Do":
            yield str(operands[0]), matrix
        elif word in _PAINTS or (word in _WRITES and text_mode != _UNSEEN):
            yield "", matrix
            yield "", matrix
            return


def _times(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    a, b, c, d, e, f = one
    k, m, n, o, p, q = other
    return a * k + b * n, a * m + b * o, c * k + d * n, c * m + d * o, e * k + f * n + p, e * m + f * o + q


def _fills(page: Any, matrix: tuple[float, ...]) -> bool:
    across, skew, slant, down, left, bottom = matrix
    box = [float(one) for one in (page.get("/CropBox") or page.MediaBox)]
    width, height = box[2] - box[0], box[3] - box[1]
    if across <= 0 or down <= 0 or abs(skew) + abs(slant) > 1e-3 * (across + down) or width <= 0 or height <= 0:
        return False
    is_whole = (
        left >= box[0] - (_BEYOND - 1) * width
        and bottom >= box[1] - (_BEYOND - 1) * height
        and left + across <= box[0] + _BEYOND * width
        and bottom + down <= box[1] + _BEYOND * height
    )
    return is_whole and across * down >= _COVERS * width * height


def _last_filter(picture: Any) -> str:
    """Return how a picture is packed, empty for several ways at once; raises whatever pikepdf does at a broken name."""
    found = picture.get("/Filter")
    names = [str(one) for one in found] if found is not None and not str(found).startswith("/") else [str(found)]
    return names[-1] if len(names) == 1 else ""


def _taken_out(picture: Any) -> bytes | None:
    """Return a picture's own bytes, or the same pixels as PNG or TIFF; None where it has to be drawn."""
    try:
        return _extracted(picture)
    # pikepdf raises what Pillow and qpdf do, what its bindings meet, and errors of its own for what it does not know.
    except Exception:  # noqa: BLE001
        return None


def _extracted(picture: Any) -> bytes | None:
    import pikepdf

    width, height = int(picture.Width), int(picture.Height)
    kind = _last_filter(picture)
    raw = picture.read_raw_bytes()
    if len(raw) > PAGE_BYTES_MAX or width * height > _PICTURE_PIXELS_MAX:
        return None
    if kind in ("/DCTDecode", "/JPXDecode") and "/Decode" not in picture:
        return bytes(raw)
    if kind == "/FlateDecode" and not _inflates_within(bytes(raw), width * height * _DEPTH_BYTES + height + 1024):
        return None
    buffer = io.BytesIO()
    suffix = pikepdf.PdfImage(picture).extract_to(stream=buffer)
    return buffer.getvalue() if suffix == _SUFFIXES.get(kind, ".png") else _as_png(buffer)


def _as_png(buffer: io.BytesIO) -> bytes | None:
    from PIL import Image

    try:
        with Image.open(buffer) as picture:
            png = io.BytesIO()
            picture.save(png, "PNG", compress_level=3)
    except (OSError, ValueError, MemoryError):
        return None
    return png.getvalue()


def _inflates_within(raw: bytes, most: int) -> bool:
    inflate, size = zlib.decompressobj(), 0
    try:
        while raw:
            size += len(inflate.decompress(raw, 1 << 20))
            raw = inflate.unconsumed_tail
            if size > most:
                return False
    except zlib.error:
        return False
    return True
