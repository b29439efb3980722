"""`irodori rerun`: reads the files, writes the picture, says whether it is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from host.application import Application
from host.books.outputs import write_whole
from host.errors import BadRequest
from host.paths import state_paths
from host.rerun import read_runmeta, rerun

if TYPE_CHECKING:
    from pathlib import Path


def run(runmeta: Path, page: Path, output: Path) -> int:
    """Colour the page as its record says and write it; return 0 where the pixels are the recorded ones, else 1.

    Raises:
        BadRequest: a file cannot be read. What `rerun` raises.
    """
    record = read_runmeta(_read(runmeta), runmeta.name)
    encoded = _read(page)
    with Application.open(state_paths(), lambda _: None) as application:
        finished, same = rerun(application, record, encoded)
    write_whole(output, finished.image)
    verdict = "the same pixels as recorded" if same else "[yellow]other pixels than recorded[/]"
    Console(stderr=True, highlight=False).print(f"{output}: {verdict}", soft_wrap=True)
    return 0 if same else 1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise BadRequest(f"{path} cannot be read: {exc.strerror}.", "Name a file.") from exc
