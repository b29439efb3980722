"""From files to a pipeline on the processor's memory; `placement` brings it to the device.

Everything comes from this machine: configurations from the model's own folder, or from the shapes in the files.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.colorize.flux2 import fp8, keys
from engines.colorize.flux2.anatomy import ENCODER_LAYERS_KEPT
from engines.colorize.flux2.eight_bits import put_in_eight_bits
from engines.colorize.flux2.part_files import without_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import torch

    from engines.colorize.flux2.files import KleinFiles
    from engines.colorize.flux2.info import KleinVariant
    from engines.colorize.flux2.part_files import PartFiles
    from engines.colorize.flux2.placement import Loading

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
_AGAIN: Final = "Pull or copy the file again."


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

    part, measures = files.transformer, files.transformer_is
    with _faults_named(part), tempfile.TemporaryDirectory() as place:
        if part.folder is not None and not fp8.has_few_bits(part.dtypes):
            return _from_folder(Flux2Transformer2DModel, part, how.network_dtype)
        (Path(place) / "config.json").write_text(
            json.dumps({"_class_name": "Flux2Transformer2DModel", **measures.config()}), "utf-8"
        )
        tensors, quantisation = _transformer_tensors(part, how, measures.prefix)
        return Flux2Transformer2DModel.from_single_file(
            tensors,
            config=place,
            # What lies in few bits already is not read in fewer.
            dtype=how.network_dtype if quantisation is None else how.dtype,
            quantization_config=quantisation,
            local_files_only=True,
        )


def _transformer_tensors(part: PartFiles, how: Loading, prefix: str) -> tuple[keys.Tensors, Any]:
    """Return the tensors, and what tells diffusers how they are quantised."""
    from diffusers import BFLQuantizationConfig, GGUFQuantizationConfig

    if part.format == "gguf":
        from diffusers.models.model_loading_utils import load_gguf_checkpoint

        tensors = load_gguf_checkpoint(str(part.paths[0]))
        return without_prefix(without_prefix(tensors, part.prefix), prefix), GGUFQuantizationConfig(
            compute_dtype=how.dtype
        )
    name = part.paths[0].name
    tensors, of_comfyui = without_prefix(_safetensors(part), prefix), part.of_comfyui
    if how.keep_fp8 and (as_they_are := fp8.kept(tensors, how.dtype, name, of_comfyui=of_comfyui)) is not None:
        return as_they_are, BFLQuantizationConfig(compute_dtype=how.dtype)
    return fp8.restored(tensors, how.network_dtype, name, of_comfyui=of_comfyui), None


def _vae(files: KleinFiles, dtype: torch.dtype) -> Any:
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKLFlux2

    part, measures = files.vae, files.vae_is
    with _faults_named(part):
        if part.folder is not None:
            return _from_folder(AutoencoderKLFlux2, part, dtype)
        tensors = fp8.restored(_safetensors(part), dtype, part.paths[0].name)
        if measures.layout == "single":
            tensors = keys.vae_to_diffusers(tensors, len(measures.encoder_channels))
        with init_empty_weights():
            vae = AutoencoderKLFlux2(**measures.config())
        _fill(vae, tensors, part)
        return vae.eval()


def _text_encoder(files: KleinFiles, how: Loading) -> Any:
    encoder = _whole_encoder(files, how.encoder_dtype)
    if how.keep_fp8:
        put_in_eight_bits(encoder, how.encoder_dtype)
    return encoder


def _whole_encoder(files: KleinFiles, dtype: torch.dtype) -> Any:
    """Return a `Qwen3Model` of as many layers as the transformer reads: a quarter less to hold and to compute."""
    from accelerate import init_empty_weights
    from transformers import Qwen3Config, Qwen3Model

    part, measures = files.text_encoder, files.text_encoder_is
    with _faults_named(part):
        if part.folder is not None and not fp8.has_few_bits(part.dtypes):
            config = Qwen3Config.from_pretrained(part.folder, local_files_only=True)
            return _from_folder(Qwen3Model, part, dtype, config=_shortened(config)).eval()
        tensors = _encoder_tensors(part, dtype)
        with init_empty_weights(include_buffers=False):
            encoder = Qwen3Model(Qwen3Config(**measures.config()))
        _fill(encoder, tensors, part)
        return encoder.eval()


def _shortened(config: Any) -> Any:
    config.num_hidden_layers = min(config.num_hidden_layers, ENCODER_LAYERS_KEPT)
    if config.layer_types is not None:
        config.layer_types = config.layer_types[: config.num_hidden_layers]
    return config


def _encoder_tensors(part: PartFiles, dtype: torch.dtype) -> keys.Tensors:
    if part.format != "gguf":
        read = keys.encoder_without_head(_safetensors(part))
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
        raise ModelInvalid(f"the tokenizer in {files.tokenizer} cannot be read: {exc}", _AGAIN) from exc


def _scheduler(files: KleinFiles) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler

    if files.scheduler is None:
        return FlowMatchEulerDiscreteScheduler(**_SCHEDULE)
    try:
        return FlowMatchEulerDiscreteScheduler.from_pretrained(files.scheduler, local_files_only=True)
    except (OSError, ValueError) as exc:
        raise ModelInvalid(f"the schedule in {files.scheduler} cannot be read: {exc}", _AGAIN) from exc


def _safetensors(part: PartFiles) -> dict[str, Any]:
    from safetensors.torch import load_file

    read = {name: value for path in part.paths for name, value in load_file(path).items()}
    return without_prefix(read, part.prefix)


def _from_folder(kind: Any, part: PartFiles, dtype: torch.dtype, **more: Any) -> Any:
    model, info = kind.from_pretrained(
        part.folder, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True, **more
    )
    _refuse(part, "lacks", info["missing_keys"])
    return model


def _fill(model: Any, tensors: keys.Tensors, part: PartFiles) -> None:
    missing, unexpected = model.load_state_dict(tensors, strict=False, assign=True)
    _refuse(part, "lacks", missing)
    _refuse(part, "has in excess", unexpected)


def _refuse(part: PartFiles, said: str, names: Iterable[str]) -> None:
    """Refuse a model of which a tensor was in no file: the libraries make one up and say so in their logs alone."""
    counted = sorted(name for name in names if not name.endswith("num_batches_tracked"))
    if counted:
        raise ModelInvalid(f"{part.paths[0].name} {said} {counted[0]} ({len(counted)} in all)", _AGAIN)


@contextmanager
def _faults_named(part: PartFiles) -> Iterator[None]:
    """Turn what the libraries raise over a file into an error that names it."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, SafetensorError) as exc:
        raise ModelInvalid(f"{part.paths[0].name} cannot be loaded: {exc}", _AGAIN) from exc
    except NotImplementedError as exc:  # a tensor that no file filled cannot be moved
        raise ModelInvalid(f"{part.paths[0].name} lacks tensors", _AGAIN) from exc
    except RuntimeError as exc:
        if "size mismatch" not in str(exc) and "shape" not in str(exc):
            raise
        raise ModelInvalid(f"{part.paths[0].name} does not fit its own measures: {exc}", _AGAIN) from exc
