"""From files to a pipeline in the processor's memory; `diffusion.placement` brings it to the device."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from engines.base import ModelInvalid
from engines.colorize.diffusion.eight_bits import put_in_eight_bits
from engines.colorize.diffusion.part_loading import AGAIN, faults_named, from_folder, transformer_of

if TYPE_CHECKING:
    from engines.colorize.diffusion.placement import Loading
    from engines.colorize.qwen.files import QwenFiles


def load_pipeline(files: QwenFiles, how: Loading) -> Any:
    """Return a `QwenImageEditPlusPipeline`.

    Raises:
        ModelInvalid: a part cannot be read, or lacks tensors.
    """
    from diffusers import (
        AutoencoderKLQwenImage,
        FlowMatchEulerDiscreteScheduler,
        QwenImageEditPlusPipeline,
        QwenImageTransformer2DModel,
    )
    from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2TokenizerFast, Qwen2VLProcessor

    def there(part: Any) -> Any:
        return part if how.device is None else part.to(how.device)

    with faults_named(files.vae):
        vae = from_folder(AutoencoderKLQwenImage, files.vae, how.dtype).eval()
    with faults_named(files.text_encoder):
        # The pipeline hands pictures to the autoencoder in the text encoder's precision: both have the same.
        encoder = from_folder(Qwen2_5_VLForConditionalGeneration, files.text_encoder, how.dtype).eval()
        if how.keep_fp8:
            put_in_eight_bits(encoder, how.dtype)
    config = files.transformer_is.config()
    pipeline = QwenImageEditPlusPipeline(
        scheduler=_small(FlowMatchEulerDiscreteScheduler, files, "scheduler"),
        vae=there(vae),
        text_encoder=there(encoder),
        tokenizer=_small(Qwen2TokenizerFast, files, "tokenizer"),
        processor=_small(Qwen2VLProcessor, files, "processor"),
        transformer=there(transformer_of(QwenImageTransformer2DModel, files.transformer, config, how)),
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def lightning_schedule(scheduler: Any) -> Any:
    """Return the schedule that Lightning was distilled on: the same shift for pictures of every size."""
    shift = math.log(3)
    return type(scheduler).from_config(scheduler.config, base_shift=shift, max_shift=shift, shift_terminal=None)


def _small(kind: Any, files: QwenFiles, name: str) -> Any:
    """Return what has no weights: tokenizer, processor or schedule."""
    folder = files.folder / name
    try:
        return kind.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ModelInvalid(f"{name} in {folder} cannot be read: {exc}", AGAIN) from exc
