"""Stable Diffusion 3.5 as an engine: held to the page's lines by a ControlNet, shown references by an IP-Adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ColorizeResult
from engines.colorize.diffusion.engine import DiffusionEngine, lora_digests
from engines.colorize.diffusion.placement import loading_of, place
from engines.colorize.diffusion.transformer_lora import transformer_loras
from engines.colorize.diffusion.within_rules import within_rules
from engines.colorize.sd35.files import find_sd35
from engines.colorize.sd35.info import GUIDANCE_MAX, INFO, STEPS
from engines.oklab import srgb_to_oklab
from engines.torch_runtime import torch_memory_mapped

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from engines.base import ColorizeRequest, MemoryPolicy, OnStep, Plan
    from engines.colorize.diffusion.applied_loras import AppliedLoras
    from engines.colorize.diffusion.places import Places
    from engines.colorize.sd35.files import Sd35Files
    from engines.colorize.sd35.generate import Asked
    from engines.colorize.sdxl.preview import LatentMap

# What a transformer of 8 bits keeps exact, because all else passes through it.
_EXACT: Final = ("norm", "pos_embed", "context_embedder", "time_text_embed", "image_proj", "proj_out$")


class Sd35Engine(DiffusionEngine):
    """Stable Diffusion 3.5 (or 3) with one ControlNet for lines and one IP-Adapter."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(INFO, folder)
        self._map: LatentMap | None = None

    def _find(self, places: Places) -> Sd35Files:
        return find_sd35(places)

    def _no_loras(self) -> AppliedLoras:
        return transformer_loras(INFO.label)

    def _made(self, files: Sd35Files, device: torch.device, dtype: torch.dtype, policy: MemoryPolicy) -> Any:
        from engines.colorize.sd35.weights import load_pipeline

        pipeline = load_pipeline(files, loading_of(device, dtype, policy))
        place(pipeline, device, dtype, policy, vae_on_processor=self._rules.vae_on_processor, exact=_EXACT)
        return pipeline

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page, or repair a part of it."""
        pipeline, request = self._loaded(), within_rules(request, self._rules)
        from engines.colorize.sd35.generate import coloured, repaired
        from engines.colorize.sdxl.preview import fit_map

        with torch_memory_mapped():
            self._loras.apply(pipeline, request.plan.loras)
        if self._map is None:
            self._map = fit_map(pipeline.vae, pipeline._execution_device)  # noqa: SLF001
        asked, show = _asked(request.plan), self._map.picture
        if request.repair is not None:
            rgb = repaired(pipeline, request, request.repair, asked, show, on_step)
        else:
            rgb = coloured(pipeline, request, asked, show, on_step)
        weights = {**self.weights_digests(), **lora_digests(request.plan.loras)}
        return ColorizeResult(oklab=srgb_to_oklab(rgb), weights=weights)

    def unload(self) -> None:
        """Drop the pipeline and all that was kept from it."""
        super().unload()
        self._map = None


def _asked(plan: Plan) -> Asked:
    from engines.colorize.sd35.generate import Asked

    stage = plan.stage(0)
    guidance = min(stage.guidance, GUIDANCE_MAX) if plan.stages else GUIDANCE_MAX
    return Asked(stage=stage, guidance=guidance, steps=stage.steps or STEPS[plan.quality])
