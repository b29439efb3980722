"""A storyboard as a contact sheet: one HTML file, each shot's panel above what it is. It loads nothing."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from host.studio.storyboard.records import Scene, Shot, Storyboard

    PictureOf = Callable[[str], NDArray[np.uint8] | None]

_STILL_PX: Final = (480, 360)
_QUALITY: Final = 80


def contact_sheet(board: Storyboard, picture_of: PictureOf) -> bytes:
    """Return the sheet. picture_of: gives a page's picture by its name, None where there is none; one is held."""
    shots = sum(len(scene.shots) for scene in board.scenes)
    stills = _Stills(picture_of)
    page = Template((Path(__file__).parent / "sheet.html").read_text("utf-8"))
    return page.substitute(
        title=escape(board.title or "Storyboard"),
        summary=f"{_counted(len(board.scenes), 'scene')}, {_counted(shots, 'shot')}",
        scenes="".join(_scene(number, scene, stills) for number, scene in enumerate(board.scenes, 1)),
    ).encode()


class _Stills:
    """Panels cut from pages, of which one at a time is in memory."""

    def __init__(self, picture_of: PictureOf) -> None:
        self._picture_of = picture_of
        self._name: str | None = None
        self._page: NDArray[np.uint8] | None = None

    def of(self, shot: Shot) -> str:
        """Return a shot's panel as an element; empty where there is none."""
        source = shot.source
        if source is None:
            return ""
        if source.page != self._name:
            self._name, self._page = source.page, self._picture_of(source.page)
        if self._page is None:
            return ""
        left, top, right, bottom = source.box
        panel = Image.fromarray(self._page[max(0, top) : bottom, max(0, left) : right])
        panel.thumbnail(_STILL_PX, Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        panel.save(buffer, "WEBP", quality=_QUALITY)
        data = base64.b64encode(buffer.getvalue()).decode("ascii")
        alt = f"{source.page}, panel {source.panel}"
        return (
            f'<img src="data:image/webp;base64,{data}" width={panel.width} height={panel.height} alt="{escape(alt)}">'
        )


def _scene(number: int, scene: Scene, stills: _Stills) -> str:
    shots = "".join(_shot(f"{number}.{place}", shot, stills) for place, shot in enumerate(scene.shots, 1))
    return f"<section><h2>{number}. {escape(scene.heading)}</h2><ol>{shots}</ol></section>\n"


def _shot(number: str, shot: Shot, stills: _Stills) -> str:
    return (
        f'<li><figure><div class="still">{stills.of(shot)}</div>'
        f"<figcaption><b>{number} {shot.shot_type.replace('_', ' ')}</b>{''.join(_words(shot))}</figcaption>"
        "</figure></li>"
    )


def _words(shot: Shot) -> Iterator[str]:
    yield f"<span>{escape(shot.action)}</span>"
    if shot.dialogue:
        who = f"{escape(shot.character)}: " if shot.character else ""
        yield f"<q>{who}{escape(shot.dialogue)}</q>"
    for one in shot.matched_elements:
        yield f"<small>{escape(one.element)} {one.confidence:.2f} ({escape(', '.join(one.signals))})</small>"


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
