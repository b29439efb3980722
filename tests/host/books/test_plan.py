"""What one run reads and writes, compared before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.books.plan import require_apart
from host.errors import BadRequest

if TYPE_CHECKING:
    from pathlib import Path


def test_paths_that_are_all_different_may_be_written(tmp_path: Path) -> None:
    require_apart([tmp_path / "a.png", tmp_path / "b.png"], [tmp_path / "out" / "a.png", tmp_path / "c.png"])
    require_apart([tmp_path / "a.png"] * 2, [])


@pytest.mark.parametrize("name", ["a.png", "A.PNG", "x/../a.png"])
def test_what_is_read_is_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest, match="is a source"):
        require_apart([tmp_path / "a.png"], [tmp_path / "b.png", tmp_path / name])


def test_a_link_is_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(BadRequest, match="is a source"):
        require_apart([tmp_path / "a.png"], [tmp_path / "link.png"])


def test_nothing_is_written_twice(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="written twice"):
        require_apart([], [tmp_path / "a.png", tmp_path / "b.png", tmp_path / "A.png"])
