"""What was found, as one HTML file that loads nothing: pictures in order, their pages and why they were found."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from host.books.book import UnreadablePage
from host.errors import IrodoriError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from host.library.embed.search import Found
    from host.library.understand.shelf import AnalysedShelf
    from host.pipeline.records.page_meta import PageMeta

_TEMPLATE: Final = Path(__file__).with_name("sheet.html")
_SIDE_PX: Final = 320
_FRAME: Final = (220, 38, 38)
_WORDS_MAX: Final = 240


@dataclass(frozen=True, slots=True)
class Card:
    """A page on the sheet. thumb: a WebP, empty where its picture is gone. place: its file, and where in it."""

    found: Found
    thumb: bytes
    place: str
    words: str


def cards(found: Sequence[Found], shelf: AnalysedShelf) -> list[Card]:
    """Return what was found with its pictures; each volume is opened once."""
    wanted = {one.page_id: one for one in found}
    made: dict[str, Card] = {}
    for volume in shelf.volumes:
        ids = {page.id for book in volume.books for page in shelf.pages_of(volume, book)}
        if not ids & wanted.keys():
            continue
        for page, read in shelf.pictures_of(volume):
            if page.id in wanted:
                one, meta = wanted[page.id], page.meta()
                try:
                    thumb = _thumb(read(), meta, one.panel)
                except (UnreadablePage, IrodoriError):
                    thumb = b""
                from host.library.embed.words import page_words

                made[page.id] = Card(one, thumb, page.picture_path, page_words(page)[:_WORDS_MAX])
    return [made[one.page_id] for one in found if one.page_id in made]


def sheet_html(asked: str, listed: Sequence[Card]) -> str:
    """Return the sheet. asked: what was searched for, in words."""
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        asked=escape(asked), count=len(listed), cards="\n".join(map(_card, listed))
    )


def _card(card: Card) -> str:
    shown = base64.b64encode(card.thumb).decode()
    picture = f'<img alt="" src="data:image/webp;base64,{shown}">' if shown else "<div class=none>no picture</div>"
    score = f"{card.found.score:.3f}"
    return (
        f"<li>{picture}<h2>{_safe(card.found.page_id)}</h2><p class=why>{score} · {_safe(card.found.why)}</p>"
        f"<p>{_safe(card.words)}</p><p class=place>{_safe(card.place)}</p></li>"
    )


def _safe(text: str) -> str:
    return escape(text.encode("utf-8", "replace").decode())


def _thumb(encoded: bytes, meta: PageMeta | None, panel: int | None) -> bytes:
    from PIL import Image, ImageDraw

    from host.pipeline.decode import decode_page

    rgb: NDArray[np.uint8] = decode_page(encoded).rgb
    picture = Image.fromarray(rgb)
    panels = sorted(meta.panels, key=lambda one: one.order) if meta is not None else []
    if panel is not None and panel < len(panels):
        box = panels[panel].box
        width = max(2, picture.width // 80)
        ImageDraw.Draw(picture).rectangle((box.left, box.top, box.right - 1, box.bottom - 1), None, _FRAME, width)
    picture.thumbnail((_SIDE_PX, 2 * _SIDE_PX))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()
