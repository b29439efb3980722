"""LTX-2 through diffusers: a picture begins to move, from a folder in the layout of `Lightricks/LTX-2`; offline.

The film is made in chunks (`engines.motion.chunks`): the first begins with the picture, each further one with the last
frames of the one before, on the network's own grid of time. With a `latent_upsampler` in the folder there are two
stages: half the size first, then twice as large with a few more steps. Sound is made by the network, too, and dropped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import EngineError, ModelInvalid, ModelMissing
from engines.libraries import require_libraries
from engines.motion.chunks import CHUNK_FRAMES, OVERLAP_FRAMES, effective_overlap, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.motion.chunks import Chunk

    Frames = NDArray[np.uint8]

INSTALL: Final = "pip install 'irodori[diffusion,studio]'"
_LIBRARIES: Final = ("torch", "diffusers", "transformers", "accelerate", "safetensors", "av")
_PARTS: Final = ("transformer", "vae", "text_encoder", "tokenizer", "connectors", "audio_vae", "vocoder", "scheduler")
_KNOWN: Final = "Choose a folder of LTX-2 in diffusers' layout, as Lightricks/LTX-2."
_AVOID: Final = "blurry, jittery, distorted, text, speech balloons, extra limbs, flicker"
_WORDS_MAX: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is to be seen. words: what happens. last: the picture to end with, `(h, w, 3)` uint8, None for any.

    frames: how many. rate: frames a second. height, width: multiples of `Ltx2.grid_px`. chunk, overlap: frames.
    """

    words: str = ""
    last: NDArray[np.uint8] | None = None
    frames: int = CHUNK_FRAMES
    rate: int = 24
    height: int = 512
    width: int = 768
    steps: int = 30
    guidance: float = 3.0
    seed: int = 0
    chunk: int = CHUNK_FRAMES
    overlap: int = OVERLAP_FRAMES


