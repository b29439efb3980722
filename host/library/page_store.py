"""Coloured pages by what decides them, kept until their volume is written; on a disk, or where fsspec leads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from host.books.whole_files import sweep_parts, write_whole
from host.library.colourer import PageResult

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGEST_HEX = 64


class PageStore:
    """`root`: a `Path`, or a `UPath` of a shared place. Results that failed are never kept."""

    def __init__(self, root: Path | Any) -> None:
        self._root = root
        if isinstance(root, Path):
            for folder in root.glob("??"):
                sweep_parts(folder)

    def get(self, key: str) -> PageResult | None:
        """Return a result; None where there is none, or where it is damaged."""
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        digest, body = data[:_DIGEST_HEX], data[_DIGEST_HEX:]
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        return PageResult.unpacked(body)

    def put(self, key: str, result: PageResult) -> None:
        """Keep a result, whole or not at all; the first one under a key stays.

        Raises:
            DiskFull, InternalError
        """
        path = self._path(key)
        if path.exists() and self.get(key) is not None:
            return
        body = result.packed()
        data = hashlib.sha256(body).hexdigest().encode() + body
        if isinstance(path, Path):
            write_whole(path, data)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def drop(self, keys: Iterable[str]) -> None:
        """Forget results whose volume is written."""
        for key in keys:
            try:
                self._path(key).unlink(missing_ok=True)
            except OSError:
                continue

    def _path(self, key: str) -> Any:
        return self._root / key[:2] / f"{key}.page"
