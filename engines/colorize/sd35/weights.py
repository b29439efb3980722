"""From files to a pipeline: whole as diffusers reads it, else quantised on the card, else put together part by part.

Each way is tried where it can work, the fastest first; what a way failed on is kept, so that the last one's error says
what all of them met with.
"""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING, Any

from engines.base import EngineOutOfMemory, ModelInvalid
from engines.colorize.diffusion import fp8
from engines.colorize.diffusion.part_loading import (
    AGAIN,
    faults_named,
    filled,
    from_folder,
    safetensors_of,
    transformer_of,
    transformer_tensors,
)
from engines.torch_runtime import return_device_memory, torch_memory_mapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.colorize.diffusion.placement import Loading
    from engines.colorize.sd35.files import Sd35Files

    Way = Callable[[Sd35Files, Loading], dict[str, Any]]

_LOG = logging.getLogger(__name__)


def load_pipeline(files: Sd35Files, how: Loading) -> Any:
    """Return a `StableDiffusion3ControlNetPipeline` with its IP-Adapter, in the processor's memory or on the card.

    Raises:
        ModelInvalid: a part cannot be read in any way. EngineOutOfMemory: there was room for none.
    """
    from diffusers import StableDiffusion3ControlNetPipeline

    parts = _first_that_works(files, how)
    with faults_named(files.control):
        pipeline = StableDiffusion3ControlNetPipeline(**parts, **_around(files, how))
    _load_adapter(pipeline, files)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def ways_of(files: Sd35Files, how: Loading) -> list[tuple[str, Way]]:
    """Return the ways in which transformer and T5 can be read here, the fastest first, by their names."""
    few = fp8.has_few_bits(files.transformer.dtypes) or (files.t5 is not None and fp8.has_few_bits(files.t5.dtypes))
    in_folders = files.transformer.folder is not None and not few
    ways: list[tuple[str, Way]] = []
    if in_folders and not how.keep_fp8:
        ways.append(("whole", _whole))
    if in_folders and can_quantise():
        ways.append(("in 4 bits", _in_four_bits))
    ways.append(("part by part", _part_by_part))
    return ways


def can_quantise() -> bool:
    """Say whether BitsAndBytes can make 4 bits of matrices here: it wants CUDA for it."""
    import torch

    return torch.cuda.is_available() and importlib.util.find_spec("bitsandbytes") is not None


def _first_that_works(files: Sd35Files, how: Loading) -> dict[str, Any]:
    ways, met = ways_of(files, how), []
    for number, (name, way) in enumerate(ways, 1):
        try:
            with torch_memory_mapped():
                return way(files, how)
        except (ModelInvalid, EngineOutOfMemory) as exc:
            _LOG.info("%s cannot be loaded %s: %s", files.folder.name, name, exc.message)
            met.append(f"{name}: {exc.message}")
            return_device_memory()
            if number == len(ways):
                raise type(exc)("; ".join(met), exc.hint) from exc
    raise ModelInvalid(f"{files.folder.name} can be loaded in no way", AGAIN)


def _whole(files: Sd35Files, how: Loading) -> dict[str, Any]:
    """Return transformer and T5 as diffusers and transformers read their folders."""
    from diffusers import SD3Transformer2DModel
    from transformers import T5EncoderModel

    with faults_named(files.transformer):
        transformer = from_folder(SD3Transformer2DModel, files.transformer, how.dtype)
    return {"transformer": _there(transformer, how), "text_encoder_3": _t5(T5EncoderModel, files, how)}


def _in_four_bits(files: Sd35Files, how: Loading) -> dict[str, Any]:
    """Return transformer and T5 in NF4, made of their folders' matrices on the card as they are read."""
    import diffusers
    import transformers

    facts = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": how.dtype}
    with faults_named(files.transformer):
        transformer = from_folder(
            diffusers.SD3Transformer2DModel, files.transformer, how.dtype,
            quantization_config=diffusers.BitsAndBytesConfig(**facts),
        )  # fmt: skip
    more = {"quantization_config": transformers.BitsAndBytesConfig(**facts)}
    return {"transformer": transformer, "text_encoder_3": _t5(transformers.T5EncoderModel, files, how, **more)}


