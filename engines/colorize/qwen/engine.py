"""Qwen-Image-Edit as an engine: the model is shown the page and its references, and told to colour the page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from engines.base import ColorizeResult, LoraUse
from engines.colorize.diffusion.engine import DiffusionEngine, lora_digests
from engines.colorize.diffusion.figures import figures_apart, painted_apart, parted
from engines.colorize.diffusion.placement import loading_of, place
from engines.colorize.diffusion.throughput import KnownLatents
from engines.colorize.diffusion.transformer_lora import transformer_loras
from engines.colorize.diffusion.within_rules import within_rules
from engines.colorize.qwen.files import find_qwen
from engines.colorize.qwen.info import GUIDANCE_MAX, INFO, STEPS
from engines.oklab import srgb_to_oklab
from engines.torch_runtime import torch_memory_mapped
from models.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from engines.base import ColorizeRequest, MemoryPolicy, OnStep, Plan, Repair
    from engines.colorize.diffusion.applied_loras import AppliedLoras
    from engines.colorize.diffusion.packed_preview import LatentMap
    from engines.colorize.diffusion.places import Places
    from engines.colorize.qwen.files import QwenFiles
    from engines.colorize.qwen.generate import Asked

# What a transformer of 8 bits keeps exact, because all else passes through it.
_EXACT = ("norm", "pos_embed", "img_in", "txt_in", "time_text_embed", "img_mod", "txt_mod", "proj_out$")


class QwenEditEngine(DiffusionEngine):
    """Any release of Qwen-Image-Edit that takes several pictures (2509 and later).

    Where a Lightning LoRA is, pages take its few steps without guidance. Options of a plan: `lightning` (false): they
    do not. `encode_anew` (true): references are encoded for each page, not once for all.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(INFO, folder)
        self._latents = KnownLatents()
        self._map: LatentMap | None = None
        self._lightning: LoraUse | None = None
        self._lightning_steps = 0
        self._schedules: tuple[Any, Any] | None = None

    def digests_for(self, options: Mapping[str, object]) -> Mapping[str, str]:
        """Return the digests of the weights and of Lightning, where that is there and not ruled out."""
        weights, places = super().weights_digests(), self._places()
        lightning = self._find(places).lightning
        if lightning is None or options.get("lightning") is False:
            return weights
        return {**weights, places.name_of(lightning): file_digest(lightning)}

    def weights_digests(self) -> Mapping[str, str]:
        """Return the digests for a page without options."""
        return self.digests_for({})

    def _find(self, places: Places) -> QwenFiles:
        return find_qwen(places)

    def _no_loras(self) -> AppliedLoras:
        return transformer_loras(INFO.label)

    def _made(self, files: QwenFiles, device: torch.device, dtype: torch.dtype, policy: MemoryPolicy) -> Any:
        from engines.colorize.qwen.weights import lightning_schedule, load_pipeline

        pipeline = load_pipeline(files, loading_of(device, dtype, policy))
        place(pipeline, device, dtype, policy, vae_on_processor=self._rules.vae_on_processor, exact=_EXACT)
        self._latents.attach(pipeline)
        self._schedules = pipeline.scheduler, lightning_schedule(pipeline.scheduler)
        path = files.lightning
        self._lightning = None if path is None else LoraUse(name=path.stem, path=str(path), sha256=file_digest(path))
        self._lightning_steps = files.lightning_steps
        return pipeline

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page, or repair a part of it."""
        pipeline, request = self._loaded(), within_rules(request, self._rules)
        from engines.colorize.qwen import generate

        if request.plan.engine_options.get("encode_anew") is True:
            self._latents.forget()
        lightning = self._lightning_of(request.plan)
        with torch_memory_mapped():
            self._loras.apply(pipeline, (*((lightning,) if lightning else ()), *request.plan.loras))
            show = self._latent_map(pipeline).picture
        if self._schedules is not None:
            pipeline.scheduler = self._schedules[lightning is not None]
        if request.repair is not None:
            rgb = generate.repaired(pipeline, request, request.repair, self._asked(request), show, on_step)
        else:
            figures = figures_apart(request)
            first, then = parted(on_step, len(figures))
            rgb = generate.coloured(pipeline, request, self._asked(request), show, first)
            rgb = painted_apart(rgb, request, figures, partial(self._repaired, show=show), then)
        weights = {**self.digests_for(request.plan.engine_options), **lora_digests(request.plan.loras)}
        return ColorizeResult(oklab=srgb_to_oklab(rgb), weights=weights)

    def unload(self) -> None:
        """Drop the pipeline and all that was kept from it."""
        super().unload()
        self._map = self._lightning = self._schedules = None
        self._latents = KnownLatents()

    def _repaired(self, request: ColorizeRequest, repair: Repair, on_step: OnStep, *, show: Any) -> NDArray[np.uint8]:
        from engines.colorize.qwen.generate import repaired

        return repaired(self._loaded(), request, repair, self._asked(request), show, on_step)

    def _lightning_of(self, plan: Plan) -> LoraUse | None:
        return None if plan.engine_options.get("lightning") is False else self._lightning

    def _asked(self, request: ColorizeRequest) -> Asked:
        from engines.colorize.qwen.generate import Asked

        plan, stage = request.plan, request.plan.stage(0)
        fast = self._lightning_of(plan) is not None
        guidance = min(stage.guidance, GUIDANCE_MAX) if plan.stages else GUIDANCE_MAX
        return Asked(
            prompt=stage.prompt,
            negative=stage.negative_prompt,
            guidance=1.0 if fast else guidance,
            steps=stage.steps or (self._lightning_steps if fast else STEPS[plan.quality]),
        )

    def _latent_map(self, pipeline: Any) -> LatentMap:
        if self._map is None:
            import torch

            from engines.colorize.diffusion.packed_preview import fitted

            vae = pipeline.vae
            normal = tuple(
                torch.tensor(numbers).repeat_interleave(4)
                for numbers in (vae.config.latents_mean, vae.config.latents_std)
            )
            self._map = fitted(
                lambda pixels: vae.encode(pixels[:, :, None]).latent_dist.mode()[:, :, 0],
                (normal[0], normal[1]),
                (pipeline._execution_device, vae.dtype),  # noqa: SLF001  (offloaded parts say the processor)
                (),
            )
        return self._map
