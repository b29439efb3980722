"""SDXL as an engine: the M3 plan's two passes over one pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engines.base import (
    ColorizeEngine,
    ColorizeResult,
    EngineError,
    ModelMissing,
    Viability,
)
from engines.colorize.diffusion.places import places_of
from engines.colorize.diffusion.within_rules import within_rules
from engines.colorize.sdxl.files import find_sdxl
from engines.colorize.sdxl.info import INFO
from engines.colorize.sdxl.lora import sdxl_loras
from engines.colorize.sdxl.passes import passes_of
from engines.device_memory import memory_policy
from engines.device_rules import rules_of
from engines.oklab import srgb_to_oklab
from engines.torch_runtime import (
    prepare_torch,
    return_device_memory,
    torch_device,
    torch_dtype,
    torch_memory_mapped,
    torch_viability,
)
from models.digests import file_digest
from models.store import WeightsMissing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engines.base import ColorizeRequest, Device, OnStep, Plan
    from engines.colorize.diffusion.places import Places
    from engines.colorize.sdxl.pose import PoseReader
    from engines.colorize.sdxl.preview import LatentMap


class SdxlEngine(ColorizeEngine):
    """Any SDXL checkpoint, a folder or one file, with ControlNet Union and one IP-Adapter, or one for each pass.

    pose_* of a plan binds the figures of the request's regions where a ViTPose is there. Weights lie in `folder`, by
    default where pulled models do.
    """

    info = INFO

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._pipeline: Any = None
        self._inpaint: Any = None
        self._pose: PoseReader | None = None
        self._loras = sdxl_loras()
        self._map: LatentMap | None = None
        self._rules = rules_of("cpu")

    def viability(self) -> Viability:
        """Look for torch and for the parts, whose headers are compared with one another."""
        installed = torch_viability()
        if not installed.ok:
            return installed
        try:
            find_sdxl(self._place())
        except EngineError as exc:
            return Viability(ok=False, reason=exc.message, fix=exc.hint, told=exc.told)
        return Viability(ok=True)

    def weights_digests(self) -> Mapping[str, str]:
        """Return the digests of every weights file, by its path within the model's folder."""
        places = self._place()
        try:
            return {places.name_of(path): file_digest(path) for path in find_sdxl(places).weights}
        except WeightsMissing as exc:
            raise ModelMissing(str(exc)) from exc

    def load(self, device: Device) -> None:
        """Read the weights and bring them to the device, as its memory policy says."""
        if self._pipeline is not None:
            return
        files = find_sdxl(self._place())
        prepare_torch()
        from engines.colorize.sdxl.pose import PoseReader
        from engines.colorize.sdxl.preview import fit_map
        from engines.colorize.sdxl.weights import load_pipeline, place

        policy = memory_policy(device, files.needs(self.info.label))
        try:
            with torch_memory_mapped():
                where = torch_device(device)
                pipeline = load_pipeline(files, torch_dtype(device))
                self._map = fit_map(pipeline.vae, pipeline.vae.device)
                self._pose = PoseReader(files.pose, where) if files.pose is not None else None
                place(pipeline, where, policy, vae_on_processor=rules_of(device.kind).vae_on_processor)
        except EngineError:
            pipeline = self._map = self._pose = None
            return_device_memory()
            raise
        self._pipeline, self.policy, self._rules = pipeline, policy, rules_of(device.kind)

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page in two passes."""
        if self._pipeline is None or self._map is None:
            raise EngineError(f"{self.info.label} is not loaded")
        from engines.colorize.sdxl.generate import coloured, repaired

        request = within_rules(request, self._rules)
        with torch_memory_mapped():
            self._loras.apply(self._pipeline, request.plan.loras)
        passes, show = passes_of(request.plan), self._map.picture
        if request.repair is None:
            rgb = coloured(self._pipeline, request, passes, show, on_step, self._pose)
        else:
            rgb = repaired(self._inpainting(), request, request.repair, passes[0], show, on_step)
        return ColorizeResult(oklab=srgb_to_oklab(np.ascontiguousarray(rgb)), weights=self._all_weights(request.plan))

    def unload(self) -> None:
        """Drop the pipeline and all that was kept from it."""
        if self._pipeline is not None:
            self._pipeline.remove_all_hooks()
        self._pipeline = self._map = self._inpaint = self._pose = None
        self._loras = sdxl_loras()
        return_device_memory()

    def _inpainting(self) -> Any:
        if self._inpaint is None:
            from diffusers import StableDiffusionXLControlNetUnionInpaintPipeline

            self._inpaint = StableDiffusionXLControlNetUnionInpaintPipeline(
                **self._pipeline.components, add_watermarker=False
            )
            self._inpaint.set_progress_bar_config(disable=True)
        return self._inpaint

    def _all_weights(self, plan: Plan) -> Mapping[str, str]:
        return {**self.weights_digests(), **{f"lora/{lora.name}": lora.sha256 for lora in plan.loras}}

    def _place(self) -> Places:
        return places_of(INFO.models[0], self._folder)
