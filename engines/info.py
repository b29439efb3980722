"""The facts of an engine: what it is and what it can take. Loads fast: the wire names these types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DeviceKind = Literal["cpu", "cuda", "mps", "remote"]
Quality = Literal["preview", "standard", "best"]
Wording = Literal["none", "tags", "sentences"]


@dataclass(frozen=True, slots=True)
class Supports:
    """What an engine can take.

    references_max: how many at once, 0 for none. preview: it shows pictures between its steps. negative_prompt, lora:
    it reads or applies those of a plan. inpaint: it repairs a part of a picture (`Repair`). seed: another one gives
    another picture.
    """

    references_max: int
    preview: bool = False
    negative_prompt: bool = False
    lora: bool = False
    inpaint: bool = False
    seed: bool = True


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """The facts of an engine; they stand here and nowhere else.

    `version` enters the cache key: raise it whenever the same request would give other pixels.
    `models` are ids of `models/catalog.toml`. wording: how its text encoder was taught to read, if it has one.
    stages: passes that it makes of a plan. comfort_pixels: above this area it loses quality and mixes identities, so
    that larger pages come to it panel by panel; None: it takes any page whole. draws: it makes a picture of its own,
    which may depart from the page and is measured against it; others only lay chroma on the page's lightness.
    regions: it has a use for `ColorizeRequest.regions`.
    """

    id: str
    label: str
    version: str
    licence: str
    supports: Supports
    models: tuple[str, ...]
    device: DeviceKind
    wording: Wording = "none"
    stages: int = 1
    comfort_pixels: int | None = None
    draws: bool = False
    regions: bool = False
