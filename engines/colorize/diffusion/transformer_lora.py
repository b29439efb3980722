"""LoRAs on a transformer that every layout names as diffusers does, with dots or with underscores.

Each layer of a file is looked up in the model itself, with its widths; all of them are applied, or none.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.colorize.diffusion.applied_loras import FITTING, AppliedLoras, opened_lora
from engines.colorize.diffusion.lora_matrices import pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.base import LoraUse
    from models.lora_layers import LoraLayer

_PREFIX: Final = "transformer."


def transformer_loras(label: str) -> AppliedLoras:
    """Return none, for a pipeline whose `transformer` is a model that is called `label`."""
    return AppliedLoras(_TransformerLoraLoader(label))


class _TransformerLoraLoader:
    def __init__(self, label: str) -> None:
        self._label = label

    def read(self, pipeline: Any, lora: LoraUse) -> dict[str, Any]:
        """Return a LoRA under diffusers' names, its alphas worked in."""
        file, _, tensors = opened_lora(lora)
        if file.text:
            raise ModelInvalid(
                f"{lora.name} would be applied in part: it also changes a text encoder ({len(file.text)} layers)",
                FITTING,
                told=("lora_unfit", lora.name),
            )
        odd = next((one for one in file.layers if one.kind not in ("lora", "loha")), None)
        if odd is not None:
            raise ModelInvalid(
                f"{lora.name} is a {odd.kind} ({odd.place}), which is not taken here",
                FITTING,
                told=("lora_unfit", lora.name),
            )
        linear = {
            name.replace(".", "_"): (name, module)
            for name, module in pipeline.transformer.named_modules()
            if hasattr(module, "in_features")
        }
        out: dict[str, Any] = {}
        for one in file.network:
            name = self._place(one, linear, lora.name)
            down, up = pair(one, tensors)
            out[f"{_PREFIX}{name}.lora_A.weight"] = down.contiguous()
            out[f"{_PREFIX}{name}.lora_B.weight"] = up.contiguous()
        return out

    def _place(self, layer: LoraLayer, linear: Mapping[str, tuple[str, Any]], lora: str) -> str:
        """Return the name of a layer in the model."""
        found = linear.get(layer.place.replace(".", "_"))
        if found is None:
            raise ModelInvalid(
                f"{lora} is not for {self._label}: {layer.place} is no layer of it", FITTING, told=("lora_unfit", lora)
            )
        name, module = found
        if (module.in_features, module.out_features) != (layer.into, layer.out):
            raise ModelInvalid(
                f"{lora} is made for another size of model: {layer.place} leads from {module.in_features} to "
                f"{module.out_features} here and from {layer.into} to {layer.out} there",
                FITTING,
                told=("lora_unfit", lora),
            )
        return name

    def attach(self, pipeline: Any, tensors: dict[str, Any], adapter: str) -> None:
        """Load a LoRA and see that every matrix of it arrived."""
        with warnings.catch_warnings():
            # A second LoRA is meant.
            warnings.filterwarnings("ignore", message="Already found a `peft_config`")
            pipeline.load_lora_weights(tensors, adapter_name=adapter)
        mark = f".{adapter}."
        arrived = {
            f"{_PREFIX}{name.replace(mark, '.')}" for name, _ in pipeline.transformer.named_parameters() if mark in name
        }
        if missing := sorted(set(tensors) - arrived):
            raise ModelInvalid(f"{len(missing)} of {len(tensors)} matrices were not taken, {missing[0]} first", FITTING)

    def detach(self, pipeline: Any) -> None:
        """Take all LoRAs off."""
        pipeline.unload_lora_weights()
