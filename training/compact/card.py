"""Writes sizes and digests of new weights into the catalogue."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def update_card(catalog: Path, files: list[Path]) -> None:
    """Set `bytes` and `sha256` of the files' entries in `catalog.toml`; everything else in it stays.

    Raises:
        KeyError: the catalogue has no entry of a file's name.
    """
    text = catalog.read_text("utf-8")
    for file in files:
        content = file.read_bytes()
        entry = f'name = "{file.name}"\nbytes = {len(content)}\nsha256 = "{hashlib.sha256(content).hexdigest()}"'
        pattern = rf'name = "{re.escape(file.name)}"\nbytes = \d+\nsha256 = "[0-9a-f]*"'
        text, found = re.subn(pattern, entry, text)
        if not found:
            raise KeyError(file.name)
    catalog.write_text(text, "utf-8")
