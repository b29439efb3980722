"""`irodori models`: each model with its state, and where models lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.cli.models import print_models
from models.catalog import load_catalog
from models.store import models_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_model_has_its_state_and_the_last_line_says_where_models_lie(
    irodori_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    print_models()
    *rows, last = capsys.readouterr().out.strip().splitlines()
    assert last == f"Models lie in {models_folder()}"
    told = {row.split()[0]: row for row in rows if row.split()}
    assert load_catalog().keys() <= told.keys()
    assert " ready " in told["compact"]
    pulled = next(card for card in load_catalog().values() if card.repository)
    assert " missing " in told[pulled.id]
    assert pulled.licence in told[pulled.id]
