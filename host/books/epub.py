"""EPUB books whose pages are pictures, fixed layout or not: the pictures of the spine, in its order."""

from __future__ import annotations

import codecs
import posixpath
from html.parser import HTMLParser
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from host.books import zip_entries
from host.books.archive import entry_page
from host.books.book import PAGES_MAX, Book, BookPage, LeftOut, UnreadablePage, is_picture_name, told_info
from host.books.comic_info import NAME
from host.books.names import plain_name, safe_name, told_apart
from host.errors import BadRequest, TooLarge

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

    from host.vocabulary import Direction

_CONTAINER: Final = "META-INF/container.xml"
_ENCRYPTION: Final = "META-INF/encryption.xml"
_FONTS_ONLY: Final = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_DOCUMENT_BYTES_MAX: Final = 8 << 20
_PICTURES_OF_A_PAGE_MAX: Final = 16
_DIRECTIONS: Final[dict[str, Direction]] = {"rtl": "rtl", "ltr": "ltr"}
_NOT_READABLE: Final = "Open it in a reader, or fetch it anew."


def open_epub(path: Path) -> Book:
    """Return the pictures of an EPUB's pages as a book; they are named by their places.

    Raises:
        BadRequest: it is damaged, or protected. TooLarge: it has too many pages.
    """
    try:
        archive = zip_entries.open_zip(path)
    # zipfile raises whatever its parsers meet.
    except Exception as exc:
        raise BadRequest(f"{path} is not a readable EPUB: {exc}.", _NOT_READABLE) from exc
    try:
        return _Publication(path, archive).book()
    except BaseException:
        archive.close()
        raise


