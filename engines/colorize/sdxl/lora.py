"""LoRAs on SDXL's network and text encoders, of kohya and diffusers; all layers of a file are applied, or none."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.colorize.diffusion.applied_loras import FAULTS, FITTING, AppliedLoras, opened_lora

if TYPE_CHECKING:
    from engines.base import LoraUse

_PARTS: Final = ("unet", "text_encoder", "text_encoder_2")
_LAYERS: Final = "layers"
_NAME: Final = "name"


def sdxl_loras() -> AppliedLoras:
    """Return none, for an SDXL pipeline."""
    return AppliedLoras(_SdxlLoraLoader())


class _SdxlLoraLoader:
    def read(self, pipeline: Any, lora: LoraUse) -> dict[str, Any]:
        """Return the tensors of a LoRA as they are, and how many layers have to arrive."""
        file, _, tensors = opened_lora(lora)
        odd = next((one for one in file.layers if one.kind != "lora"), None)
        if odd is not None:
            raise ModelInvalid(
                f"{lora.name} is a {odd.kind} ({odd.place}), which SDXL does not take here",
                FITTING,
                told=("lora_unfit", lora.name),
            )
        try:
            pipeline.lora_state_dict(dict(tensors), unet_config=pipeline.unet.config)
        except FAULTS as exc:
            raise ModelInvalid(
                f"{lora.name} is no LoRA for SDXL: {exc}", FITTING, told=("lora_unfit", lora.name)
            ) from exc
        return {**tensors, _LAYERS: len(file.layers), _NAME: lora.name}

    def attach(self, pipeline: Any, tensors: dict[str, Any], adapter: str) -> None:
        """Load a LoRA and count what arrived."""
        wanted, name = tensors[_LAYERS], tensors[_NAME]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Already found a `peft_config`")
            pipeline.load_lora_weights(
                {key: value for key, value in tensors.items() if key not in (_LAYERS, _NAME)}, adapter_name=adapter
            )
        arrived = sum(
            name.endswith(f"lora_A.{adapter}.weight")
            for part in _PARTS
            for name, _ in getattr(pipeline, part).named_parameters()
        )
        if arrived != wanted:
            raise ModelInvalid(
                f"{name}: {wanted - arrived} of {wanted} layers match nothing in this model",
                FITTING,
                told=("lora_unfit", name),
            )

    def detach(self, pipeline: Any) -> None:
        """Take all LoRAs off."""
        pipeline.unload_lora_weights()
