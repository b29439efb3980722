"""A chapter's storyboard as one file: JSON, script and contact sheet in a ZIP."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

from host.errors import BadRequest, IrodoriError
from host.pipeline.analysis.words import with_words
from host.pipeline.decode import decode_page
from host.studio.elements.match import matched
from host.studio.page import page_of
from host.studio.storyboard.fountain import as_fountain
from host.studio.storyboard.from_pages import ReadPage, storyboard_of_pages
from host.studio.storyboard.sheet import contact_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.words.base import WordReader
    from host.pipeline.analysis.reader import PageReader
    from host.studio.elements.records import Element
    from host.studio.storyboard.records import Storyboard

_SHEET_SHARE: Final = 0.9
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""What a ZIP says when its files were made: the same pages give the same bytes."""


def chapter_storyboard(
    title: str,
    pages: Sequence[str],
    bytes_of: Callable[[str], bytes | None],
    reader: PageReader,
    progress: Callable[[float], None],
    elements: Sequence[Element] = (),
    letters: WordReader | None = None,
    people: Callable[[str], Mapping[int, Sequence[str]]] = lambda _: {},
) -> tuple[bytes, Storyboard, str, list[int]]:
    """Return the ZIP, the storyboard in it, its script, and which pages could not be read, counted from 1.

    bytes_of: a page's encoded bytes by its name, None where they are gone. progress: after each page; may raise.
    elements: which shots may show. letters: reads what balloons say into the shots; None: nobody does. people: who is
    surely seen on a page of these pixels, by the order of the panel.

    Raises:
        BadRequest: no panel was found on any page.
    """
    read: list[ReadPage] = []
    named: dict[str, str] = {}
    missing: list[int] = []
    for number, page in enumerate(pages, 1):
        name = f"{number:03d}"
        named[name] = page
        encoded = bytes_of(page)
        try:
            if encoded is None:
                missing.append(number)
            else:
                decoded = decode_page(encoded)
                meta = page_of(decoded, reader).meta
                if letters is not None:
                    meta = with_words(meta, decoded.rgb, letters)
                read.append(ReadPage(name, meta, people(decoded.pixels_sha256)))
        except IrodoriError as exc:
            if exc.code == "E_CANCELLED":
                raise
            missing.append(number)
        progress(_SHEET_SHARE * number / len(pages))
    board = matched(storyboard_of_pages(read, title), elements)
    if not board.scenes:
        raise BadRequest("No panel was found on the pages.", "A storyboard is made of panels.", told=("no_panel",))

    def picture_of(name: str) -> NDArray[np.uint8] | None:
        encoded = bytes_of(named[name])
        return None if encoded is None else decode_page(encoded).rgb

    script = as_fountain(board)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in (
            ("storyboard.json", board.model_dump_json(indent=1).encode()),
            ("storyboard.fountain", script.encode()),
            ("storyboard.html", contact_sheet(board, picture_of)),
        ):
            archive.writestr(zipfile.ZipInfo(file, _LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue(), board, script, missing