class _Publication:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive
        self._names = {entry.filename: entry for entry in zip_entries.files(archive)}
        self._left_out: list[LeftOut] = []

    def book(self) -> Book:
        self._require_open()
        rootfile = _first(self._xml(_CONTAINER), "rootfile")
        package_name = "" if rootfile is None else rootfile.get("full-path", "")
        package = self._xml(package_name)
        spine = _first(package, "spine")
        if spine is None:
            raise BadRequest(f"{self._path} is not a readable EPUB: it has no spine.", _NOT_READABLE)
        pictures = self._pictures(package, spine, posixpath.dirname(package_name))
        if len(pictures) > PAGES_MAX:
            raise TooLarge(f"{self._path} has {len(pictures)} pages; the limit is {PAGES_MAX}.", "Split it.")
        pages = tuple(self._page(number, name) for number, name in enumerate(pictures, 1))
        extras = self._extras(set(pictures))
        info = told_info(extras)
        told = _DIRECTIONS.get(spine.get("page-progression-direction", ""), "auto")
        return Book(
            plain_name(self._path.stem), pages, tuple(self._left_out), frozenset({self._path.resolve()}),
            close=self._archive.close, extras=extras, info=info,
            direction=info.direction if info is not None and info.direction != "auto" else told,
        )  # fmt: skip

    def _require_open(self) -> None:
        if _ENCRYPTION not in self._names:
            return
        algorithms = [
            each.get("Algorithm", "") for each in self._xml(_ENCRYPTION).iter() if _is(each, "EncryptionMethod")
        ]
        if any(one not in _FONTS_ONLY for one in algorithms):
            raise BadRequest(f"{self._path} is protected (DRM).", "Only books without protection can be read.")

    def _pictures(self, package: ElementTree.Element, spine: ElementTree.Element, base: str) -> list[str]:
        """Return the names of the pages' pictures in reading order, each once; a cover apart from them comes first."""
        items = {each.get("id", ""): each for each in package.iter() if _is(each, "item")}
        names = {key: _resolved(base, each.get("href", "")) for key, each in items.items()}
        found: list[str] = []
        for itemref in (each for each in spine if _is(each, "itemref")):
            key = itemref.get("idref", "")
            if key in items:
                found += self._of_document(names[key], items[key].get("media-type", ""))
        cover = [key for key, each in items.items() if "cover-image" in each.get("properties", "").split()]
        cover += [
            each.get("content", "") for each in package.iter() if _is(each, "meta") and each.get("name") == "cover"
        ]
        first = [names[key] for key in cover if key in names and is_picture_name(names[key])][:1]
        ordered = found if found and first and first[0] in found else [*first, *found]
        return [name for name in dict.fromkeys(ordered) if name in self._names]

    def _of_document(self, name: str, media_type: str) -> list[str]:
        if media_type.startswith("image/") and media_type != "image/svg+xml":
            return [name]
        try:
            looked = _Pictures.of(_text(self._bytes(name)))
        except UnreadablePage as exc:
            self._left_out.append(LeftOut(name, str(exc), lost=True))
            return []
        found = [_resolved(posixpath.dirname(name), one) for one in looked.addresses[:_PICTURES_OF_A_PAGE_MAX]]
        if found and not any(one in self._names for one in found):
            self._left_out.append(LeftOut(name, f"its picture is not in the book: {found[0]}", lost=True))
        if not found:
            is_navigation = looked.has_navigation
            reason = "a page of text" if looked.has_text else "a page without a picture"
            self._left_out.append(LeftOut(name, reason, lost=not looked.has_text and not is_navigation))
        return found

    def _page(self, number: int, name: str) -> BookPage:
        return entry_page(self._archive, self._names[name], f"{number:04}{PurePosixPath(name).suffix.casefold()}")

    def _extras(self, taken: set[str]) -> tuple[BookPage, ...]:
        """Return what travels along: pictures that are on no page, and ComicInfo.xml; not what makes it an EPUB."""
        kept = [
            (safe, entry)
            for name, entry in self._names.items()
            if name not in taken and (is_picture_name(name) or name.rpartition("/")[2].casefold() == NAME)
            and (safe := safe_name(zip_entries.decoded_name(entry)))
        ]  # fmt: skip
        apart = told_apart([safe for safe, _ in kept])
        return tuple(entry_page(self._archive, entry, name) for name, (_, entry) in zip(apart, kept, strict=True))

    def _bytes(self, name: str) -> bytes:
        if name not in self._names:
            raise UnreadablePage("it is not in the book")
        if self._names[name].file_size > _DOCUMENT_BYTES_MAX:
            raise UnreadablePage("it is too large")
        return entry_page(self._archive, self._names[name], name).read()

    def _xml(self, name: str) -> ElementTree.Element:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import fromstring

        try:
            root: ElementTree.Element = fromstring(self._bytes(name))
        except (
            UnreadablePage,
            ElementTree.ParseError,
            DefusedXmlException,
            ValueError,
            LookupError,
            RecursionError,
        ) as exc:
            words = f"{self._path} is not a readable EPUB: {name or 'its package'}: {exc}."
            raise BadRequest(words, _NOT_READABLE) from exc
        return root


class _Pictures(HTMLParser):
    """The addresses of the pictures that a page shows, and whether it has anything else."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.has_text = self.has_navigation = False
        self._silent = 0

    @classmethod
    def of(cls, text: str) -> _Pictures:
        found = cls()
        found.feed(text)
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told: dict[str, Any] = dict(attrs)
        self._silent += tag in ("head", "script", "style")
        self.has_navigation = self.has_navigation or tag == "nav"
        address = told.get("src") if tag == "img" else None
        if tag.rpartition(":")[2] == "image":  # of SVG, under whatever prefixes
            address = next((told[key] for key in told if key.rpartition(":")[2] == "href" and told[key]), None)
        if tag == "object" and is_picture_name(told.get("data") or ""):
            address = told["data"]
        if address and not address.startswith("data:"):
            self.addresses.append(address)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._silent -= tag in ("head", "script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("head", "script", "style") and self._silent > 0

    def handle_data(self, data: str) -> None:
        self.has_text = self.has_text or (not self._silent and bool(data.strip()))


def _text(data: bytes) -> str:
    """Return a document's text: UTF-8, or the UTF-16 that its first bytes tell of."""
    return data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8", "replace")


def _is(element: ElementTree.Element, name: str) -> bool:
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2] == name


def _first(root: ElementTree.Element, name: str) -> ElementTree.Element | None:
    return next((each for each in root.iter() if _is(each, name)), None)


def _resolved(base: str, address: str) -> str:
    """Return the name in the archive that a relative address leads to."""
    return posixpath.normpath(posixpath.join(base, unquote(urlsplit(address).path)))
