"""An input that is made, and what has to come of it; small pages to fill it with."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

_PAGES: Final = Path(__file__).parents[3] / "tests" / "pages"
_SIZE: Final = (480, 678)


@dataclass(frozen=True, slots=True)
class Made:
    """One run's input. files: by path; a single one is given itself, several as their folder.

    pages: how many have to come in and out, None where it is left open. statuses: those of the command line that are
    right. verdicts: of pages by name, the right ones, separated by `|`; what is not named may become anything. links:
    where symbolic links beside the files lead, by name. pipes: names of pipes that nobody writes to.
    """

    name: str
    files: Mapping[str, bytes]
    pages: int | None = None
    statuses: frozenset[int] = frozenset({0})
    verdicts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    pipes: tuple[str, ...] = ()


@cache
def grey_page() -> Image.Image:
    """Return a small page of a comic, mode `L`."""
    with Image.open(_PAGES / "panels-ja.jpg") as picture:
        return picture.convert("L").resize(_SIZE)


@cache
def coloured_page() -> NDArray[np.float32]:
    """Return a page in colour, `(h, w, 3)` float32 sRGB levels."""
    with Image.open(_PAGES / "coloured-en.webp") as picture:
        return np.asarray(picture.convert("RGB"), np.float32)


def small_page(number: int) -> bytes:
    """Return a page as PNG, another one for each number."""
    return encoded(grey_page().resize((300, 424)).rotate(number, fillcolor=255), "PNG")


def encoded(picture: Image.Image, kind: str, **how: object) -> bytes:
    """Return a picture as a file's bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **how)
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return files as an archive's bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def folders(subject: str, kinds: Mapping[str, Callable[[], Iterable[tuple[str, bytes, str]]]]) -> Iterator[Made]:
    """Yield a folder for each kind of picture, whose maker gives names, bytes and right verdicts."""
    for kind, make in kinds.items():
        made = list(make())
        verdicts = {name: verdict for name, _, verdict in made}
        yield Made(f"{subject} {kind}", {name: data for name, data, _ in made}, len(made), frozenset({0, 1}), verdicts)
