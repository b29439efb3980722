"""The facts of FLUX.2 klein's variants, apart from the code, so that listing engines imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engines.info import EngineInfo, Quality, Supports

REFERENCES_MAX: Final = 4
TIME_SCALE: Final = 10
"""How far apart references lie in the time that FLUX.2 was trained with: the first at 10, the next at 20."""
BASE_STEPS: Final[dict[Quality, int]] = {"preview": 16, "standard": 28, "best": 50}
_APACHE, _NON_COMMERCIAL = "Apache-2.0", "LicenseRef-FLUX-Non-Commercial"


@dataclass(frozen=True, slots=True, kw_only=True)
class KleinVariant:
    """One set of weights of FLUX.2 klein.

    model_id: its card in the catalogue. hidden: width of the transformer's tokens: 3072 for 4B, 4096 for 9B.
    distilled: four steps without guidance, otherwise many with it. cached: the `-kv` weights, which read the references
    once and keep their keys and values; they need a pipeline, and a transformer, of their own.
    """

    id: str
    model_id: str
    label: str
    licence: str
    hidden: int
    distilled: bool = True
    cached: bool = False

    def steps(self, quality: Quality) -> int:
        """Return the number of steps where the plan asks for none in particular."""
        return 4 if self.distilled else BASE_STEPS[quality]

    def info(self) -> EngineInfo:
        """Return the engine's facts. A distilled model reads no negative prompt."""
        return EngineInfo(
            id=self.id,
            label=self.label,
            version="3",
            licence=self.licence,
            supports=Supports(
                references_max=REFERENCES_MAX,
                preview=True,
                negative_prompt=not self.distilled,
                lora=True,
                inpaint=not self.cached,
            ),
            models=(self.model_id,),
            device="cuda",
            wording="sentences",
            comfort_pixels=1024 * 1024,
            draws=True,
            # The pipeline with cached references cannot inpaint.
            regions=not self.cached,
        )


KLEIN_4B: Final = KleinVariant(
    id="flux2-klein", model_id="flux2-klein-4b", label="FLUX.2 klein 4B", licence=_APACHE, hidden=3072
)
KLEIN_9B: Final = KleinVariant(
    id="flux2-klein-9b", model_id="flux2-klein-9b", label="FLUX.2 klein 9B", licence=_NON_COMMERCIAL, hidden=4096
)
KLEIN_BASE_4B: Final = KleinVariant(
    id="flux2-klein-base", model_id="flux2-klein-base-4b", label="FLUX.2 klein base 4B", licence=_APACHE, hidden=3072,
    distilled=False,
)  # fmt: skip
KLEIN_BASE_9B: Final = KleinVariant(
    id="flux2-klein-base-9b", model_id="flux2-klein-base-9b", label="FLUX.2 klein base 9B", licence=_NON_COMMERCIAL,
    hidden=4096, distilled=False,
)  # fmt: skip
KLEIN_9B_KV: Final = KleinVariant(
    id="flux2-klein-9b-kv", model_id="flux2-klein-9b-kv", label="FLUX.2 klein 9B, cached references",
    licence=_NON_COMMERCIAL, hidden=4096, cached=True,
)  # fmt: skip
VARIANTS: Final = (KLEIN_4B, KLEIN_9B, KLEIN_BASE_4B, KLEIN_BASE_9B, KLEIN_9B_KV)
