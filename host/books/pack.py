"""Archives as we write them: everything stored as it is, for pictures are compressed already, and without dates."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING

from host.books.locked import LockedEntry, write_locked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def pack(target: Path | IO[bytes], entries: Iterable[tuple[str, bytes | LockedEntry]]) -> None:
    """Write a ZIP archive of these entries in their order; the same entries give the same archive, byte for byte."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in entries:
            if isinstance(content, LockedEntry):
                write_locked(archive, name, content)
            else:
                archive.writestr(zipfile.ZipInfo(name), content)
