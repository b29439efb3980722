"""FLUX.2 klein as an engine: the page and its references are shown to the model, the picture starts from noise.

Image to image in the usual sense fails here: with little noise the page stays grey, with much the lines are lost. What
the model makes still moves and relights; `host.pipeline.compose` takes only its colour.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import cv2

from engines.base import ColorizeRequest, ColorizeResult
from engines.colorize.diffusion.engine import DiffusionEngine, lora_digests
from engines.colorize.diffusion.figures import figures_apart, painted_apart, parted
from engines.colorize.diffusion.placement import compile_blocks, loading_of, place
from engines.colorize.diffusion.throughput import KnownLatents
from engines.colorize.diffusion.within_rules import within_rules
from engines.colorize.flux2.attention_cache import kept_attention
from engines.colorize.flux2.files import find_klein
from engines.colorize.flux2.info import KLEIN_4B
from engines.colorize.flux2.lora import flux2_loras
from engines.colorize.flux2.prompts import PromptCache
from engines.oklab import srgb_to_oklab
from engines.torch_runtime import torch_memory_mapped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from engines.base import MemoryPolicy, OnStep, Repair
    from engines.colorize.diffusion.applied_loras import AppliedLoras
    from engines.colorize.diffusion.packed_preview import LatentMap
    from engines.colorize.diffusion.places import Places
    from engines.colorize.flux2.files import KleinFiles
    from engines.colorize.flux2.generate import Show, Words
    from engines.colorize.flux2.info import KleinVariant

# The base models were made for 4; a plan's numbers are on SDXL's scale.
_GUIDANCE_MAX: Final = 4.0


class Flux2KleinEngine(DiffusionEngine):
    """One variant of FLUX.2 klein; `folder` says where its files lie, by default where pulled models do.

    Options of a plan: `compile` (true): the transformer's blocks are compiled, where that pays. `encode_anew` (true):
    references are encoded for each page, not once for all. `attention_cache` (true): of models with many steps, every
    second one in the middle keeps the attention of the one before.
    """

    def __init__(self, variant: KleinVariant = KLEIN_4B, folder: Path | None = None) -> None:
        super().__init__(variant.info(), folder)
        self._variant = variant
        self._inpaint: Any = None
        self._prompts = PromptCache()
        self._map: tuple[str, LatentMap] | None = None
        self._latents = KnownLatents()
        self._compiled: bool | None = None

    def _find(self, places: Places) -> KleinFiles:
        return find_klein(places, self._variant)

    def _no_loras(self) -> AppliedLoras:
        return flux2_loras()

    def _made(self, files: KleinFiles, device: torch.device, dtype: torch.dtype, policy: MemoryPolicy) -> Any:
        from engines.colorize.flux2.weights import load_pipeline

        pipeline = load_pipeline(files, self._variant, loading_of(device, dtype, policy))
        place(pipeline, device, dtype, policy, vae_on_processor=self._rules.vae_on_processor)
        self._latents.attach(pipeline)
        return pipeline

    def _infer(self, request: ColorizeRequest, on_step: OnStep) -> ColorizeResult:
        """Colour one page, or repair a part of it."""
        pipeline, request = self._loaded(), within_rules(request, self._rules)
        from engines.colorize.flux2 import generate

        if self._compiled is None and request.plan.engine_options.get("compile") is True:
            self._compiled = compile_blocks(pipeline)
        if request.plan.engine_options.get("encode_anew") is True:
            self._latents.forget()
        with torch_memory_mapped():
            self._loras.apply(pipeline, request.plan.loras)
            words = self._words(request)
            show = self._latent_map(request).picture
        steps = request.plan.stage(0).steps or self._variant.steps(request.plan.quality)
        if request.repair is not None:
            rgb = generate.repaired(self._inpainting(), request, request.repair, words, steps, show, on_step)
        else:
            figures = figures_apart(request) if self.info.regions else ()
            first, then = parted(on_step, len(figures))
            is_kept = request.plan.engine_options.get("attention_cache") is True and not self._variant.distilled
            with kept_attention(pipeline, is_on=is_kept):
                rgb = generate.coloured(pipeline, request, words, steps, show, first)
            rgb = painted_apart(rgb, request, figures, partial(self._repaired, steps=steps, show=show), then)
        return ColorizeResult(oklab=srgb_to_oklab(rgb), weights=self._all_weights(request))

    def _repaired(
        self, request: ColorizeRequest, repair: Repair, on_step: OnStep, *, steps: int, show: Show
    ) -> NDArray[np.uint8]:
        from engines.colorize.flux2.generate import repaired

        with torch_memory_mapped():
            words = self._words(request)
        return repaired(self._inpainting(), request, repair, words, steps, show, on_step)

    def unload(self) -> None:
        """Drop the pipeline and all that was kept from it."""
        self._inpaint = self._map = self._compiled = None
        self._prompts, self._latents = PromptCache(), KnownLatents()
        super().unload()

    def _words(self, request: ColorizeRequest) -> Words:
        from engines.colorize.flux2.generate import Words

        stage = request.plan.stage(0)
        positive = self._prompts.embeds(self._pipeline, stage.prompt)
        if self._variant.distilled:
            return Words(positive=positive, negative=None, guidance=None if self._variant.cached else 1.0)
        guidance = min(stage.guidance, _GUIDANCE_MAX) if request.plan.stages else _GUIDANCE_MAX
        negative = self._prompts.embeds(self._pipeline, stage.negative_prompt) if guidance > 1 else None
        return Words(positive=positive, negative=negative, guidance=guidance)

    def _latent_map(self, request: ColorizeRequest) -> LatentMap:
        """Return the job's map for previews; the pages of a job have the same references."""
        from engines.colorize.diffusion.packed_preview import fit_map

        small = [cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA) for picture in request.references]
        key = hashlib.sha256(b"".join(picture.tobytes() for picture in small)).hexdigest()
        if self._map is None or self._map[0] != key:
            self._map = key, fit_map(self._pipeline.vae, self._execution_device(), request.references)
        return self._map[1]

    def _execution_device(self) -> Any:
        return self._pipeline._execution_device  # noqa: SLF001  (offloaded parts say the processor; this is where they work)

    def _inpainting(self) -> Any:
        if self._inpaint is None:
            from diffusers import Flux2KleinInpaintPipeline

            self._inpaint = Flux2KleinInpaintPipeline(**self._pipeline.components, is_distilled=self._variant.distilled)
            self._inpaint.set_progress_bar_config(disable=True)
            self._latents.attach(self._inpaint)
        return self._inpaint

    def _all_weights(self, request: ColorizeRequest) -> Mapping[str, str]:
        return {**self.weights_digests(), **lora_digests(request.plan.loras)}
