"""Bring a pipeline to a device under a memory policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import torch

    from engines.base import MemoryPolicy

# Under a megapixel the autoencoder wants about as much as the transformer's activations; tiles halve that.
_TILED: Final = ("group_offload", "layerwise_fp8")
# What little files of 8 bits keep exact, because all else passes through it.
_EXACT: Final = (
    "norm",
    "pos_embed",
    "x_embedder",
    "context_embedder",
    "time_guidance_embed",
    "modulation",
    "proj_out$",
)


def place(pipeline: Any, device: torch.device, dtype: torch.dtype, policy: MemoryPolicy) -> None:
    """Place a pipeline that was just loaded.

    full: everything on the device. model_offload: the part that works is on the device. group_offload: the layer that
    works is. layerwise_fp8: as model_offload, the transformer at 8 bits between its uses.
    """
    if policy in _TILED:
        pipeline.vae.enable_tiling()
    if policy == "layerwise_fp8":
        _store_as_fp8(pipeline.transformer, dtype)
    if policy == "group_offload":
        _offload_layers(pipeline, device)
    elif policy == "full" or device.type == "cpu":
        pipeline.to(device)
    else:
        pipeline.enable_model_cpu_offload(device=device)


def _store_as_fp8(transformer: Any, dtype: torch.dtype) -> None:
    import torch

    if getattr(transformer, "hf_quantizer", None) is None:
        transformer.enable_layerwise_casting(
            storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype, skip_modules_pattern=_EXACT
        )


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
