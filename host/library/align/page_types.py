"""What a page is in its book: what ComicInfo.xml says, else what a model said, else what was read on it, and where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from host.library.align.pairs import PagePair
    from host.library.understand.story import PageType

_COMIC_INFO: Final[dict[str, PageType]] = {
    "FrontCover": "cover",
    "InnerCover": "title_page",
    "BackCover": "back_cover",
    "Story": "interior",
    "Advertisement": "ad_third_party",
    "Editorial": "editorial",
    "Letters": "letters",
    "Preview": "preview_comic_pages",
    "Roundup": "editorial",
    "Other": "backmatter",
}
_COVER_WITHIN: Final = 2
_LETTERS: Final = re.compile(r"\b(?:dear (?:editor|sir)|letters? (?:page|column|to)|お便り|読者)", re.IGNORECASE)


class PageTyped(NamedTuple):
    """A page's type, and who says so: `comicinfo`, `model` or `record`."""

    kind: PageType
    source: str


def page_type(pair: PagePair) -> PageTyped:
    """Return what a page is."""
    told = _COMIC_INFO.get(pair.comic_info)
    if told is not None:
        return PageTyped(told, "comicinfo")
    if pair.told is not None and pair.told.page_type is not None:
        return PageTyped(pair.told.page_type, "model")
    return PageTyped(_of_record(pair), "record")


def _of_record(pair: PagePair) -> PageType:
    is_first = pair.number < _COVER_WITHIN and pair.pages > _COVER_WITHIN
    is_last = pair.pages > _COVER_WITHIN and pair.number == pair.pages - 1
    if pair.kind == "cover" or (pair.kind in ("already_coloured", "splash") and pair.number == 0 and is_first):
        return "back_cover" if is_last else "cover"
    if pair.kind == "already_coloured" and is_last:
        return "back_cover"
    if pair.kind == "advertisement":
        return "ad_third_party"
    if pair.kind == "text":
        return _of_text(pair, is_first=is_first)
    if pair.kind == "blank":
        return "backmatter"
    return "splash" if pair.kind == "splash" else "interior"


def _of_text(pair: PagePair, *, is_first: bool) -> PageType:
    words = " ".join([*pair.loose_words, *(word for one in pair.detected for word in one.words)])
    if _LETTERS.search(words):
        return "letters"
    if is_first:
        return "title_page"
    return "backmatter" if pair.pages and pair.number * 4 >= pair.pages * 3 else "editorial"
