"""Where Irodori keeps its state, and the names that installer and extension share.

`IRODORI_HOME` puts everything (config, data, cache, logs) into one folder; without it platformdirs decides.
Standard library only at import: the installer reads the constants below without the project's dependencies.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

APP_NAME: Final = "irodori"
HOST_NAME: Final = "app.irodori.host"
HOST_DESCRIPTION: Final = "Irodori colours manga pages on this machine"
HOST_COMMAND: Final = "irodori-native-host"
HOME_VARIABLE: Final = "IRODORI_HOME"
EXTENSION_IDS: Final[tuple[str, ...]] = ("jladhcmjphcoaffkabhjbopmnbmjpbbi",)
GECKO_ID: Final = "host@irodori.app"


@dataclass(frozen=True, slots=True)
class StatePaths:
    """The folders of one Irodori home; none is created by asking."""

    config: Path
    data: Path
    cache: Path
    logs: Path
    downloads: Path | None = None

    @property
    def settings_file(self) -> Path:
        """The reader's settings (JSON)."""
        return self.config / "settings.json"

    @property
    def database(self) -> Path:
        """SQLite: the index of results, sources and references."""
        return self.data / "irodori.sqlite3"

    @property
    def references(self) -> Path:
        """Reference pictures by id."""
        return self.data / "references"

    @property
    def palettes(self) -> Path:
        """The palette of each series: JSON that a person can read, and the versions before it."""
        return self.data / "palettes"

    @property
    def presets_file(self) -> Path:
        """Ways of colouring that the reader named (JSON)."""
        return self.data / "presets.json"

    @property
    def reports(self) -> Path:
        """What was coloured of each series, as HTML."""
        return self.data / "reports"

    @property
    def exports(self) -> Path:
        """Where exported chapters go: to the reader's downloads; without such a folder, among our own data."""
        return self.downloads or self.data / "exports"

    @property
    def results(self) -> Path:
        """Coloured pages, content-addressed."""
        return self.cache / "results"

    @property
    def spool(self) -> Path:
        """Captured pages on their way; one folder per process, removed at its end."""
        return self.cache / "spool"

    @property
    def retrieval(self) -> Path:
        """What pictures look like, by series: indexes that can be made again."""
        return self.cache / "retrieval"

    @property
    def lane_lock(self) -> Path:
        """The file whose lock guards the one accelerator lane of this machine."""
        return self.cache / "lane.lock"

    @property
    def log_file(self) -> Path:
        """The host's log."""
        return self.logs / "host.log"


def state_paths() -> StatePaths:
    """Return the folders in force, from `IRODORI_HOME` or from the platform's conventions."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        root = Path(home).expanduser().absolute()
        return StatePaths(root / "config", root / "data", root / "cache", root / "logs")
    from platformdirs import PlatformDirs

    dirs = PlatformDirs(APP_NAME, appauthor=False)
    return StatePaths(
        Path(dirs.user_config_dir),
        Path(dirs.user_data_dir),
        Path(dirs.user_cache_dir),
        Path(dirs.user_log_dir),
        Path(dirs.user_downloads_dir),
    )
