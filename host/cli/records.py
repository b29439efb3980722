"""`irodori meta validate` and `irodori runmeta validate`: a line for each file, or for each thing that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console

from host.errors import BadRequest, TooLarge
from host.pipeline.records.json_files import Fault, read_limited
from host.pipeline.records.validation import BYTES_MAX, check_page_meta, check_run_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_FAULTS_SHOWN: Final = 50


def validate_page_metas(files: Sequence[Path]) -> int:
    """Check `meta.json` files; return 0 where all are valid, else 1.

    Raises:
        BadRequest: a file is not there; nothing was checked.
    """
    return _validate(files, check_page_meta)


def validate_run_metas(files: Sequence[Path]) -> int:
    """Check `runmeta.json` files; return 0 where all are valid, else 1.

    Raises:
        BadRequest: a file is not there; nothing was checked.
    """
    return _validate(files, check_run_meta)


def _validate(files: Sequence[Path], check: Callable[[bytes], list[Fault]]) -> int:
    for path in files:
        if not path.exists():
            raise BadRequest(f"There is no {path}.", "Check the path; quote names with spaces.")
    faulty = 0
    for path in files:
        faults = _faults(path, check)
        faulty += bool(faults)
        for line in [f"{path}: {fault}" for fault in faults[:_FAULTS_SHOWN]] or [f"{path}: valid"]:
            _say(line)
        if len(faults) > _FAULTS_SHOWN:
            _say(f"{path}: and {len(faults) - _FAULTS_SHOWN} more")
    return 1 if faulty else 0


def _faults(path: Path, check: Callable[[bytes], list[Fault]]) -> list[Fault]:
    try:
        return check(read_limited(path, BYTES_MAX))
    except (BadRequest, TooLarge) as exc:
        return [Fault("the file", exc.message.removeprefix(f"{path} ").rstrip("."), "name a record of one page")]


def _say(line: str) -> None:
    Console(highlight=False).print(line, markup=False, soft_wrap=True)
