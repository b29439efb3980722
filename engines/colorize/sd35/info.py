"""The facts of the engine; imports nothing heavy."""

from __future__ import annotations

from typing import Final

from engines.info import EngineInfo, Quality, Supports

CARD: Final = "sd35"
CONTROL_CARD: Final = "sd35-controlnet-canny"
ADAPTER_CARD: Final = "sd35-ip-adapter"
ENCODER_CARD: Final = "sd35-image-encoder"
T5_CARD: Final = "sd35-t5-nf4"
INFO: Final = EngineInfo(
    id="sd35",
    label="Stable Diffusion 3.5",
    version="1",
    licence="LicenseRef-Stability-AI-Community",
    supports=Supports(references_max=4, preview=True, negative_prompt=True, lora=True, inpaint=True),
    models=(CARD, CONTROL_CARD, ADAPTER_CARD, ENCODER_CARD),
    device="cuda",
    wording="sentences",
    comfort_pixels=1024 * 1024,
    draws=True,
)
STEPS: Final[dict[Quality, int]] = {"preview": 14, "standard": 28, "best": 40}
"""Steps where the plan asks for none in particular."""
GUIDANCE_MAX: Final = 4.5
"""What the model was made for; a plan's numbers are on SDXL's scale."""
