"""`irodori page animate`: what cannot be written is said before the page is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.cli.page.films import film_page
from host.errors import BadRequest, EngineNotAvailable
from host.studio.animate import Motion

if TYPE_CHECKING:
    from pathlib import Path


def test_a_film_that_nothing_here_writes_is_refused_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking() -> None:
        raise EngineNotAvailable("there is no av", "Install it.")

    monkeypatch.setattr("host.studio.film._av", lacking)
    with pytest.raises(EngineNotAvailable, match="no av"):
        film_page(tmp_path / "none.png", tmp_path / "out.webm", Motion(), "auto")
    with pytest.raises(BadRequest, match="There is no"):
        film_page(tmp_path / "none.png", tmp_path / "out.gif", Motion(), "auto")  # needs no such library
    assert list(tmp_path.iterdir()) == []
