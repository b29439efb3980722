"""What is coloured: a page made grey or like manga, and the reference that it gets.

**Reference policy.** One reference: the next page of the same episode in the split; the last page of an episode takes
the one before it. A page that is alone in its episode is left out. References are the textless colour pages as they
are, so scenes, light and figures differ from the page's.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from bench.folder import FolderUnusable, episode, read_picture, split_names, spread
from bench.manga import annotated_panels, inked
from training.compact.manga import printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.geometry import Box

    Rgb = NDArray[np.uint8]
    Grey = NDArray[np.uint8]

Input = Literal["grey", "manga"]
INPUTS: tuple[Input, ...] = ("grey", "manga")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A page `(H, W)`, its true colours `(H, W, 3)` and its reference, all uint8."""

    name: str
    grey: Grey
    truth: Rgb
    reference_name: str
    reference: Rgb

    @property
    def uncoloured(self) -> Rgb:
        """The page as it is given, RGB."""
        return np.dstack([self.grey] * 3)


def chosen(data: Path, split: str, pages: int | None = None) -> dict[str, str]:
    """Return the names of a split's pages, or of `pages` of them at even distances, each with its reference's.

    Raises:
        FolderUnusable: see the message.
    """
    policy = reference_policy(split_names(data, split))
    if not policy:
        raise FolderUnusable(f"no episode of the split {split!r} has two pages, so there are no references")
    return {name: policy[name] for name in spread(list(policy), pages)}


def read_cases(data: Path, names: Mapping[str, str], kind: Input) -> Iterator[Case]:
    """Yield the cases of pages and their references, one at a time in memory.

    Raises:
        FolderUnusable: a picture is missing or damaged.
    """
    for name, reference in names.items():
        truth = read_truth(data, name)
        grey = as_input(truth, kind, name, annotated_panels(data, name))
        yield Case(name, grey, truth, reference, read_truth(data, reference))


def read_truth(data: Path, name: str) -> Rgb:
    """Return a page in its true colours.

    Raises:
        FolderUnusable: it is missing or damaged.
    """
    return read_picture(data / "art" / f"{name}.webp")


def reference_policy(names: Sequence[str]) -> dict[str, str]:
    """Return each page's reference, as this module's docstring says."""
    chosen = {}
    for index, name in enumerate(names):
        mates = [other for other in (*names[index + 1 :], *names[:index][::-1]) if episode(other) == episode(name)]
        if mates:
            chosen[name] = mates[0]
    return chosen


def as_input(truth: Rgb, kind: Input, name: str, panels: Sequence[Box] = ()) -> Grey:
    """Return the page's luma, or a simulated manga page: ink, tone, paper, framed panels; one for each name."""
    grey = np.asarray(cv2.cvtColor(truth, cv2.COLOR_RGB2GRAY), np.uint8)
    if kind == "grey":
        return grey
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return np.round(printed(inked(grey, panels, rng), rng) * 255).astype(np.uint8)
