"""Where an engine's parts may lie: in the model's own folder, then wherever the reader dropped them.

Dropped are single files anywhere in the models' folder, and whole repositories in diffusers' layout; the folders that
the catalogue's other models are pulled into are theirs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.catalog import load_catalog
from models.drop_folder import data_files
from models.store import local_folder, models_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_INDEX: Final = "model_index.json"
_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class Places:
    """own: the model's folder. shared: the folder that is searched for what is not there; None for none."""

    own: Path
    shared: Path | None = None

    @property
    def target(self) -> Path:
        """Where a reader puts what is missing."""
        return self.shared or self.own

    def repositories(self, pipelines: frozenset[str]) -> Iterator[tuple[Path, dict[str, object]]]:
        """Give dropped folders in diffusers' layout whose index names one of these pipelines, by name."""
        if self.shared is None:
            return
        found = {path for depth in range(_DEPTH) for path in self.shared.glob("*/" * depth + _INDEX)}
        for path in sorted(found):
            if path.parent != self.own and not self._is_pulled(path):
                index = _index(path)
                if index.get("_class_name") in pipelines:
                    yield path.parent, index

    def files(self) -> tuple[Path, ...]:
        """Return the dropped single files, by name; those in diffusers' folders are parts of these."""
        if self.shared is None:
            return ()
        return tuple(
            path
            for path in data_files(self.shared)
            if self.own not in path.parents and not self._is_pulled(path) and not _in_repository(path, self.shared)
        )

    def name_of(self, path: Path) -> str:
        """Return what a weights file is called in records: its path within the model's or the models' folder."""
        for folder in (self.own, self.shared):
            if folder is not None and folder in path.parents:
                return path.relative_to(folder).as_posix()
        return path.name

    def _is_pulled(self, path: Path) -> bool:
        return self.shared is not None and any(self.shared / name in path.parents for name in load_catalog())


def places_of(model_id: str, folder: Path | None = None) -> Places:
    """Return where a model's parts may lie; a folder that is named stands alone."""
    return Places(folder) if folder is not None else Places(local_folder(model_id), models_folder())


def _in_repository(path: Path, top: Path) -> bool:
    return any((folder / _INDEX).is_file() for folder in path.parents if top in folder.parents)


def _index(path: Path) -> dict[str, object]:
    try:
        facts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
