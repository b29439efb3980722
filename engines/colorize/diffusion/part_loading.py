"""What loading a part of a model has in common, whatever the model: faults that name the file, nothing made up."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.colorize.diffusion import fp8
from engines.colorize.diffusion.part_files import without_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import torch

    from engines.colorize.diffusion.part_files import PartFiles
    from engines.colorize.diffusion.placement import Loading

AGAIN: Final = "Pull or copy the file again."


def transformer_of(kind: Any, part: PartFiles, config: Mapping[str, object], how: Loading, prefix: str = "") -> Any:
    """Return a transformer of diffusers, from its folder or from a single file of whatever precision is read.

    config: the arguments of `kind`, for a file that has no configuration beside it. prefix: what stands before the
    names in it, beside the part's own.

    Raises:
        ModelInvalid: the file cannot be read, or does not give the model that its header promised.
    """
    with faults_named(part), tempfile.TemporaryDirectory() as place:
        if part.folder is not None and not fp8.has_few_bits(part.dtypes):
            return from_folder(kind, part, how.network_dtype)
        (Path(place) / "config.json").write_text(json.dumps({"_class_name": kind.__name__, **config}), "utf-8")
        tensors, quantisation = transformer_tensors(part, how, prefix)
        return kind.from_single_file(
            tensors,
            config=place,
            # What lies in few bits already is not read in fewer.
            dtype=how.network_dtype if quantisation is None else how.dtype,
            quantization_config=quantisation,
            local_files_only=True,
        )


def transformer_tensors(part: PartFiles, how: Loading, prefix: str = "") -> tuple[dict[str, Any], Any]:
    """Return the tensors, and what tells diffusers how they are quantised."""
    from diffusers import BFLQuantizationConfig, GGUFQuantizationConfig

    if part.format == "gguf":
        from diffusers.models.model_loading_utils import load_gguf_checkpoint

        tensors = load_gguf_checkpoint(str(part.paths[0]))
        return without_prefix(without_prefix(tensors, part.prefix), prefix), GGUFQuantizationConfig(
            compute_dtype=how.dtype
        )
    name = part.paths[0].name
    tensors, of_comfyui = without_prefix(safetensors_of(part), prefix), part.of_comfyui
    if how.keep_fp8 and (as_they_are := fp8.kept(tensors, how.dtype, name, of_comfyui=of_comfyui)) is not None:
        return as_they_are, BFLQuantizationConfig(compute_dtype=how.dtype)
    return fp8.restored(tensors, how.network_dtype, name, of_comfyui=of_comfyui), None


def safetensors_of(part: PartFiles) -> dict[str, Any]:
    """Return the tensors of a part's files, names without its prefix."""
    from safetensors.torch import load_file

    read = {name: value for path in part.paths for name, value in load_file(path).items()}
    return without_prefix(read, part.prefix)


def from_folder(kind: Any, part: PartFiles, dtype: torch.dtype, **more: Any) -> Any:
    """Return a model of diffusers or transformers from its own folder.

    Raises:
        ModelInvalid: a tensor of it was in no file.
    """
    model, info = kind.from_pretrained(
        part.folder, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True, **more
    )
    _refuse(part, "lacks", info["missing_keys"])
    return model


def fill(model: Any, tensors: Mapping[str, Any], part: PartFiles) -> None:
    """Put tensors into a model that was made without any.

    Raises:
        ModelInvalid: one is missing, or one is too many.
    """
    missing, unexpected = model.load_state_dict(tensors, strict=False, assign=True)
    _refuse(part, "lacks", missing)
    _refuse(part, "has in excess", unexpected)


def filled(make: Callable[[], Any], tensors: Mapping[str, Any], part: PartFiles) -> Any:
    """Return a model that holds these tensors and never held others; make: builds it, parameters without memory.

    Raises:
        ModelInvalid: one is missing, or one is too many.
    """
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):
        model = make()
    fill(model, tensors, part)
    return model


def _refuse(part: PartFiles, said: str, names: Iterable[str]) -> None:
    """Refuse a model of which a tensor was in no file: the libraries make one up and say so in their logs alone."""
    counted = sorted(name for name in names if not name.endswith("num_batches_tracked"))
    if counted:
        raise ModelInvalid(f"{part.paths[0].name} {said} {counted[0]} ({len(counted)} in all)", AGAIN)


@contextmanager
def faults_named(part: PartFiles) -> Iterator[None]:
    """Turn what the libraries raise over a file into an error that names it."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, SafetensorError) as exc:
        raise ModelInvalid(f"{part.paths[0].name} cannot be loaded: {exc}", AGAIN) from exc
    except NotImplementedError as exc:  # a tensor that no file filled cannot be moved
        raise ModelInvalid(f"{part.paths[0].name} lacks tensors", AGAIN) from exc
    except RuntimeError as exc:
        if "size mismatch" not in str(exc) and "shape" not in str(exc):
            raise
        raise ModelInvalid(f"{part.paths[0].name} does not fit its own measures: {exc}", AGAIN) from exc
