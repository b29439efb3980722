"""What a chapter's file is called: a name that every system takes, and that no other chapter has."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from host.books.names import same_name

if TYPE_CHECKING:
    from pathlib import Path

_STEM_LENGTH: Final = 100
_DIGEST_LENGTH: Final = 8
_BETWEEN: Final = " - "
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
# Windows gives these names to devices, whatever the suffix.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def chapter_stem(series: str, chapter: str) -> str:
    """Return the one name of a chapter's file, without suffix; no other chapter has it.

    Where the title cannot be the name (cut, unsafe letters, unclear where the series ends), a digest of both ends it.
    """
    title = f"{series}{_BETWEEN}{chapter}" if chapter else series
    stem = safe_stem(title)
    if stem == title and _BETWEEN not in series and _BETWEEN not in chapter:
        return stem
    return f"{stem}~{_digest(series, chapter)}"


def safe_stem(text: str) -> str:
    """Return a file name without suffix that every system takes and that leads nowhere else."""
    plain = _UNSAFE.sub("_", unicodedata.normalize("NFC", text))
    cut = plain.encode("utf-8", "ignore")[:_STEM_LENGTH].decode("utf-8", "ignore")
    stem = cut.strip(" .-_")
    if not stem:
        return "chapter"
    return f"_{stem}" if _RESERVED.fullmatch(stem) else stem


def chapter_path(folder: Path, series: str, chapter: str, suffix: str) -> Path:
    """Return a chapter's file in `folder`; `suffix` is without a dot.

    Where another chapter's differs in case or composition of letters alone, which many file systems take for the same,
    the digest ends the name, from then on.
    """
    path = folder / f"{chapter_stem(series, chapter)}.{suffix}"
    told = folder / f"{path.stem}~{_digest(series, chapter)}.{suffix}"
    wanted = same_name(path.name)
    found = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    twins = any(name != path.name and same_name(name) == wanted for name in found)
    return told if twins or told.name in found else path


def _digest(series: str, chapter: str) -> str:
    whole = hashlib.sha256(f"{series}\0{chapter}".encode("utf-8", "surrogatepass")).hexdigest()
    return whole[:_DIGEST_LENGTH]
