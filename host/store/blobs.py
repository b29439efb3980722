"""Content-addressed files: the name is the SHA-256 of the bytes, so that damage is seen when they are read."""

from __future__ import annotations

import hashlib
import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from host.picture_types import suffix_of
from host.store.disk import disk_errors, file_stamp, sync_folder, write_synced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's name: the digest (hex) of its bytes and their MIME type."""

    digest: str
    mime: str


@dataclass(frozen=True, slots=True)
class StagedBlob:
    """Bytes that are on the disk under a temporary name."""

    blob: Blob
    temporary: Path


class BlobFolder:
    """Files under `root`; temporary ones in `scratch`, a folder of this process on the same file system."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self._root = root
        self._scratch = scratch
        self._seen: dict[str, tuple[int, int, int]] = {}

    def stage(self, data: bytes, mime: str) -> StagedBlob:
        """Bring bytes to the disk; `publish` gives them their name.

        Raises:
            DiskFull, InternalError
        """
        temporary = self._scratch / secrets.token_hex(8)
        with disk_errors("a coloured page"):
            self._scratch.mkdir(parents=True, exist_ok=True)  # somebody may have emptied the cache's folder
            write_synced(temporary, data)
        return StagedBlob(Blob(hashlib.sha256(data).hexdigest(), mime), temporary)

    def publish(self, staged: StagedBlob) -> None:
        """Move staged bytes into their place, whole or not at all."""
        path = self._path(staged.blob)
        with disk_errors("a coloured page"):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and not staged.temporary.exists():
                return  # published by a transaction that had to be made once more
            staged.temporary.replace(path)
            self._remember(staged.blob, path)

    def sync(self, blob: Blob) -> None:
        """Wait until the disk knows a published blob's name."""
        with disk_errors("a coloured page"):
            sync_folder(self._path(blob).parent)

    def discard(self, staged: StagedBlob) -> None:
        """Drop staged bytes that were not published."""
        with suppress(OSError):
            staged.temporary.unlink(missing_ok=True)

    def read(self, blob: Blob) -> bytes | None:
        """Return the bytes; None where the file is gone, cut short or changed."""
        path = self._path(blob)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() != blob.digest:
            _LOG.warning("%s is damaged", path.name)
            return None
        self._remember(blob, path)
        return data

    def is_whole(self, blob: Blob) -> bool:
        """Tell whether `read` would give the bytes; a file unchanged since its last check is not read again."""
        known = self._seen.get(blob.digest)
        if known is not None and known == file_stamp(self._path(blob)):
            return True
        return self.read(blob) is not None

    def remove(self, blob: Blob) -> None:
        """Remove the file; one that is gone already is no fault."""
        self._seen.pop(blob.digest, None)
        with suppress(OSError):
            self._path(blob).unlink(missing_ok=True)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield digest and path of every file that stands under a final name."""
        for path in self._root.glob("??/*"):
            yield path.stem, path

    def _path(self, blob: Blob) -> Path:
        return self._root / blob.digest[:2] / f"{blob.digest}{suffix_of(blob.mime)}"

    def _remember(self, blob: Blob, path: Path) -> None:
        stamp = file_stamp(path)
        if stamp is not None:
            self._seen[blob.digest] = stamp
