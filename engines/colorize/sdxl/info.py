"""The facts of the engine; imports nothing heavy."""

from __future__ import annotations

from typing import Final

from engines.info import EngineInfo, Supports

INFO: Final = EngineInfo(
    id="sdxl",
    label="SDXL, two passes",
    version="3",
    licence="LicenseRef-of-the-checkpoint",
    supports=Supports(references_max=4, preview=True, negative_prompt=True, lora=True, inpaint=True),
    models=("sdxl", "sdxl-controlnet-union", "sdxl-ip-adapter"),
    device="cuda",
    wording="tags",
    stages=2,
    comfort_pixels=1024 * 1024,
    draws=True,
    regions=True,
)
STEPS: Final = {"preview": 12, "standard": 24, "best": 36}
"""Steps of each pass at full denoise, where the plan asks for none in particular."""
