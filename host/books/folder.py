"""Pictures on disk, alone or in a folder, as a book."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from host.books.book import (
    AS_IT_WAS_BYTES_MAX,
    PAGE_BYTES_MAX,
    Book,
    BookPage,
    LeftOut,
    UnreadablePage,
    is_picture,
    is_picture_name,
    natural_key,
    told_info,
)
from host.books.formats import VOLUME_SUFFIXES, container_of
from host.books.names import is_litter, plain_name, same_name, told_apart
from host.picture_types import HEAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def open_pictures(paths: Sequence[Path]) -> Book:
    """Return single pictures as one book, in the order given.

    Pictures of one name are told apart by the folders that they stand in.
    """
    names = [plain_name(path.name) for path in paths]
    if len({same_name(name) for name in names}) < len(names):
        whole = [path.absolute() for path in paths]
        root = os.path.commonpath([path.parent for path in whole])
        names = [plain_name(path.relative_to(root).as_posix()) for path in whole]
    pages = tuple(_page(path, name) for path, name in zip(paths, told_apart(names), strict=True))
    name = plain_name(paths[0].stem) if len(paths) == 1 else "pages"
    return Book(name, pages, (), frozenset(Path(os.path.realpath(path)) for path in paths))


def open_folder(folder: Path, output: Path) -> Book:
    """Return a folder with all folders in it as one book, in natural order; what is at `output` is not looked at.

    Volumes in it are told as such: they are books of their own.
    """
    found: list[tuple[str, Path]] = []
    left_out: list[LeftOut] = []
    for path, reason, lost in walk_files(folder, os.path.realpath(output)):
        name = plain_name(path.relative_to(folder).as_posix())
        if reason:
            left_out.append(LeftOut(name, reason, lost))
        else:
            found.append((name, path))
    found.sort(key=lambda each: natural_key(each[0]))
    volumes = {path for _, path in found if is_volume(path)}
    archives = tuple(path for _, path in found if path in volumes)
    files = [each for each in found if each[1] not in volumes]
    apart = told_apart([name for name, _ in files])
    named = [_page(path, name) for name, (_, path) in zip(apart, files, strict=True)]
    is_page = [is_picture(name, partial(_head, path)) for name, path in files]
    pages = tuple(page for page, yes in zip(named, is_page, strict=True) if yes)
    extras = tuple(page for page, yes in zip(named, is_page, strict=True) if not yes)
    root = Path(os.path.realpath(folder))
    sources = frozenset(Path(os.path.realpath(path)) for _, path in found)
    info = told_info(extras)
    return Book(
        plain_name(root.name) or "pages",
        pages,
        tuple(left_out),
        sources,
        root,
        extras=extras,
        direction=info.direction if info else "auto",
        archives=archives,
        info=info,
    )


def is_volume(path: Path) -> bool:
    """Say whether a file is a volume by its content, or is named as one."""
    if is_picture_name(path.name):
        return False
    return path.suffix.casefold() in VOLUME_SUFFIXES or container_of(path) is not None


def _page(path: Path, name: str) -> BookPage:
    return BookPage(name, partial(_read, path, PAGE_BYTES_MAX), partial(_read, path, AS_IT_WAS_BYTES_MAX), path)


def walk_files(folder: Path, output: str) -> Iterator[tuple[Path, str, bool]]:
    """Yield each file with an empty reason, or why it is left out, and whether pages may be lost with it."""
    root = PurePath(os.path.realpath(folder))
    left_alone = _identity(Path(output))
    waiting = [folder]
    while waiting:
        within = waiting.pop()
        try:
            entries = list(within.iterdir())
        except OSError as exc:
            yield within, f"the folder cannot be read: {exc.strerror}", True
            continue
        for path in entries:
            if is_litter(plain_name(path.name)) or (left_alone is not None and _identity(path) == left_alone):
                continue
            try:
                kind, reason, lost = _looked_at(path, root)
            except OSError as exc:
                kind, reason, lost = "file", f"it cannot be looked at: {exc.strerror}", True
            if kind == "folder":
                waiting.append(path)
            else:
                yield path, reason, lost


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file or folder from all others; None where there is none.

    A look for each path, however deep it lies: names that are made real take one for each folder above.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _looked_at(path: Path, root: PurePath) -> tuple[str, str, bool]:
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return "folder", "", False
    if stat.S_ISLNK(mode):
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(root):
            return "file", "a link that leads out of the folder", False
        if not real.is_file():
            return "file", "a link to a folder" if real.is_dir() else "a broken link", False
    elif not stat.S_ISREG(mode):
        return "file", "not a file", False
    if path.name.startswith("."):
        return "file", "a hidden file", False
    return "file", "", False


def _head(path: Path) -> bytes:
    try:
        return _read_up_to(path, HEAD_BYTES)
    except OSError:
        return b""


def _read(path: Path, most: int) -> bytes:
    try:
        data = _read_up_to(path, most + 1)
    except OSError as exc:
        raise UnreadablePage(exc.strerror or str(exc)) from exc
    if len(data) > most:
        raise UnreadablePage(f"the file has over {most >> 20} MiB")
    return data


def _read_up_to(path: Path, most: int) -> bytes:
    # Never waits, also where a pipe took the file's place.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        return file.read(most)