def _part_by_part(files: Sd35Files, how: Loading) -> dict[str, Any]:
    """Return transformer and T5 from whatever file each lies in, of whatever precision is read."""
    from diffusers import SD3Transformer2DModel
    from transformers import T5Config, T5EncoderModel

    part = files.transformer
    if part.folder is not None and fp8.has_few_bits(part.dtypes):
        with faults_named(part):
            config = dict(SD3Transformer2DModel.load_config(part.folder))
            config.pop("quantization_config", None)
            tensors = transformer_tensors(part, how)[0]
            transformer = filled(lambda: SD3Transformer2DModel.from_config(config), tensors, part)
    else:
        config = SD3Transformer2DModel.load_config(files.folder / "transformer")
        transformer = transformer_of(SD3Transformer2DModel, part, config, how)
    t5 = None
    if files.t5 is not None:
        if fp8.has_few_bits(files.t5.dtypes):
            with faults_named(files.t5):
                config = T5Config.from_pretrained(files.t5.folder, local_files_only=True)
                tensors = fp8.restored(safetensors_of(files.t5), how.encoder_dtype, files.t5.paths[0].name)
                # Two names of one matrix, of which files have either or both.
                words = tensors.pop("encoder.embed_tokens.weight", None)
                tensors.setdefault("shared.weight", words)
                both = {**tensors, "encoder.embed_tokens.weight": tensors["shared.weight"]}
                t5 = _there(filled(lambda: T5EncoderModel(config), both, files.t5).eval(), how)
        else:
            t5 = _t5(T5EncoderModel, files, how)
    return {"transformer": _there(transformer.eval(), how), "text_encoder_3": t5}


def _t5(kind: Any, files: Sd35Files, how: Loading, **more: Any) -> Any:
    if files.t5 is None:
        return None
    with faults_named(files.t5):
        read = from_folder(kind, files.t5, how.encoder_dtype, **more).eval()
    return read if more else _there(read, how)


def _around(files: Sd35Files, how: Loading) -> dict[str, Any]:
    """Return all parts but transformer and T5."""
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, SD3ControlNetModel
    from transformers import (
        CLIPTextModelWithProjection,
        CLIPTokenizer,
        SiglipImageProcessor,
        SiglipVisionModel,
        T5TokenizerFast,
    )

    weighty = {
        "vae": (AutoencoderKL, files.vae),
        "text_encoder": (CLIPTextModelWithProjection, files.clips[0]),
        "text_encoder_2": (CLIPTextModelWithProjection, files.clips[1]),
        "controlnet": (SD3ControlNetModel, files.control),
        "image_encoder": (SiglipVisionModel, files.encoder),
    }
    small = {"tokenizer": CLIPTokenizer, "tokenizer_2": CLIPTokenizer, "scheduler": FlowMatchEulerDiscreteScheduler}
    if files.t5 is not None:
        small["tokenizer_3"] = T5TokenizerFast
    out: dict[str, Any] = {"tokenizer_3": None}
    for name, (kind, part) in weighty.items():
        with faults_named(part):
            out[name] = _there(from_folder(kind, part, how.dtype).eval(), how)
    for name, kind in small.items():
        try:
            out[name] = kind.from_pretrained(files.folder / name, local_files_only=True)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
            raise ModelInvalid(f"{name} in {files.folder} cannot be read: {exc}", AGAIN) from exc
    # Its own configuration is the released SigLIP's; only the side is the encoder's.
    side = out["image_encoder"].config.image_size
    out["feature_extractor"] = SiglipImageProcessor(size={"height": side, "width": side})
    return out


def _load_adapter(pipeline: Any, files: Sd35Files) -> None:
    try:
        pipeline.load_ip_adapter(
            str(files.adapter.parent), weight_name=files.adapter.name, subfolder="", image_encoder_folder=None,
            local_files_only=True,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as exc:
        raise ModelInvalid(f"{files.adapter.name} is no IP-Adapter for this model: {exc}", AGAIN) from exc
    # diffusers leaves what the file lacks without numbers, and says nothing.
    if empty := [name for name, one in pipeline.transformer.named_parameters() if one.is_meta]:
        raise ModelInvalid(f"{files.adapter.name} lacks {empty[0]} ({len(empty)} in all)", AGAIN)


def _there(part: Any, how: Loading) -> Any:
    return part if how.device is None else part.to(how.device)
