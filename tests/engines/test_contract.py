"""What `CONTRIBUTING.md` tells a stranger to write: the smallest engine, by the contract and in the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engines.base import ColorizeEngine, ColorizeRequest, ColorizeResult, Viability
from engines.info import EngineInfo, Supports
from engines.oklab import grey_to_lightness
from engines.registry import EngineRegistry
from engines.testing.contract import EngineContract, drawn_page, ignore_step, request_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.base import Device, OnStep

SEPIA = EngineInfo(
    id="sepia", label="Sepia", version="1", licence="CC0-1.0", supports=Supports(references_max=0, seed=False),
    models=(), device="cpu",
)  # fmt: skip


class SepiaEngine(ColorizeEngine):
    """The page's lightness in one colour; no weights, no references."""

    info = SEPIA

    def viability(self) -> Viability:
        return Viability(ok=True)

    def weights_digests(self) -> Mapping[str, str]:
        return {}

    def load(self, device: Device) -> None:
        pass

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        lightness = grey_to_lightness(request.page)
        on_step(1, 1)
        chroma = [np.full_like(lightness, 0.02), np.full_like(lightness, 0.05)]
        return ColorizeResult(oklab=np.dstack([lightness, *chroma]), weights={})

    def unload(self) -> None:
        pass


class TestSepiaEngine(EngineContract):
    @pytest.fixture
    def engine(self) -> SepiaEngine:
        return SepiaEngine()


def test_it_is_one_of_the_registry() -> None:
    registry = EngineRegistry(more=(SepiaEngine(),))
    assert SEPIA in registry.infos()
    assert registry.get("sepia").colorize(request_of(drawn_page()), ignore_step).oklab.shape == (360, 240, 3)
