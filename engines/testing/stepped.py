"""A stand-in engine whose speed is known: for tests of jobs and for measuring how busy the lane is kept.

It is never offered to a reader; `EngineRegistry(more=…)` adds it for a test.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from engines.base import ColorizeEngine, ColorizeRequest, ColorizeResult, EngineError, Viability
from engines.info import EngineInfo, Supports
from engines.oklab import grey_to_lightness, srgb_to_oklab

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.base import Device, OnStep

_SCALE = 8
_REFERENCES_MAX = 4
_MOOD_WITHOUT_REFERENCE = (0.04, 0.06)


class SteppedEngine(ColorizeEngine):
    """Sleeps `step_s` for each of `steps` steps and washes the page with the mean colour of its references."""

    def __init__(self, step_s: float = 0.05, steps: int = 4, engine_id: str = "stepped") -> None:
        self._step_s = step_s
        self._steps = steps
        self._loaded = False
        self.info = EngineInfo(
            id=engine_id,
            label="Stand-in of fixed speed",
            version="1",
            licence="AGPL-3.0-or-later",
            supports=Supports(references_max=_REFERENCES_MAX, seed=False),
            models=(),
            device="cpu",
        )

    def viability(self) -> Viability:
        """Say yes."""
        return Viability(ok=True)

    def weights_digests(self) -> Mapping[str, str]:
        """Return none: there are no weights."""
        return {}

    def load(self, device: Device) -> None:
        """Note that the engine may be used."""
        self._loaded = True

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Sleep, then colour the page evenly."""
        if not self._loaded:
            raise EngineError("the engine is not loaded")
        for step in range(self._steps):
            time.sleep(self._step_s)
            on_step(step + 1, self._steps)
        means = [srgb_to_oklab(picture)[..., 1:].mean(axis=(0, 1)) for picture in request.references]
        colour = np.mean(means or [_MOOD_WITHOUT_REFERENCE], axis=0)
        height, width = (max(1, side // _SCALE) for side in request.size)
        small = cv2.resize(request.page, (width, height), interpolation=cv2.INTER_AREA)
        oklab = np.empty((height, width, 3), np.float32)
        oklab[..., 0] = grey_to_lightness(np.asarray(small, np.uint8))
        oklab[..., 1:] = colour
        return ColorizeResult(oklab=oklab, weights={})

    def unload(self) -> None:
        """Note that the engine must be loaded again."""
        self._loaded = False