class Ltx2:
    """LTX-2, loaded at the first film. Same picture, shot, weights and machine: same film."""

    def __init__(self, folder: Path) -> None:
        """Look whether it can run.

        Raises:
            EngineUnavailable: a library is missing. ModelMissing: a part is. ModelInvalid: it is of another kind.
        """
        require_libraries(_LIBRARIES, INSTALL)
        self.name = folder.name
        self._folder = folder
        try:
            kind = json.loads((folder / "model_index.json").read_bytes()).get("_class_name", "")
        except OSError as exc:
            raise ModelMissing(f"{folder} has no model_index.json", _KNOWN) from exc
        except (ValueError, AttributeError, RecursionError) as exc:
            raise ModelInvalid(f"{folder.name}'s model_index.json cannot be read", _KNOWN) from exc
        if not str(kind).startswith("LTX2"):
            raise ModelInvalid(f"{folder.name} is a {kind or 'nameless'} model", _KNOWN)
        lacking = [part for part in _PARTS if not (folder / part).is_dir()]
        if lacking:
            raise ModelMissing(f"{folder} lacks {', '.join(lacking)}", _KNOWN)
        self._pipeline: Any = None
        self._upsampling: Any = None

    @property
    def grid_px(self) -> int:
        """What height and width are multiples of."""
        return int(self._opened().vae_spatial_compression_ratio) * (2 if self._upsampling is not None else 1)

    @property
    def grid_frames(self) -> int:
        """How many frames a latent holds, but for the first."""
        return int(self._opened().vae_temporal_compression_ratio)

    def film(
        self, picture: NDArray[np.uint8], shot: Shot, on_step: Callable[[float], None]
    ) -> Iterator[NDArray[np.uint8]]:
        """Yield `shot.frames` frames, `(height, width, 3)` uint8, the first chunk's as soon as they are made.

        picture: `(h, w, 3)` uint8, which the film begins with. on_step: hears how much of the whole is done, after each
        step; what it raises ends the film.

        Raises:
            ModelInvalid, EngineOutOfMemory, EngineError: it gave numbers without a value.
        """
        pipeline = self._opened()
        grid = self.grid_frames
        shared = effective_overlap(shot.overlap, grid)
        chunks = plan(shot.frames, shot.chunk, shot.overlap, grid)
        left = shot.frames
        before: Frames | None = None
        for chunk in chunks:
            begins = picture if before is None else before[-shared:]
            last = shot.last if chunk is chunks[-1] else None

            def told(share: float, done: int = chunk.index) -> None:
                on_step((done + share) / len(chunks))

            before = self._chunk(pipeline, chunk, shot, begins, last, told)
            fresh = before[chunk.trim :][:left]
            left -= len(fresh)
            yield from fresh

    def unload(self) -> None:
        """Give the memory back."""
        from engines.torch_runtime import return_device_memory

        self._pipeline = self._upsampling = None
        return_device_memory()

    def _chunk(
        self, pipeline: Any, chunk: Chunk, shot: Shot, begins: Frames, last: Frames | None,
        told: Callable[[float], None],
    ) -> Frames:  # fmt: skip
        import torch
        from diffusers.pipelines.ltx2.utils import STAGE_2_DISTILLED_SIGMA_VALUES

        words = shot.words[:_WORDS_MAX] or "The scene comes to life with slow, gentle motion."
        generator = torch.Generator("cpu").manual_seed(shot.seed + chunk.index)
        common = {
            "prompt": words, "negative_prompt": _AVOID, "num_frames": chunk.frames, "frame_rate": float(shot.rate),
            "stg_scale": 0.0, "audio_stg_scale": 0.0, "modality_scale": 1.0, "audio_modality_scale": 1.0,
            "conditions": _conditions(begins, last), "generator": generator, "return_dict": False,
        }  # fmt: skip
        guided = {"guidance_scale": shot.guidance, "audio_guidance_scale": shot.guidance}
        if self._upsampling is None:
            size = {"height": shot.height, "width": shot.width}
            return _frames(_run(pipeline, common | guided | size | {"num_inference_steps": shot.steps}, told)[0])
        half = {"height": shot.height // 2, "width": shot.width // 2, "output_type": "latent"}
        first = common | guided | half | {"num_inference_steps": shot.steps}
        small, sound = _run(pipeline, first, lambda share: told(0.6 * share))
        large = self._upsampling(
            latents=small, height=half["height"], width=half["width"], num_frames=chunk.frames,
            output_type="latent", return_dict=False,
        )[0]  # fmt: skip
        second = common | {
            "height": shot.height, "width": shot.width, "latents": large, "audio_latents": sound,
            "sigmas": STAGE_2_DISTILLED_SIGMA_VALUES, "num_inference_steps": len(STAGE_2_DISTILLED_SIGMA_VALUES),
            "noise_scale": STAGE_2_DISTILLED_SIGMA_VALUES[0], "guidance_scale": 1.0, "audio_guidance_scale": 1.0,
        }  # fmt: skip
        return _frames(_run(pipeline, second, lambda share: told(0.6 + 0.4 * share))[0])

    def _opened(self) -> Any:
        if self._pipeline is None:
            self._pipeline, self._upsampling = self._open()
        return self._pipeline

    def _open(self) -> tuple[Any, Any]:
        from engines.torch_runtime import accelerator, prepare_torch, torch_dtype, torch_memory_mapped

        prepare_torch()
        import torch
        from diffusers import LTX2ConditionPipeline, LTX2LatentUpsamplePipeline
        from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel

        device = accelerator()
        given = {
            "torch_dtype": torch_dtype(device) if device is not None else torch.float32,
            "local_files_only": True,
            "use_safetensors": True,
        }
        upsampler = None
        try:
            with torch_memory_mapped():
                pipeline = LTX2ConditionPipeline.from_pretrained(self._folder, **given)
                if (self._folder / "latent_upsampler" / "config.json").is_file():
                    upsampler = LTX2LatentUpsamplerModel.from_pretrained(
                        self._folder, subfolder="latent_upsampler", **given
                    )
        except EngineError:
            raise
        except Exception as exc:  # whatever a foreign file brings about
            raise ModelInvalid(f"{self.name} cannot be loaded: {' '.join(str(exc).split())[:200]}", _KNOWN) from exc
        pipeline.set_progress_bar_config(disable=True)
        if device is not None and device.kind == "cuda":
            pipeline.enable_model_cpu_offload()  # 19 billion numbers and a text encoder of 12: one part at a time
        elif device is not None:
            pipeline.to(device.kind)
            pipeline.vae.to(torch.float32)  # in half precision it decodes to black there
        if upsampler is None:
            return pipeline, None
        upsampling = LTX2LatentUpsamplePipeline(vae=pipeline.vae, latent_upsampler=upsampler)
        return pipeline, upsampling.to(pipeline._execution_device)  # noqa: SLF001 - there is no other name for it


def _conditions(begins: Frames, last: Frames | None) -> list[Any]:
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

    conditions = [LTX2VideoCondition(frames=begins, index=0, strength=1.0)]
    if last is not None:
        conditions.append(LTX2VideoCondition(frames=last, index=-1, strength=1.0))
    return conditions


def _run(pipeline: Any, arguments: dict[str, Any], told: Callable[[float], None]) -> tuple[Any, Any]:
    """Return what a run of the pipeline gives: film and sound, or the latents of both."""
    from engines.torch_runtime import torch_memory_mapped

    stopped: list[BaseException] = []
    steps = arguments["num_inference_steps"]

    def between(_running: Any, step: int, _timestep: Any, _tensors: dict[str, Any]) -> dict[str, Any]:
        try:
            told((step + 1) / steps)
        except BaseException as exc:
            stopped.append(exc)
            raise
        return {}

    try:
        with torch_memory_mapped():
            film, sound = pipeline(**{"output_type": "np"} | arguments, callback_on_step_end=between)
    except BaseException:
        pipeline.maybe_free_model_hooks()
        if stopped:
            raise stopped[0] from None
        raise
    return film, sound


def _frames(film: Any) -> Frames:
    """Return what a pipeline gives, `(1, n, h, w, 3)` of 0..1, as `(n, h, w, 3)` uint8."""
    if not np.isfinite(film).all():
        raise EngineError("the model gave no film but numbers without a value", "Try another device or other weights.")
    return np.asarray((np.clip(film[0], 0, 1) * 255).round(), np.uint8)
