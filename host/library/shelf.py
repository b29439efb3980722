"""Which volumes stand on a shelf: files by their content, and folders of pictures."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from host.books.book import LeftOut, is_picture_name, natural_key
from host.books.folder import is_volume, walk_files
from host.books.names import on_disk, plain_name, same_name, told_apart
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DIGEST_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """A volume on the shelf.

    Attributes:
        path: its file or folder.
        place: where it goes below the output, a POSIX path without a suffix; no two of a shelf have one.
        series: the folder that it stands in, relative to the shelf; empty for the shelf itself.
        bytes: its size on disk.
        stamp: changes when the volume does.
        output: where coloured volumes go; a folder is read without it.
    """

    path: Path
    place: str
    series: str
    bytes: int
    stamp: str
    output: Path
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was found, in natural order, and what is no volume."""

    sources: tuple[Source, ...]
    left_out: tuple[LeftOut, ...] = field(default=())


def find_volumes(roots: Sequence[Path], output: Path) -> Shelf:
    """Return the volumes below these folders, or the files themselves; what is at `output` is not looked at.

    A folder that holds pictures is a volume with all folders in it. Volumes in it are volumes of their own.

    Raises:
        BadRequest: a root is missing, or the output is one of them.
    """
    found: list[tuple[str, Path, int, str, bool]] = []
    left_out: list[LeftOut] = []
    prefixes = told_apart([plain_name(Path(os.path.realpath(root)).name) for root in roots], suffixes=False)
    for root, prefix in zip(roots, prefixes, strict=True):
        _check(root, output)
        below = f"{prefix}/" if len(roots) > 1 and root.is_dir() else ""
        if root.is_dir():
            found += ((below + name, *rest) for name, *rest in _in_folder(root, output, left_out))  # type: ignore[misc]
        else:
            found.append((plain_name(root.name), root, *_facts(root), False))
    found.sort(key=lambda each: natural_key(each[0]))
    return Shelf(tuple(_sources(found, output)), tuple(left_out))


def file_digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_DIGEST_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _check(root: Path, output: Path) -> None:
    if os.path.realpath(root) == os.path.realpath(output):
        raise BadRequest(f"{output} is the shelf itself.", "Choose another --output; sources are never overwritten.")
    if not root.exists():
        raise BadRequest(f"There is no {root}.", "Check the path; quote names with spaces.")


def _in_folder(root: Path, output: Path, left_out: list[LeftOut]) -> Iterator[tuple[str, Path, int, str, bool]]:
    pictures: dict[Path, list[Path]] = {}
    for path, reason, lost in walk_files(root, os.path.realpath(output)):
        name = plain_name(path.relative_to(root).as_posix())
        if reason:
            left_out.append(LeftOut(name, reason, lost=lost))
        elif is_picture_name(path.name):
            pictures.setdefault(path.parent, []).append(path)
        elif is_volume(path):
            yield name, path, *_facts(path), False
    for folder, files in _topmost(pictures).items():
        name = plain_name(folder.relative_to(root).as_posix())
        yield root.resolve().name if name == "." else name, folder, *_folder_facts(folder, files), True


def _topmost(pictures: dict[Path, list[Path]]) -> dict[Path, list[Path]]:
    """Return the folders of pictures that stand in no other one, each with all files below it."""
    found: dict[Path, list[Path]] = {}
    for folder in sorted(pictures, key=lambda path: len(path.parts)):
        top = next((parent for parent in reversed((folder, *folder.parents)) if parent in pictures), folder)
        found.setdefault(top, []).extend(pictures[folder])
    return found


def _facts(path: Path) -> tuple[int, str]:
    status = path.stat()
    return status.st_size, f"{status.st_size}:{status.st_mtime_ns}"


def _folder_facts(folder: Path, files: Sequence[Path]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for path in sorted(files):
        of_file, stamp = _facts(path)
        size += of_file
        digest.update(f"{os.fsencode(path.relative_to(folder)).hex()}:{stamp}\n".encode())
    return size, digest.hexdigest()


def _sources(found: Sequence[tuple[str, Path, int, str, bool]], output: Path) -> Iterator[Source]:
    stems = [name if is_folder else str(PurePosixPath(name).with_suffix("")) for name, _, _, _, is_folder in found]
    shared = Counter(map(same_name, stems))
    # `1.cbz` and `1.pdf` keep their suffixes: neither is numbered by the other.
    plain = [
        each[0] if shared[same_name(stem)] > 1 and not each[4] else stem
        for stem, each in zip(stems, found, strict=True)
    ]
    apart = _beside_each_other(told_apart(plain, suffixes=False))
    for place, (name, path, size, stamp, is_folder) in zip(apart, found, strict=True):
        series = str(PurePosixPath(name).parent)
        yield Source(path, on_disk(place), "" if series == "." else series, size, stamp, output, is_folder)


def _beside_each_other(names: list[str]) -> list[str]:
    """Return the names with each that would hold another one moved beside it: an output is one volume's alone."""
    while True:
        around = {same_name(str(parent)) for name in names for parent in PurePosixPath(name).parents}
        moved = [f"{name}/{PurePosixPath(name).name}" if same_name(name) in around else name for name in names]
        if moved == names:
            return names
        names = told_apart(moved, suffixes=False)
