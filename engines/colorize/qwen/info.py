"""The facts of the engine; imports nothing heavy."""

from __future__ import annotations

from typing import Final

from engines.info import EngineInfo, Quality, Supports

CARD: Final = "qwen-image-edit"
PARTS_CARD: Final = "qwen-image-edit-parts"
"""All but the transformer, for who has that as a single file."""
CONFIGS_CARD: Final = "qwen-image-edit-configs"
"""Tokenizer, schedule and configurations alone, for who has all weights as single files."""
PACKED_CARD: Final = "qwen-image-edit-q4"
LIGHTNING_CARD: Final = "qwen-image-edit-lightning"
INFO: Final = EngineInfo(
    id="qwen-image-edit",
    label="Qwen-Image-Edit",
    version="1",
    licence="Apache-2.0",
    # The model was taught on up to three pictures, of which the page is one.
    supports=Supports(references_max=2, preview=True, negative_prompt=True, lora=True, inpaint=True),
    models=(CARD,),
    device="cuda",
    wording="sentences",
    comfort_pixels=1024 * 1024,
    draws=True,
    regions=True,
)
STEPS: Final[dict[Quality, int]] = {"preview": 16, "standard": 28, "best": 40}
"""Steps where the plan asks for none in particular and no Lightning is applied."""
GUIDANCE_MAX: Final = 4.0
"""What the model was made for; a plan's numbers are on SDXL's scale."""
