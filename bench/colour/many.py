"""Pictures by many artists as cases: `manifest.jsonl` and pictures as the recipe of the compact engine takes them.

Two sets. `unseen`: whole artists and groups that a list keeps out of training (`training/compact/dev.toml`: tables of
`folders` and `authors`). `line`: pictures with the artist's own line drawing beside them, `NAME.line.png`, which is
what is coloured then; training may have seen these pictures in colour.

The reference is the next picture of the same group, the same people or story; what has none is left out.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import cv2
import numpy as np

from bench.colour.cases import Case, as_input
from bench.folder import FolderUnusable, read_picture, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.colour.cases import Input

Set = Literal["unseen", "line"]
DEV_LIST: Final = Path("training/compact/dev.toml")


@dataclass(frozen=True, slots=True)
class Many:
    """A folder of pictures by many artists and what of it is measured: names with their references'."""

    folder: Path
    names: Mapping[str, str]
    drawings: Mapping[str, str]

    def cases(self, kind: Input) -> Iterator[Case]:
        """Yield the cases, one at a time in memory.

        Raises:
            FolderUnusable: a picture is missing or damaged.
        """
        for name, reference in self.names.items():
            truth = read_picture(self.folder / name)
            if name in self.drawings:
                line = read_picture(self.folder / self.drawings[name])
                grey = np.asarray(cv2.cvtColor(line, cv2.COLOR_RGB2GRAY), np.uint8)
            else:
                grey = as_input(truth, kind, name)
            yield Case(name, grey, truth, reference, read_picture(self.folder / reference))


def read_many(folder: Path, which: Set, pages: int | None = None, dev_list: Path = DEV_LIST) -> Many:
    """Return the pictures of a set, or `pages` of them at even distances.

    Raises:
        FolderUnusable: see the message.
    """
    try:
        lines = (folder / "manifest.jsonl").read_text("utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line.strip()]
        kept = tomllib.loads(dev_list.read_text("utf-8")) if which == "unseen" else {}
    except (OSError, ValueError) as exc:
        raise FolderUnusable(f"{folder} has no manifest.jsonl, or {dev_list} is no list: {exc}") from exc
    alike: dict[str, list[str]] = {}
    for entry in entries:
        if entry["same_characters"] or which == "line":
            alike.setdefault(str(entry["group"]), []).append(str(entry["file"]))
    chosen = [entry for entry in entries if ("lineart" in entry if which == "line" else _is_kept(entry, kept))]
    names = {str(entry["file"]): _next(alike.get(str(entry["group"]), []), str(entry["file"])) for entry in chosen}
    paired = {name: mate for name, mate in names.items() if mate}
    if not paired:
        raise FolderUnusable(f"{folder} has no two pictures of one group in the set {which!r}")
    drawings = {str(one["file"]): str(one["lineart"]) for one in chosen} if which == "line" else {}
    return Many(folder, {name: paired[name] for name in spread(list(paired), pages)}, drawings)


def _is_kept(entry: Mapping[str, Any], kept: Mapping[str, Any]) -> bool:
    folder = str(entry["file"]).partition("/")[0]
    return folder in kept.get("folders", ()) or not set(kept.get("authors", ())).isdisjoint(entry["authors"])


def _next(group: Sequence[str], name: str) -> str:
    if name not in group or len(group) < 2:
        return ""
    return group[(group.index(name) + 1) % len(group)]
