"""Which pictures there are: colour art by many artists and the comic's pages, apart for training and for judging."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Split = Literal["train", "dev"]
DEV_FILE: Final = Path(__file__).with_name("dev.toml")
COMIC: Final = "comic"
EPISODE_PREFIX: Final = "comic:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture. kind: as in the manifest. alike: others of its group show the same characters or story."""

    file: Path
    kind: str
    group: str
    authors: tuple[str, ...]
    alike: bool
    mask: Path | None = None

    @property
    def folder(self) -> str:
        """The folder that the picture lies in."""
        return self.file.parent.name


@dataclass(frozen=True, slots=True)
class Dev:
    """What is kept for judging."""

    folders: frozenset[str]
    authors: frozenset[str]

    def holds(self, entry: Entry) -> bool:
        """Whether a picture is kept for judging."""
        return entry.folder in self.folders or not self.authors.isdisjoint(entry.authors)


def read_dev(path: Path = DEV_FILE) -> Dev:
    """Read the list of what is kept for judging.

    Raises:
        OSError, tomllib.TOMLDecodeError, KeyError: it is not such a list.
    """
    said = tomllib.loads(path.read_text("utf-8"))
    return Dev(frozenset(said["folders"]), frozenset(said["authors"]))


def read_manifest(many: Path) -> list[Entry]:
    """Return the pictures of a folder with `manifest.jsonl`.

    Raises:
        OSError, ValueError, KeyError: there is none, or a line is not as its README says.
    """
    lines = (many / "manifest.jsonl").read_text("utf-8").splitlines()
    return [_entry(many, json.loads(line)) for line in lines if line.strip()]


def read_comic(pages: Path, split: Split) -> list[Entry]:
    """Return a comic's pages of one split: `art/NAME.webp`, names from `splits.json`, an episode a group.

    Raises:
        OSError, ValueError, KeyError: there is no such folder, or the split is not as its README says.
    """
    names = json.loads((pages / "splits.json").read_text("utf-8"))[split]
    return [
        Entry(pages / "art" / f"{name}.webp", COMIC, f"{EPISODE_PREFIX}{name[:3]}", (), alike=True) for name in names
    ]


def split(entries: Sequence[Entry], dev: Dev) -> dict[Split, list[Entry]]:
    """Return the pictures for training and those for judging.

    Raises:
        ValueError: an author or a group is on both sides.
    """
    kept = {"train": [one for one in entries if not dev.holds(one)], "dev": [one for one in entries if dev.holds(one)]}
    for what, of in (("authors", _authors), ("groups", _groups)):
        both = of(kept["train"]) & of(kept["dev"])
        if both:
            raise ValueError(f"{what} both in training and kept for judging: {', '.join(sorted(both))}")
    return {"train": kept["train"], "dev": kept["dev"]}


def _authors(entries: Sequence[Entry]) -> set[str]:
    return {author for one in entries for author in one.authors}


def _groups(entries: Sequence[Entry]) -> set[str]:
    return {one.group for one in entries}


def _entry(many: Path, said: dict[str, object]) -> Entry:
    authors, mask = said["authors"], said.get("mask")
    return Entry(
        many / str(said["file"]),
        str(said["kind"]),
        str(said["group"]),
        tuple(str(one) for one in authors) if isinstance(authors, list) else (),
        bool(said["same_characters"]),
        many / str(mask) if mask else None,
    )
