"""What a file of an image prompt is told by: the projector from CLIP's width to a transformer's tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTS: Final = frozenset({"proj.weight", "proj.bias", "norm.weight", "norm.bias"})
"""A `Linear` and a `LayerNorm`."""
_LINE: Final = "proj.weight"


def projector_prefix(names: Iterable[str]) -> str | None:
    """Return what stands before a projector's names; None where the file is none, or holds anything besides."""
    there = set(names)
    for name in there:
        if name.endswith(_LINE):
            prefix = name.removesuffix(_LINE)
            return prefix if there == {prefix + part for part in PARTS} else None
    return None
