"""What a YOLO network says about itself, and its classes as ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid
from engines.detect.base import LABELS, Label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.geometry import Size

EXPECTED: Final = (
    "a YOLO detector as ultralytics exports it (`yolo export format=onnx`), with at least one of the classes "
    + ", ".join(LABELS)
)
_SYNONYMS: Final[Mapping[str, Label]] = {
    "frame": "panel", "comic panel": "panel",
    "bubble": "balloon", "speech bubble": "balloon", "speech balloon": "balloon",
    "text bubble": "balloon", "caption": "balloon", "onomatopoeia": "sfx", "sound effect": "sfx", "text block": "text",
    "text free": "text", "body": "character", "person": "character", "head": "face",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What a network says about itself.

    labels: ours for each of its classes, None for classes of no use here. thresholds: the least score of each of ours
    that has one of its own. size: an upright page as it was trained with. fixed: it takes inputs of just this size.
    """

    labels: tuple[Label | None, ...]
    size: Size
    fixed: bool = False
    channels: int = 3
    thresholds: Mapping[Label, float] = field(default_factory=dict)


def labels_of(names: Mapping[int, str]) -> tuple[Label | None, ...]:
    """Return our labels for the names of a network's classes, which are numbered from 0.

    Raises:
        ModelInvalid: the classes are not numbered so, or none of them is one of ours.
    """
    if sorted(names) != list(range(len(names))):
        raise ModelInvalid(
            "the detector's classes are not numbered from 0", f"Choose {EXPECTED}.", told=("own_detector",)
        )
    labels = tuple(_label(names[index]) for index in range(len(names)))
    if not any(labels):
        raise ModelInvalid(
            f"the detector knows none of our classes, only {_few(names)}", f"Choose {EXPECTED}.", told=("own_detector",)
        )
    return labels


def _label(name: str) -> Label | None:
    plain = name.strip().casefold().replace("_", " ").replace("-", " ")
    for one in (plain, plain.removesuffix("s")):
        for label in LABELS:
            if one == label:
                return label
        if one in _SYNONYMS:
            return _SYNONYMS[one]
    return None


def _few(names: Mapping[int, str]) -> str:
    shown = [str(name) for _, name in sorted(names.items())][:6]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
