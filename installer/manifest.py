"""The file that tells a browser where the host is: made, written, and read with a sharp eye.

Chrome answers any flaw of it with the same "host not found", so `flaws` names each one.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from host.paths import EXTENSION_IDS, GECKO_ID, HOST_DESCRIPTION, HOST_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from installer.table import Family

FILE_NAME: Final = f"{HOST_NAME}.json"


def compose(family: Family, launcher: Path, extra_ids: Sequence[str] = ()) -> dict[str, object]:
    """Return the manifest that lets our extension start `launcher` (absolute)."""
    manifest: dict[str, object] = {
        "name": HOST_NAME,
        "description": HOST_DESCRIPTION,
        "path": str(launcher),
        "type": "stdio",
    }
    if family == "gecko":
        return manifest | {"allowed_extensions": [GECKO_ID]}
    return manifest | {"allowed_origins": [f"chrome-extension://{each}/" for each in (*EXTENSION_IDS, *extra_ids)]}


def write(path: Path, manifest: Mapping[str, object]) -> None:
    """Put the manifest at `path`, whole or not at all. Its folder exists."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            json.dump(manifest, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def read(path: Path) -> dict[str, object] | None:
    """Return what the file holds, None where there is none.

    Raises:
        ValueError: It is not a JSON object; the message says where it breaks.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004
    return found


def is_ours(path: Path) -> bool:
    """Say whether the file is a manifest of this host; a broken file of our name counts as ours."""
    try:
        found = read(path)
    except ValueError:
        return True
    return found is not None and found.get("name") == HOST_NAME


def flaws(manifest: Mapping[str, object], family: Family, file_name: str) -> list[str]:
    """Return what would make a browser refuse this manifest, each in words; the launcher's place is not looked at."""
    found = []
    if manifest.get("name") != HOST_NAME or file_name != FILE_NAME:
        found.append(f'its name is "{manifest.get("name")}" in a file {file_name}; both must say {HOST_NAME}')
    if not manifest.get("description"):
        found.append("its description is empty")
    if manifest.get("type") != "stdio":
        found.append(f'its type is "{manifest.get("type")}", not "stdio"')
    if not Path(str(manifest.get("path", ""))).is_absolute():
        found.append(f'its path "{manifest.get("path")}" is not absolute')
    return found + _flaws_of_callers(manifest, family)


def _flaws_of_callers(manifest: Mapping[str, object], family: Family) -> list[str]:
    key, wanted = ("allowed_extensions", GECKO_ID) if family == "gecko" else ("allowed_origins", _OWN_ORIGIN)
    callers = manifest.get(key)
    if not isinstance(callers, list) or wanted not in callers:
        return [f"{key} lacks {wanted}"]
    if family == "gecko":
        return []
    bent = [each for each in callers if not _is_origin(each)]
    return [f"{key} has {each!r}: it must read chrome-extension://ID/, slash at the end, no wildcard" for each in bent]


def _is_origin(text: object) -> bool:
    return isinstance(text, str) and text.startswith("chrome-extension://") and text.endswith("/") and "*" not in text


_OWN_ORIGIN: Final = f"chrome-extension://{EXTENSION_IDS[0]}/"
