"""The folder of true pages that the quality benchmarks measure on: `art/NAME.webp`, `splits.json` and more.

The part of a name before its last `P` is the episode: `E05P02` is a page of `E05`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from host.errors import IrodoriError
from host.pipeline.decode import decode_page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class FolderUnusable(Exception):
    """The folder is not what a benchmark needs; the message says what is missing."""


def split_names(data: Path, split: str) -> list[str]:
    """Return the names of a split's pages, sorted.

    Raises:
        FolderUnusable: there is no `splits.json` that can be read, no such split, or no page in it.
    """
    try:
        splits = json.loads((data / "splits.json").read_text("utf-8"))
        names = sorted(str(name) for name in splits[split])
    except OSError as exc:
        raise FolderUnusable(f"{data} has no splits.json that can be read") from exc
    except (ValueError, TypeError) as exc:
        raise FolderUnusable(f'{data / "splits.json"} should be like {{"dev": ["E14P01", …]}}') from exc
    except KeyError as exc:
        raise FolderUnusable(f"{data / 'splits.json'} has no split {split!r}") from exc
    if not names:
        raise FolderUnusable(f"the split {split!r} of {data} has no pages")
    return names


def episode(name: str) -> str:
    """Return the episode of a page."""
    return name.rpartition("P")[0] or name


def spread(names: Sequence[str], count: int | None) -> list[str]:
    """Return `count` of the names at even distances, all of them for None."""
    if count is None or count >= len(names):
        return list(names)
    return [names[place * len(names) // max(1, count)] for place in range(count)]


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Return a picture as `(H, W, 3)` uint8 sRGB RGB.

    Raises:
        FolderUnusable: it is not there, or no picture.
    """
    try:
        return decode_page(path.read_bytes()).rgb
    except (OSError, IrodoriError) as exc:
        raise FolderUnusable(f"{path} is missing or no picture that can be read") from exc
