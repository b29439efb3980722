"""SDXL under Apple's row of the table of devices, on a fake device of that kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from engines.base import Device, Plan
from engines.colorize.sdxl.engine import SdxlEngine
from engines.device_memory import FreeMemory
from engines.testing.contract import drawn_page, flat_reference, ignore_step, request_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_apple_decodes_on_the_processor_sees_three_references_and_gives_memory_back_first(
    toy_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr("engines.colorize.diffusion.engine.torch_device", lambda _: torch.device("cpu"))
    monkeypatch.setattr("engines.device_memory.free_memory", lambda _: FreeMemory(64_000, 64_000))
    engine, order = SdxlEngine(toy_folder), []
    engine.load(Device("mps", "Apple GPU", 64_000))
    monkeypatch.setattr(
        "engines.colorize.diffusion.within_rules.return_device_memory", lambda: order.append("collected")
    )
    engine._pipeline.unet.register_forward_pre_hook(lambda *_: order.append("step"))
    assert type(engine._pipeline.vae).__name__ == "OnProcessor"
    assert engine._pipeline.unet.dtype == torch.float32

    def colour(*hues: float) -> Any:
        references = [flat_reference(hue, 48) for hue in hues]
        asked = request_of(drawn_page(64, 64), *references, plan=Plan(seed=2, steps=2))
        return engine.colorize(asked, ignore_step).oklab.tobytes()

    four = colour(0.1, 1.1, 2.1, 3.1)
    assert order[0] == "collected"
    assert four == colour(0.1, 1.1, 2.1)
    assert four != colour(0.1, 1.1)
