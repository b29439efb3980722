"""Bring a pipeline to a device under a memory policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engines.colorize.diffusion.processor_vae import keep_on_processor

if TYPE_CHECKING:
    import torch

    from engines.base import MemoryPolicy

# Under a megapixel the autoencoder wants about as much as the transformer's activations; tiles halve that.
_TILED: Final = ("group_offload", "layerwise_fp8")
# What FLUX.2's little files of 8 bits keep exact, because all else passes through it.
_EXACT: Final = (
    "norm",
    "pos_embed",
    "x_embedder",
    "context_embedder",
    "time_guidance_embed",
    "modulation",
    "proj_out$",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How parts are read.

    dtype: what the pipeline computes in. network_dtype, encoder_dtype: what these parts are read in. keep_fp8: scaled
    8-bit matrices stay as they are, and the text encoder's are put into 8 bits. device: where a part goes as soon as it
    is read; None: it waits for `place`.
    """

    dtype: torch.dtype
    network_dtype: torch.dtype
    encoder_dtype: torch.dtype
    keep_fp8: bool = False
    device: torch.device | None = None


def loading_of(device: torch.device, dtype: torch.dtype, policy: MemoryPolicy) -> Loading:
    """Return how to read parts for a policy, so that memory never holds more than the policy says."""
    import torch

    if policy != "layerwise_fp8":
        straight = device if policy == "full" and device.type == "cuda" else None
        return Loading(dtype=dtype, network_dtype=dtype, encoder_dtype=dtype, device=straight)
    short = torch.bfloat16 if dtype == torch.float32 else dtype
    return Loading(dtype=dtype, network_dtype=short, encoder_dtype=short, keep_fp8=True)


def place(
    pipeline: Any,
    device: torch.device,
    dtype: torch.dtype,
    policy: MemoryPolicy,
    *,
    vae_on_processor: bool = False,
    exact: tuple[str, ...] = _EXACT,
) -> None:
    """Place a pipeline that was just loaded.

    full: everything on the device. model_offload: the part that works is on the device. group_offload: the layer that
    works is. layerwise_fp8: as model_offload, the transformer at 8 bits between its uses and the text encoder always,
    without the transformer's modules whose names hold one of `exact`.
    """
    if policy in _TILED:
        pipeline.vae.enable_tiling()
    if policy == "layerwise_fp8":
        _store_as_fp8(pipeline.transformer, dtype, exact)
    if policy == "group_offload":
        _offload_layers(pipeline, device)
    elif policy == "full" or device.type == "cpu":
        if vae_on_processor:
            keep_on_processor(pipeline.vae, device)
        pipeline.to(device)
    else:
        pipeline.enable_model_cpu_offload(device=device)


def _store_as_fp8(transformer: Any, dtype: torch.dtype, exact: tuple[str, ...]) -> None:
    import torch

    if getattr(transformer, "hf_quantizer", None) is None:
        transformer.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype, skip_modules_pattern=exact
        )
    for parameter in transformer.parameters():
        if parameter.dtype.itemsize > 1:
            parameter.data = parameter.data.to(dtype)


def _offload_layers(pipeline: Any, device: torch.device) -> None:
    import torch

    pipeline.enable_group_offload(
        onload_device=device,
        offload_device=torch.device("cpu"),
        offload_type="leaf_level",
        use_stream=device.type == "cuda",
    )


def compile_blocks(pipeline: Any) -> bool:
    """Let torch compile the transformer's blocks, and say whether they are.

    It pays on CUDA alone, for many pages of one size: the first page of a size waits for the compiler. Offloaded, cast
    and quantised blocks are left alone: their hooks would make it start anew at every call.
    """
    transformer = pipeline.transformer
    plain = getattr(transformer, "hf_quantizer", None) is None and not getattr(pipeline, "_all_hooks", None)
    if transformer.device.type != "cuda" or not plain or transformer.dtype.itemsize < 2:
        return False
    transformer.compile_repeated_blocks(dynamic=True)
    return True
