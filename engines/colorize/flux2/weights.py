"""From files to a pipeline on the processor's memory; `placement` brings it to the device.

Everything comes from this machine: configurations from the model's own folder, or from the shapes in the files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
from engines.colorize.flux2 import keys
from engines.colorize.flux2.anatomy import ENCODER_LAYERS_KEPT

if TYPE_CHECKING:
    import torch

    from engines.colorize.diffusion.part_files import PartFiles
    from engines.colorize.diffusion.placement import Loading
    from engines.colorize.flux2.files import KleinFiles
    from engines.colorize.flux2.info import KleinVariant

# The schedule of every FLUX.2 klein; a folder's own goes before it.
_SCHEDULE: Final = {
    "use_dynamic_shifting": True,
    "shift": 3.0,
    "time_shift_type": "exponential",
    "base_shift": 0.5,
    "max_shift": 1.15,
    "base_image_seq_len": 256,
    "max_image_seq_len": 4096,
}


def load_pipeline(files: KleinFiles, variant: KleinVariant, how: Loading) -> Any:
    """Return a `Flux2KleinPipeline`, or a `Flux2KleinKVPipeline` for the variant with cached references.

    Raises:
        ModelInvalid: a file lacks tensors or does not give the model that its header promised.
    """
    from diffusers import Flux2KleinKVPipeline, Flux2KleinPipeline

    def there(part: Any) -> Any:
        return part if how.device is None else part.to(how.device)

    parts = {
        "scheduler": _scheduler(files),
        "vae": there(_vae(files, how.dtype)),
        "text_encoder": there(_text_encoder(files, how)),
        "tokenizer": _tokenizer(files),
        "transformer": there(_transformer(files, how)),
    }
    pipeline = Flux2KleinKVPipeline(**parts) if variant.cached else Flux2KleinPipeline(
        **parts, is_distilled=variant.distilled
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _transformer(files: KleinFiles, how: Loading) -> Any:
    from diffusers import Flux2Transformer2DModel

    measures = files.transformer_is
    return transformer_of(Flux2Transformer2DModel, files.transformer, measures.config(), how, measures.prefix)


def _vae(files: KleinFiles, dtype: torch.dtype) -> Any:
    from diffusers import AutoencoderKLFlux2

    part, measures = files.vae, files.vae_is
    with faults_named(part):
        if part.folder is not None:
            return from_folder(AutoencoderKLFlux2, part, dtype)
        tensors = fp8.restored(safetensors_of(part), dtype, part.paths[0].name)
        if measures.layout == "single":
            tensors = keys.vae_to_diffusers(tensors, len(measures.encoder_channels))
        return filled(lambda: AutoencoderKLFlux2(**measures.config()), tensors, part).eval()


def _text_encoder(files: KleinFiles, how: Loading) -> Any:
    encoder = _whole_encoder(files, how.encoder_dtype)
    if how.keep_fp8:
        put_in_eight_bits(encoder, how.encoder_dtype)
    return encoder


def _whole_encoder(files: KleinFiles, dtype: torch.dtype) -> Any:
    """Return a `Qwen3Model` of as many layers as the transformer reads: a quarter less to hold and to compute."""
    from transformers import Qwen3Config, Qwen3Model

    part, measures = files.text_encoder, files.text_encoder_is
    with faults_named(part):
        if part.folder is not None and not fp8.has_few_bits(part.dtypes):
            config = Qwen3Config.from_pretrained(part.folder, local_files_only=True)
            return from_folder(Qwen3Model, part, dtype, config=_shortened(config)).eval()
        tensors = _encoder_tensors(part, dtype)
        return filled(lambda: Qwen3Model(Qwen3Config(**measures.config())), tensors, part).eval()


def _shortened(config: Any) -> Any:
    config.num_hidden_layers = min(config.num_hidden_layers, ENCODER_LAYERS_KEPT)
    if config.layer_types is not None:
        config.layer_types = config.layer_types[: config.num_hidden_layers]
    return config


def _encoder_tensors(part: PartFiles, dtype: torch.dtype) -> keys.Tensors:
    if part.format != "gguf":
        read = keys.encoder_without_head(safetensors_of(part))
        return fp8.restored(read, dtype, part.paths[0].name, of_comfyui=part.of_comfyui)
    import gguf
    import torch

    tensors = {}
    for tensor in gguf.GGUFReader(part.paths[0]).tensors:
        name = keys.gguf_encoder_to_huggingface(tensor.name)
        if name is not None:
            exact = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            tensors[name] = torch.tensor(exact, dtype=dtype)
    return tensors


def _tokenizer(files: KleinFiles) -> Any:
    from transformers import Qwen2TokenizerFast

    try:
        return Qwen2TokenizerFast.from_pretrained(files.tokenizer, local_files_only=True)
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ModelInvalid(f"the tokenizer in {files.tokenizer} cannot be read: {exc}", AGAIN) from exc


def _scheduler(files: KleinFiles) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler

    if files.scheduler is None:
        return FlowMatchEulerDiscreteScheduler(**_SCHEDULE)
    try:
        return FlowMatchEulerDiscreteScheduler.from_pretrained(files.scheduler, local_files_only=True)
    except (OSError, ValueError) as exc:
        raise ModelInvalid(f"the schedule in {files.scheduler} cannot be read: {exc}", AGAIN) from exc
