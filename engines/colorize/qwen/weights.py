"""From files to a pipeline in the processor's memory; `diffusion.placement` brings it to the device."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from engines.base import ModelInvalid
from engines.colorize.diffusion import fp8
from engines.colorize.diffusion.eight_bits import put_in_eight_bits
from engines.colorize.diffusion.part_loading import (
    AGAIN,
    faults_named,
    filled,
    from_folder,
    safetensors_of,
    transformer_of,
)
from engines.colorize.qwen.single_parts import encoder_names, vae_names

if TYPE_CHECKING:
    import torch

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
        vae = _vae(AutoencoderKLQwenImage, files, how.dtype).eval()
    with faults_named(files.text_encoder):
        # The pipeline hands pictures to the autoencoder in the text encoder's precision: both have the same.
        encoder = _encoder(Qwen2_5_VLForConditionalGeneration, files, how.dtype).eval()
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


def _vae(kind: Any, files: QwenFiles, dtype: torch.dtype) -> Any:
    part = files.vae
    if part.folder is not None:
        return from_folder(kind, part, dtype)
    config = kind.load_config(files.folder / "vae", local_files_only=True)
    if not isinstance(config, dict):
        raise ModelInvalid(f"vae/config.json in {files.folder} is no configuration", AGAIN)
    tensors = vae_names(fp8.restored(safetensors_of(part), dtype, part.paths[0].name))
    return filled(lambda: kind.from_config(config), tensors, part)


def _encoder(kind: Any, files: QwenFiles, dtype: torch.dtype) -> Any:
    part = files.text_encoder
    if part.folder is not None and not fp8.has_few_bits(part.dtypes):
        return from_folder(kind, part, dtype)
    config = kind.config_class.from_pretrained(files.folder / "text_encoder", local_files_only=True)
    read = safetensors_of(part)
    tensors = encoder_names(fp8.restored(read, dtype, part.paths[0].name, of_comfyui=part.of_comfyui))
    # The next word is nobody's concern: what says it is left out of some files, and need not be held.
    tensors.pop("lm_head.weight", None)
    return filled(lambda: _headless(kind(config)), tensors, part)


def _headless(encoder: Any) -> Any:
    import torch

    encoder.lm_head = torch.nn.Identity()
    return encoder


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
