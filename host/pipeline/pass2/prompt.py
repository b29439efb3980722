"""PromptBuilder: the words for engines that read words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from host.pipeline.pagemeta import PageKind, PageMeta

_TAGS_BY_KIND: Final[dict[PageKind, str]] = {
    "story": "manga page, flat colours, cel shading",
    "splash": "manga splash page, one picture, flat colours, cel shading",
    "cover": "manga cover, one picture, rich colours",
    "already_coloured": "comic page, flat colours",
    "text": "manga page, mostly lettering",
    "blank": "empty page",
    "advertisement": "magazine advertisement, flat colours",
}


def build_prompt(meta: PageMeta, wish: str) -> str:
    """Return comma-separated tags: the reader's wish first, then what the page is; each tag once.

    Tags that differ only in case or spaces are one tag.
    """
    tags = [*wish.split(","), *_TAGS_BY_KIND[meta.kind].split(",")]
    return ", ".join(_once(tags))


def _once(tags: list[str]) -> list[str]:
    by_key: dict[str, str] = {}
    for tag in tags:
        words = " ".join(tag.split())
        if words:
            by_key.setdefault(words.casefold(), words)
    return list(by_key.values())
