"""From files to a pipeline on its device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engines.base import ModelInvalid
from engines.colorize.diffusion.processor_vae import keep_on_processor
from engines.colorize.sdxl import single

if TYPE_CHECKING:
    import torch

    from engines.base import MemoryPolicy
    from engines.colorize.sdxl.files import SdxlFiles

_FAULTS = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError)


def load_pipeline(files: SdxlFiles, dtype: torch.dtype) -> Any:
    """Return the pipeline, in the processor's memory.

    Raises:
        ModelInvalid: the libraries refuse a part; the message is theirs.
    """
    from diffusers import ControlNetUnionModel, StableDiffusionXLControlNetUnionImg2ImgPipeline
    from transformers import CLIPVisionModelWithProjection

    try:
        shown: dict[str, Any] = {
            "controlnet": single.load_control(files.control, dtype)
            if files.control.is_file()
            else ControlNetUnionModel.from_pretrained(
                files.control, dtype=dtype, local_files_only=True, use_safetensors=True
            ),
            "image_encoder": single.load_vision(files.encoder, dtype)
            if files.encoder.is_file()
            else CLIPVisionModelWithProjection.from_pretrained(
                files.encoder, dtype=dtype, local_files_only=True, use_safetensors=True
            ),
            "add_watermarker": False,
        }
        if files.single is not None and files.tokenizer is not None:
            parts = single.load_parts(files.single, files.tokenizer, dtype)
            pipeline = StableDiffusionXLControlNetUnionImg2ImgPipeline(**parts, **shown)
        else:
            pipeline = StableDiffusionXLControlNetUnionImg2ImgPipeline.from_pretrained(
                files.folder, **shown, dtype=dtype, local_files_only=True, use_safetensors=True
            )
        pipeline.load_ip_adapter(
            [str(adapter.parent) for adapter in files.adapters],
            subfolder=[""],
            weight_name=[adapter.name for adapter in files.adapters],
            image_encoder_folder=None,
            local_files_only=True,
        )
    except _FAULTS as exc:
        if "memory" in str(exc).lower():
            raise
        raise ModelInvalid(f"SDXL cannot be loaded: {exc}", "Pull or copy its files again.") from exc
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def place(pipeline: Any, device: torch.device, policy: MemoryPolicy, *, vae_on_processor: bool = False) -> None:
    """Bring a pipeline to a device: whole, part by part, or layer by layer."""
    if vae_on_processor:
        keep_on_processor(pipeline.vae, device)
    if device.type == "cpu" or policy == "full":
        pipeline.to(device)
    elif policy == "group_offload":
        pipeline.vae.enable_tiling()
        pipeline.enable_sequential_cpu_offload(device=device)
    else:
        pipeline.enable_model_cpu_offload(device=device)
