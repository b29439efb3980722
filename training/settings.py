"""The settings of a recipe: frozen dataclasses with a default for everything, read from a TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

T = TypeVar("T")


def read_settings(kind: type[T], path: Path) -> T:
    """Read a TOML file; what it leaves out has the defaults of `kind`, whose sections are dataclasses too.

    Raises:
        ValueError: a key that no field has.
        OSError, tomllib.TOMLDecodeError
    """
    return settings_of(kind, tomllib.loads(path.read_text("utf-8")))


def settings_of(kind: type[T], mapping: Mapping[str, Any]) -> T:
    """Return the settings of plain tables, as TOML and `dataclasses.asdict` give them; lists become tuples.

    Raises:
        ValueError: a key that no field has.
    """
    sections = {item.name: item.default_factory for item in fields(kind)}  # type: ignore[arg-type]
    unknown = set(mapping) - set(sections)
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{key: _value(sections[key], value) for key, value in mapping.items()})


def _value(section: Any, value: Any) -> Any:
    if isinstance(section, type) and is_dataclass(section):
        return settings_of(section, value)
    return tuple(value) if isinstance(value, list) else value
