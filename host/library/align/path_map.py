r"""Paths of one system on another: `E:\Comics\1.jpg` is `/mnt/e/Comics/1.jpg` under WSL, or whatever was mapped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from host.errors import BadRequest

_DRIVE: Final = re.compile(r"^([A-Za-z]):[\\/]")
_MOUNTED: Final = re.compile(r"^/mnt/([a-z])(?=/|$)")


@dataclass(frozen=True, slots=True)
class PathMap:
    """Rules FROM, TO; the first whose FROM a path begins with counts. Case does not count where FROM has a drive."""

    rules: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, texts: tuple[str, ...]) -> PathMap:
        """Return the rules that `FROM=TO` spells.

        Raises:
            BadRequest: one has no two sides.
        """
        rules = []
        for text in texts:
            before, equals, after = text.partition("=")
            if not equals or not before or not after:
                raise BadRequest(f"{text!r} maps no path.", "Write it as FROM=TO, such as 'E:\\Comics=/mnt/e/Comics'.")
            rules.append((before.rstrip("/\\"), after.rstrip("/\\")))
        return cls(tuple(rules))

    def there(self, path: str) -> str:
        """Return a path as the rules say; one that none fits stays as it is."""
        for before, after in self.rules:
            rest = _rest(path, before)
            if rest is not None:
                separator = "\\" if _is_windows(after) else "/"
                return after + rest.replace("\\", "/").replace("/", separator)
        return path

    def here(self, path: str, *, windows: bool = False) -> str:
        r"""Return a path of another system as this one has it: by the rules, else a drive as WSL mounts it, or back."""
        mapped = self.there(path)
        if mapped != path:
            return mapped
        drive = _DRIVE.match(path)
        if drive and not windows:
            return f"/mnt/{drive.group(1).lower()}/" + path[3:].replace("\\", "/")
        mounted = _MOUNTED.match(path)
        if mounted and windows:
            return f"{mounted.group(1).upper()}:" + (path[6:].replace("/", "\\") or "\\")
        return path


def normalized(path: str) -> str:
    """Return what two spellings of one path share: separators, drives and dots do not count."""
    plain = path.replace("\\", "/")
    drive = _DRIVE.match(path)
    if drive:
        plain = f"/mnt/{drive.group(1).lower()}/{plain[3:]}"
    parts: list[str] = []
    for part in plain.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    joined = ("/" if plain.startswith("/") else "") + "/".join(parts)
    return joined.casefold() if _MOUNTED.match(joined) else joined


def _rest(path: str, before: str) -> str | None:
    """Return what follows `before` in a path, None where it does not begin so."""
    plain, start = path.replace("\\", "/"), before.replace("\\", "/")
    begins = plain.casefold().startswith(start.casefold()) if _is_windows(before) else plain.startswith(start)
    rest = plain[len(start) :]
    return rest if begins and (not rest or rest.startswith("/")) else None


def _is_windows(path: str) -> bool:
    return bool(_DRIVE.match(path + "/")) or path.startswith("\\\\")
