"""SDXL's parts out of single files: checkpoints, controls and image encoders without a configuration beside them.

diffusers has the names of both layouts; what is missing or in excess is an error here, in its logs otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.colorize.sdxl import anatomy
from engines.weights_files import read_weights_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import torch

    from models.headers import TensorHeader

_SCHEDULE: Final = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "timestep_spacing": "leading",
    "steps_offset": 1,
}
# What trainers write beside the weights to say that they predict velocity, and that their noise ends at nothing.
_VELOCITY, _TO_NOTHING = "v_pred", "ztsnr"
# Counts of places, and what trainers leave behind, are no weights.
_NO_WEIGHTS: Final = ("position_ids", "logit_scale", "num_batches_tracked")


def load_parts(path: Path, tokenizer: Path, dtype: torch.dtype) -> dict[str, Any]:
    """Return the parts of a checkpoint as a pipeline takes them.

    Raises:
        ModelInvalid: a tensor is missing, in excess, or of another shape.
    """
    from diffusers import EulerDiscreteScheduler
    from safetensors.torch import load_file

    tensors, headers = load_file(path), read_weights_header(path).tensors
    unet = _unet(path.name, tensors, headers, dtype)
    facts: dict[str, Any] = dict(_SCHEDULE)
    if _VELOCITY in tensors:
        facts["prediction_type"] = "v_prediction"
    if _TO_NOTHING in tensors:
        facts |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return {
        "unet": unet,
        "vae": _vae(path.name, tensors, headers, dtype),
        "text_encoder": _first_encoder(path.name, tensors, headers, dtype),
        "text_encoder_2": _second_encoder(path.name, tensors, headers, dtype),
        **_tokenizers(tokenizer),
        "scheduler": EulerDiscreteScheduler(**facts),
    }


def load_control(path: Path, dtype: torch.dtype) -> Any:
    """Return a ControlNet Union of a single file; raises as `load_parts`."""
    from diffusers import ControlNetUnionModel
    from safetensors.torch import load_file

    config = anatomy.control_config(read_weights_header(path).tensors)
    return _filled(ControlNetUnionModel, config, load_file(path), path.name, dtype)


def load_vision(path: Path, dtype: torch.dtype) -> Any:
    """Return CLIP's image tower of a single file; raises as `load_parts`."""
    from safetensors.torch import load_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    config = CLIPVisionConfig(**anatomy.vision_config(read_weights_header(path).tensors))
    return _filled(CLIPVisionModelWithProjection, config, load_file(path), path.name, dtype)


def within(tensors: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return what stands under a prefix, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _unet(name: str, tensors: Mapping[str, Any], headers: Mapping[str, TensorHeader], dtype: torch.dtype) -> Any:
    from diffusers import UNet2DConditionModel
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint

    pooled = anatomy.second_config(within(headers, anatomy.SECOND))["projection_dim"]
    config = anatomy.unet_config(within(headers, anatomy.UNET), pooled)
    found = {key: value for key, value in tensors.items() if key.startswith(anatomy.UNET)}
    return _filled(UNet2DConditionModel, config, convert_ldm_unet_checkpoint(found, config), name, dtype)


def _vae(name: str, tensors: Mapping[str, Any], headers: Mapping[str, TensorHeader], dtype: torch.dtype) -> Any:
    from diffusers import AutoencoderKL
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    config = anatomy.vae_config(within(headers, anatomy.VAE))
    found = {key: value for key, value in tensors.items() if key.startswith(anatomy.VAE)}
    return _filled(AutoencoderKL, config, convert_ldm_vae_checkpoint(found, config), name, dtype)


def _first_encoder(
    name: str, tensors: Mapping[str, Any], headers: Mapping[str, TensorHeader], dtype: torch.dtype
) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(**anatomy.first_config(within(headers, anatomy.FIRST)))
    return _filled(CLIPTextModel, config, within(tensors, anatomy.FIRST), name, dtype)


def _second_encoder(
    name: str, tensors: Mapping[str, Any], headers: Mapping[str, TensorHeader], dtype: torch.dtype
) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    config = CLIPTextConfig(**anatomy.second_config(within(headers, anatomy.SECOND)))
    return _filled(CLIPTextModelWithProjection, config, open_clip(within(tensors, anatomy.SECOND)), name, dtype)


def open_clip(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return a text encoder's tensors under transformers' names; OpenCLIP keeps query, key and value in one matrix."""
    out: dict[str, Any] = {}
    for name, value in tensors.items():
        if name == "text_projection":
            out["text_projection.weight"] = value.T.contiguous()
            continue
        new = name
        for theirs, ours in _OPEN_CLIP:
            new = new.replace(theirs, ours)
        if not name.endswith(("in_proj_weight", "in_proj_bias")):
            out[new] = value
            continue
        stem, _, kind = new.rpartition(".in_proj_")
        for part, rows in zip("qkv", value.chunk(3), strict=True):
            out[f"{stem}.{part}_proj.{kind}"] = rows.contiguous()
    return out


_OPEN_CLIP: Final = (
    ("transformer.resblocks.", "text_model.encoder.layers."),
    ("token_embedding.", "text_model.embeddings.token_embedding."),
    ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
    ("ln_final.", "text_model.final_layer_norm."),
    (".ln_1.", ".layer_norm1."),
    (".ln_2.", ".layer_norm2."),
    (".attn.", ".self_attn."),
    (".mlp.c_fc.", ".mlp.fc1."),
    (".mlp.c_proj.", ".mlp.fc2."),
)


def _tokenizers(folder: Path) -> dict[str, Any]:
    """Return both tokenizers, of one vocabulary; the second fills up with another word than the first."""
    from transformers import CLIPTokenizer

    first = folder / "tokenizer" if (folder / "tokenizer").is_dir() else folder
    second = folder / "tokenizer_2" if (folder / "tokenizer_2").is_dir() else None
    try:
        return {
            "tokenizer": CLIPTokenizer.from_pretrained(first, local_files_only=True),
            "tokenizer_2": CLIPTokenizer.from_pretrained(second, local_files_only=True)
            if second is not None
            else CLIPTokenizer.from_pretrained(first, pad_token="!", local_files_only=True),  # noqa: S106 - a word
        }
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ModelInvalid(f"the tokenizer in {folder} cannot be read: {exc}", "Pull or copy it again.") from exc


def _filled(kind: Any, config: Any, tensors: Mapping[str, Any], name: str, dtype: torch.dtype) -> Any:
    from accelerate import init_empty_weights

    with init_empty_weights(include_buffers=False):
        model = kind(**config) if isinstance(config, dict) else kind(config)
    # transformers took a wrapper off its text model; files keep its name.
    wrapped = any(key.startswith("text_model.") for key in model.state_dict())
    read = {
        key if wrapped else key.removeprefix("text_model."): value.to(dtype) if value.is_floating_point() else value
        for key, value in tensors.items()
        if not key.endswith(_NO_WEIGHTS)
    }
    try:
        missing, unexpected = model.load_state_dict(read, strict=False, assign=True)
    except RuntimeError as exc:
        raise ModelInvalid(f"{name} does not fit its own measures: {exc}", "Pull or copy the file again.") from exc
    _refuse(name, "lacks", (key for key in missing if not key.endswith(_NO_WEIGHTS)))
    _refuse(name, "has in excess", unexpected)
    return model.eval()


def _refuse(name: str, said: str, keys: Iterable[str]) -> None:
    if counted := sorted(keys):
        raise ModelInvalid(f"{name} {said} {counted[0]} ({len(counted)} in all)", "Pull or copy the file again.")
