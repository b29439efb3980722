"""SDXL as an engine: the M3 plan's two passes over one pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engines.base import ColorizeResult
from engines.colorize.diffusion.engine import DiffusionEngine, lora_digests
from engines.colorize.diffusion.within_rules import within_rules
from engines.colorize.sdxl.files import find_sdxl
from engines.colorize.sdxl.info import INFO
from engines.colorize.sdxl.lora import sdxl_loras
from engines.colorize.sdxl.passes import passes_of
from engines.oklab import srgb_to_oklab
from engines.torch_runtime import torch_memory_mapped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from engines.base import ColorizeRequest, MemoryPolicy, OnStep, Plan
    from engines.colorize.diffusion.applied_loras import AppliedLoras
    from engines.colorize.diffusion.places import Places
    from engines.colorize.sdxl.files import SdxlFiles
    from engines.colorize.sdxl.pose import PoseReader


class SdxlEngine(DiffusionEngine):
    """Any SDXL checkpoint, a folder or one file, with ControlNet Union and one IP-Adapter, or one for each pass.

    pose_* of a plan binds the figures of the request's regions where a ViTPose is there. Weights lie in `folder`, by
    default where pulled models do.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(INFO, folder)
        self._inpaint: Any = None
        self._pose: PoseReader | None = None
        self._map: Any = None  # a LatentMap, made with the pipeline

    def _find(self, places: Places) -> SdxlFiles:
        return find_sdxl(places)

    def _no_loras(self) -> AppliedLoras:
        return sdxl_loras()

    def _made(self, files: SdxlFiles, device: torch.device, dtype: torch.dtype, policy: MemoryPolicy) -> Any:
        from engines.colorize.sdxl.pose import PoseReader
        from engines.colorize.sdxl.preview import fit_map
        from engines.colorize.sdxl.weights import load_pipeline, place

        pipeline = load_pipeline(files, dtype)
        latent_map = fit_map(pipeline.vae, pipeline.vae.device)
        pose = PoseReader(files.pose, device) if files.pose is not None else None
        place(pipeline, device, policy, vae_on_processor=self._rules.vae_on_processor)
        self._map, self._pose = latent_map, pose
        return pipeline

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page in two passes."""
        pipeline, request = self._loaded(), within_rules(request, self._rules)
        from engines.colorize.sdxl.generate import coloured, repaired

        with torch_memory_mapped():
            self._loras.apply(pipeline, request.plan.loras)
        passes, show = passes_of(request.plan), self._map.picture
        if request.repair is None:
            rgb = coloured(pipeline, request, passes, show, on_step, self._pose)
        else:
            rgb = repaired(self._inpainting(), request, request.repair, passes[0], show, on_step)
        return ColorizeResult(oklab=srgb_to_oklab(np.ascontiguousarray(rgb)), weights=self._all_weights(request.plan))

    def unload(self) -> None:
        """Drop the pipeline and all that was kept from it."""
        self._map = self._inpaint = self._pose = None
        super().unload()

    def _inpainting(self) -> Any:
        if self._inpaint is None:
            from diffusers import StableDiffusionXLControlNetUnionInpaintPipeline

            self._inpaint = StableDiffusionXLControlNetUnionInpaintPipeline(
                **self._pipeline.components, add_watermarker=False
            )
            self._inpaint.set_progress_bar_config(disable=True)
        return self._inpaint

    def _all_weights(self, plan: Plan) -> Mapping[str, str]:
        return {**self.weights_digests(), **lora_digests(plan.loras)}
