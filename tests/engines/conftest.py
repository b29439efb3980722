"""What tests of several engines ask for."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def own_home(irodori_home: Path) -> Path:
    """Keep the memory of digests in the test's own folder."""
    return irodori_home


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make whoever reaches for a network fail."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was reached for")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
