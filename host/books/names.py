"""Names of strangers' files: decoded whatever wrote them, safe as paths, told apart, and fit to print."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from itertools import accumulate, takewhile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_PATH_BYTES_MAX: Final = 800  # systems take from 1,024 on, and the folder that it lies in has to fit too
_PART_BYTES_MAX: Final = 200  # file systems take 255; a suffix and a temporary name have to fit too
NAMELESS: Final = "unnamed"
"""What a page is called whose entry has no name, or one that leads nowhere."""
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_ON_WINDOWS: Final = re.compile(r'[<>:"|?*]')
_JAPANESE: Final = re.compile("[\u3041-\u30ff\u3400-\u9fff]")
# A lone kanji between Latin letters is an accented letter of a DOS code page, read wrongly.
_ACCENT: Final = re.compile("[A-Za-z][\u3400-\u9fff]|[\u3400-\u9fff][A-Za-z]")
_LITTER: Final = frozenset({"__macosx", ".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini", ".git", ".thumbnails"})
_LITTER_STARTS: Final = ("._", ".trash", ".spotlight-", ".fseventsd", ".irodori-")


def decode_name(raw: bytes) -> str:
    """Return the text of a name in UTF-8, in Shift-JIS (cp932) where it reads as Japanese, else in cp437."""
    for encoding in ("utf-8", "cp932"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or (_JAPANESE.search(text) and not _ACCENT.search(text)):
            return text
    return raw.decode("cp437")


def plain_name(name: str) -> str:
    """Return a name of the file system without surrogates: its bytes decoded as `decode_name` does."""
    return decode_name(os.fsencode(name)) if any("\ud800" <= letter <= "\udfff" for letter in name) else name


def safe_name(name: str) -> str | None:
    """Return an entry's name as a relative POSIX path below its own folder; None where nothing is left of it.

    Roots, drives, `.` and `..` are dropped and control characters replaced; colons and leading dots are legal.
    """
    plain = "".join("_" if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in name)
    parts = [part for part in plain.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if len(parts) > 1 and _DRIVE.fullmatch(parts[0]):
        parts = parts[1:]
    return "/".join(parts) or None


def is_litter(name: str) -> bool:
    """Say whether a POSIX path leads to what systems leave behind, not people."""
    parts = name.casefold().split("/")
    return any(part in _LITTER or part.startswith(_LITTER_STARTS) for part in parts)


def same_name(name: str) -> str:
    """Return what two names share where a file system may take them for one: case and composition do not count."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def same_place(path: Path) -> str:
    """Return what two paths share where a file system may take them for one; links are followed."""
    return same_name(os.path.realpath(path))


def told_apart(names: Iterable[str], *, suffixes: bool = True, others: Iterable[str] = ()) -> list[str]:
    """Return the names, numbered where two would be one: `1.png`, `1 (2).png`; without `suffixes` at their ends.

    others: names that none of them may have.
    """
    taken = {same_name(name) for name in others}
    apart = []
    for name in names:
        suffix = PurePosixPath(name).suffix if suffixes else ""
        candidate, number = name, 1
        while same_name(candidate) in taken:
            number += 1
            candidate = f"{name.removesuffix(suffix)} ({number}){suffix}"
        taken.add(same_name(candidate))
        apart.append(candidate)
    return apart


def numbered(path: Path, is_taken: Callable[[Path], bool]) -> Path:
    """Return a path, or the first one with a number behind its stem, that is not taken."""
    candidate, number = path, 1
    while is_taken(candidate):
        number += 1
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return candidate


def targets(names: Sequence[str], suffix: str, beside: str = "") -> dict[str, tuple[str, str]]:
    """Return for each page's name its two paths: coloured (with `suffix`), and as it was (with its own).

    No path of a page is one of another's, or a folder in which another's lies. The stem is kept where it can be:
    `1.jpg` becomes `1.png`; beside a `1.gif` it becomes `1.jpg.png`, and a number comes where that is taken too.

    beside: what a file that goes with a page adds to its path; nobody's path is that of such a file either.
    """

    def claimed(paths: tuple[str, str]) -> set[str]:
        return {same_name(f"{path}{end}") for path in paths for end in ("", beside)}

    stems = {name: str(PurePosixPath(name).with_suffix("")) for name in names}
    shared = Counter(same_name(stem) for stem in stems.values())
    # Nobody's: where there is a folder, there can be no file.
    folders = {same_name(str(parent)) for name in names for parent in PurePosixPath(name).parents}
    taken: dict[str, str | None] = dict.fromkeys(folders)
    found = {}
    for name in names:
        choices = [] if shared[same_name(stems[name])] > 1 else [(f"{stems[name]}{suffix}", name)]
        choices.append((f"{name}{suffix}", name))
        number = 1
        while any(taken.get(path, name) != name for path in claimed(choices[0])):
            choices.pop(0)
            number += not choices
            own = PurePosixPath(name).suffix
            choices = choices or [(f"{stems[name]} ({number}){suffix}", f"{stems[name]} ({number}){own}")]
        taken |= dict.fromkeys(claimed(choices[0]), name)
        found[name] = choices[0]
    return found


def on_disk(name: str) -> str:
    """Return a relative POSIX path as the disks here take it: neither it nor a part too long, nothing forbidden."""
    parts = list(map(_part_on_disk, name.split("/")))
    *folders, last = parts
    if _bytes_of("/".join(parts)) <= _PATH_BYTES_MAX:
        return "/".join(parts)
    # What is in one folder stays in one folder.
    digest = hashlib.sha256(_encoded("/".join(folders))).hexdigest()[:16]
    kept = takewhile(lambda told: told[1] <= _PATH_BYTES_MAX - 2 * _PART_BYTES_MAX, _grown(folders))
    return "/".join([*(part for part, _ in kept), f"~{digest}", last])


def _grown(parts: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Yield each part, and how many bytes a path has up to it."""
    return zip(parts, accumulate(_bytes_of(part) + 1 for part in parts), strict=True)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _bytes_of(text: str) -> int:
    return len(_encoded(text))


def printable(text: str) -> str:
    """Return text that a terminal shows as it is: control characters, surrogates and marks of direction are escaped."""
    return "".join(
        letter if letter.isprintable() or unicodedata.category(letter) == "Zs" else ascii(letter)[1:-1]
        for letter in text
    )


def _part_on_disk(part: str) -> str:
    if os.name == "nt":  # pragma: no cover - needs that system
        part = _ON_WINDOWS.sub("_", part).rstrip(" .") or "_"
    if _bytes_of(part) <= _PART_BYTES_MAX:
        return part
    digest = hashlib.sha256(_encoded(part)).hexdigest()[:8]
    suffix = Path(part).suffix if len(Path(part).suffix) <= 10 else ""
    stem = _encoded(part)[: _PART_BYTES_MAX - 20].decode("utf-8", "ignore")
    return f"{stem}~{digest}{suffix}"
