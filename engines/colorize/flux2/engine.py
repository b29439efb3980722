"""FLUX.2 klein as an engine: the page and its references are shown to the model, the picture starts from noise.

Image to image in the usual sense fails here: with little noise the page stays grey, with much the lines are lost. What
the model makes still moves and relights; `host.pipeline.compose` takes only its colour.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import cv2

from engines.base import ColorizeRequest, ColorizeResult, require_supported
from engines.colorize.diffusion.engine import DiffusionEngine, lora_digests
from engines.colorize.diffusion.figures import figures_apart, painted_apart, parted
from engines.colorize.diffusion.placement import compile_blocks, loading_of, place
from engines.colorize.diffusion.throughput import KnownLatents
from engines.colorize.diffusion.within_rules import within_rules
from engines.colorize.flux2.attention_cache import kept_attention
from engines.colorize.flux2.batches import groups_of, in_batches
from engines.colorize.flux2.files import find_klein
from engines.colorize.flux2.image_prompt import ImagePrompt, find_image_prompt
from engines.colorize.flux2.info import KLEIN_4B
from engines.colorize.flux2.lora import flux2_loras
from engines.colorize.flux2.options import asked_of
from engines.colorize.flux2.prompts import PromptCache
from engines.oklab import srgb_to_oklab
from engines.torch_runtime import torch_memory_mapped
from models.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
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
    from engines.colorize.flux2.options import Asked

# The base models were made for 4; a plan's numbers are on SDXL's scale.
_GUIDANCE_MAX: Final = 4.0


class Flux2KleinEngine(DiffusionEngine):
    """One variant of FLUX.2 klein; `folder` says where its files lie, by default where pulled models do.

    Options of a plan: `compile` (true): the transformer's blocks are compiled, where that pays. `encode_anew` (true):
    references are encoded for each page, not once for all. `attention_cache` (true): of models with many steps, every
    second one in the middle keeps the attention of the one before. `image_prompt` (true): references also speak as
    words do (`image_prompt`). `true_cfg` (true for 2, or a number over 1 and up to 10): two passes a step, the second
    of the negative words without pictures among them. `time_scale` (1 to 100, 10): how far apart references lie in
    time. `batch` (true for 4, or a number up to 16): so many panels of one size go through the model at once.
    """

    def __init__(self, variant: KleinVariant = KLEIN_4B, folder: Path | None = None) -> None:
        super().__init__(variant.info(), folder)
        self._variant = variant
        self._others: dict[str, Any] = {}
        self._pictures: ImagePrompt | None = None
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
        asked = asked_of(request.plan.engine_options, self._variant)
        with torch_memory_mapped():
            self._loras.apply(pipeline, request.plan.loras)
            words = self._words(request, asked)
            show = self._latent_map(request).picture
        steps = request.plan.stage(0).steps or self._variant.steps(request.plan.quality)
        if request.repair is not None:
            rgb = generate.repaired(self._inpainting(asked), request, request.repair, words, steps, show, on_step)
        else:
            figures = figures_apart(request) if self.info.regions else ()
            first, then = parted(on_step, len(figures))
            is_kept = request.plan.engine_options.get("attention_cache") is True and not self._variant.distilled
            painter = self._guided() if asked.guides_anew else pipeline
            with kept_attention(painter, is_on=is_kept):
                rgb = generate.coloured(painter, request, words, steps, show, first)
            again = partial(self._repaired, asked=asked, steps=steps, show=show)
            rgb = painted_apart(rgb, request, figures, again, then)
        return ColorizeResult(oklab=srgb_to_oklab(rgb), weights=self._all_weights(request))

    def colorize_several(
        self, requests: Sequence[ColorizeRequest], on_step: Callable[[int], OnStep]
    ) -> tuple[ColorizeResult, ...]:
        """Colour parts of one page; with the option `batch` those of one size at once, as many as have room."""
        most = asked_of(requests[0].plan.engine_options, self._variant).batch if requests else 1
        if most == 1 or self._variant.cached:
            return super().colorize_several(requests, on_step)
        results: dict[int, ColorizeResult] = {}
        for group in groups_of(requests, self._goes_alone):
            if len(group) == 1:
                results[group[0]] = self.colorize(requests[group[0]], on_step(len(results)))
                continue
            parts = [within_rules(requests[at], self._rules) for at in group]
            for part in parts:
                require_supported(self.info, part)
            made = in_batches(parts, self._at_once(min(most, len(parts))), self._painted, on_step, len(results))
            for at, part, rgb in zip(group, parts, list(made), strict=True):
                results[at] = ColorizeResult(oklab=srgb_to_oklab(rgb), weights=self._all_weights(part))
        return tuple(results[at] for at in range(len(requests)))

    def _goes_alone(self, request: ColorizeRequest) -> bool:
        """Say whether a request has turns of its own, or keeps what only one picture can."""
        has_figures = self.info.regions and bool(figures_apart(request))
        return request.repair is not None or has_figures or request.plan.engine_options.get("attention_cache") is True

    def _painted(self, requests: Sequence[ColorizeRequest], on_step: OnStep) -> list[NDArray[np.uint8]]:
        from engines.colorize.flux2 import generate

        pipeline, plan = self._loaded(), requests[0].plan
        asked = asked_of(plan.engine_options, self._variant)
        with torch_memory_mapped():
            self._loras.apply(pipeline, plan.loras)
            words = [self._words(request, asked) for request in requests]
        steps = plan.stage(0).steps or self._variant.steps(plan.quality)
        painter = self._guided() if asked.guides_anew else pipeline
        return generate.coloured_at_once(painter, requests, words, steps, on_step)

    def _repaired(
        self, request: ColorizeRequest, repair: Repair, on_step: OnStep, *, asked: Asked, steps: int, show: Show
    ) -> NDArray[np.uint8]:
        from engines.colorize.flux2.generate import repaired

        with torch_memory_mapped():
            words = self._words(request, asked)
        return repaired(self._inpainting(asked), request, repair, words, steps, show, on_step)

    def unload(self) -> None:
        """Drop the pipeline and all that was kept from it."""
        self._others.clear()
        self._pictures = self._map = self._compiled = None
        self._prompts, self._latents = PromptCache(), KnownLatents()
        super().unload()

    def digests_for(self, options: Mapping[str, object]) -> Mapping[str, str]:
        """Return the digests of all weights; with an image prompt those of its parts, too."""
        if options.get("image_prompt") is not True:
            return self.weights_digests()
        places = self._places()
        parts = find_image_prompt(places, self._variant.hidden).weights
        return {**self.weights_digests(), **{places.name_of(path): file_digest(path) for path in parts}}

    def _words(self, request: ColorizeRequest, asked: Asked) -> Words:
        from engines.colorize.flux2.generate import Words

        stage = request.plan.stage(0)
        guidance = self._guidance(request, asked)
        spoken = self._prompts.embeds(self._pipeline, stage.prompt)
        is_guided = guidance is not None and guidance > 1
        return Words(
            positive=spoken,
            negative=self._prompts.embeds(self._pipeline, stage.negative_prompt) if is_guided else None,
            guidance=guidance,
            pictures=self._spoken_pictures(request) if asked.image_prompt and request.references else None,
            time_scale=asked.time_scale,
        )

    def _guidance(self, request: ColorizeRequest, asked: Asked) -> float | None:
        """Return how strongly a step is guided: 1 for not at all, None for a pipeline that knows of none."""
        if asked.true_cfg:
            return asked.true_cfg
        if self._variant.distilled:
            return None if self._variant.cached else 1.0
        return min(request.plan.stage(0).guidance, _GUIDANCE_MAX) if request.plan.stages else _GUIDANCE_MAX

    def _spoken_pictures(self, request: ColorizeRequest) -> torch.Tensor:
        if self._pictures is None:
            self._pictures = ImagePrompt(find_image_prompt(self._places(), self._variant.hidden))
        return self._pictures.tokens(request.references)

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

    def _inpainting(self, asked: Asked) -> Any:
        from diffusers import Flux2KleinInpaintPipeline

        return self._other(Flux2KleinInpaintPipeline, is_distilled=self._variant.distilled and not asked.guides_anew)

    def _guided(self) -> Any:
        """Return the pipeline of a distilled model that takes two passes a step, as those of base models do."""
        from diffusers import Flux2KleinPipeline

        return self._other(Flux2KleinPipeline, is_distilled=False)

    def _other(self, kind: Any, *, is_distilled: bool) -> Any:
        """Return another pipeline of the same parts."""
        name = f"{kind.__name__} {is_distilled}"
        if name not in self._others:
            other = self._others[name] = kind(**self._pipeline.components, is_distilled=is_distilled)
            other.set_progress_bar_config(disable=True)
            self._latents.attach(other)
        return self._others[name]

    def _all_weights(self, request: ColorizeRequest) -> Mapping[str, str]:
        return {**self.digests_for(request.plan.engine_options), **lora_digests(request.plan.loras)}
