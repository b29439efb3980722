"""The catalogue of models: what files a model has, how large they are, whose they are and which engine runs them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG_FILE = Path(__file__).with_name("catalog.toml")


class CatalogInvalid(ValueError):
    """The catalogue has a card that lacks a key, has one too many, or one of a wrong kind."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model. `sha256` is in lower-case hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """The card of a model.

    licence: SPDX identifier of the weights. memory_mib: what a device needs to run it. repository and revision:
    where the files are pulled from; empty for a model that ships with the code. allow: which of the repository's files
    are pulled (glob patterns, empty for all that are data). digests: SHA-256 of those whose content is known, by their
    place in the repository: whatever a hub or a mirror says, nothing else comes under that name. needs: what else an
    engine wants beside it, in words. is_part: it is no model by itself.
    """

    id: str
    label: str
    engine: str
    licence: str
    attribution: str
    memory_mib: int
    files: tuple[ModelFile, ...]
    repository: str = ""
    revision: str = ""
    allow: tuple[str, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
    is_part: bool = False

    @property
    def non_commercial(self) -> bool:
        """Whether its licence forbids commercial use, so that it is shown before the model is pulled."""
        return "non-commercial" in self.licence.casefold()

    @property
    def content_digest(self) -> str:
        """What all its files hold, as one SHA-256: another file, another digest."""
        return hashlib.sha256(" ".join(file.sha256 for file in self.files).encode()).hexdigest()

    def file(self, name: str) -> ModelFile:
        """Return the file of this name.

        Raises:
            KeyError: the model has no such file.
        """
        for item in self.files:
            if item.name == name:
                return item
        raise KeyError(name)


@cache
def load_catalog(path: Path = CATALOG_FILE) -> Mapping[str, ModelCard]:
    """Return all cards by model id.

    Raises:
        CatalogInvalid: the file is not TOML, or a card is not as it should be.
        OSError: the file cannot be read.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise CatalogInvalid(f"{path.name} is not TOML: {exc}") from exc
    return {name: _card(name, table) for name, table in tables.items()}


def _card(name: str, table: Any) -> ModelCard:
    try:
        files = tuple(ModelFile(**item) for item in table["files"])
        card = ModelCard(**{**table, "files": files, "allow": tuple(table.get("allow", ())), "id": name})
    except (TypeError, KeyError) as exc:
        raise CatalogInvalid(f"card {name}: {exc}") from exc
    for name_, digest in card.digests.items():
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise CatalogInvalid(f"card {name}: the digest of {name_} is none")
    for item in files:
        if Path(item.name).name != item.name:
            raise CatalogInvalid(f"card {name}: {item.name!r} is not a plain file name")
    return card
