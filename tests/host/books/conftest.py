"""A folder so deep that what walks it by recursion fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def deep_folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder 1,200 below `tmp_path / "in"`, still to be made.

    It is taken away again: pytest's own removal of old temporary folders would fail on it, and with it later runs.
    """
    deep = (tmp_path / "in").joinpath(*["d"] * 1200)
    yield deep
    for folder in (deep, *deep.parents):
        if folder == tmp_path:
            return
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()
