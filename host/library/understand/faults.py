"""What went wrong, as files: one folder, for each page that failed its reason, a model's last words and the picture."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Final

from host.books.names import on_disk
from host.books.whole_files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

_SAID_MAX: Final = 1 << 16


class FaultFolder:
    """Files are there only while a page's last try failed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, page_id: str, step: str, words: str, said: str = "", view: bytes = b"") -> None:
        """Keep why a page failed.

        Raises:
            DiskFull, InternalError
        """
        facts = {"page": page_id, "step": step, "error": words, "answer": said[:_SAID_MAX]}
        write_whole(self._path(page_id, ".json"), json.dumps(facts, indent=1, ensure_ascii=True).encode())
        if view:
            write_whole(self._path(page_id, ".jpg"), view)

    def drop(self, page_id: str) -> None:
        """Forget an older fault of a page."""
        for suffix in (".json", ".jpg"):
            with contextlib.suppress(OSError):
                self._path(page_id, suffix).unlink(missing_ok=True)

    def _path(self, page_id: str, suffix: str) -> Path:
        return self._root / f"{on_disk(page_id)}{suffix}"
