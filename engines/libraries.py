"""Which libraries an engine needs and this machine lacks; nothing is imported for it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from engines.base import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable


def missing_libraries(names: Iterable[str]) -> list[str]:
    """Return those that are not installed."""
    return [name for name in names if find_spec(name) is None]


def require_libraries(names: Iterable[str], install: str) -> None:
    """Check that all are installed. install: how the reader brings them.

    Raises:
        EngineUnavailable
    """
    missing = missing_libraries(names)
    if missing:
        names = ", ".join(missing)
        raise EngineUnavailable(f"{names} is not installed", install, told=("not_installed", names, install))
