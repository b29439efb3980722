"""Commands are run in this process; what typer makes of the declarations is made once: it takes most of the time."""

from __future__ import annotations

from functools import cache
from typing import Final

import pytest
import typer.main
import typer.testing

_command_of: Final = cache(typer.main.get_command)


@pytest.fixture(autouse=True)
def declarations_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the runner the same command for the same declarations."""
    monkeypatch.setattr(typer.testing, "_get_command", _command_of)
