"""LoRAs on the transformer: read as data, compared with the model before they touch it, several with a weight each.

Layouts of diffusers, ai-toolkit (Black Forest Labs' names) and kohya. They are never fused into the weights: that fails
on GGUF, and taking them off again would not give the same bits.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.flux2.files import read_weights_header

if TYPE_CHECKING:
    from engines.base import LoraUse

_FAULTS: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError)
_FITTING: Final = "Choose a LoRA that was made for this model."
_PREFIX: Final = "transformer."


class LoraRack:
    """The LoRAs that a pipeline wears at the moment."""

    def __init__(self) -> None:
        self._worn: tuple[str, ...] = ()

    def wear(self, pipeline: Any, loras: tuple[LoraUse, ...]) -> None:
        """Make a pipeline wear exactly these LoRAs.

        Raises:
            ModelMissing: a file is not there. ModelInvalid: it is no LoRA, or not one for this transformer.
        """
        wanted = tuple(f"{lora.path} {lora.sha256}" for lora in loras)
        if wanted != self._worn:
            self.take_off(pipeline)
            self._put_on(pipeline, loras)
            self._worn = wanted
        if loras:
            pipeline.set_adapters([_adapter(index) for index in range(len(loras))], [lora.weight for lora in loras])

    def take_off(self, pipeline: Any) -> None:
        """Leave the pipeline as it was without any."""
        if self._worn:
            pipeline.unload_lora_weights()
        self._worn = ()

    @staticmethod
    def _put_on(pipeline: Any, loras: tuple[LoraUse, ...]) -> None:
        layers = [read_lora(pipeline, lora) for lora in loras]
        try:
            for index, tensors in enumerate(layers):
                _load(pipeline, tensors, _adapter(index))
        except _FAULTS as exc:
            pipeline.unload_lora_weights()
            names = ", ".join(lora.name for lora in loras)
            raise ModelInvalid(f"{names}: the transformer refuses this LoRA: {exc}", _FITTING) from exc


def read_lora(pipeline: Any, lora: LoraUse) -> dict[str, Any]:
    """Return the tensors of a LoRA under diffusers' names, after comparing their shapes with the transformer's.

    Raises:
        ModelMissing, ModelInvalid
    """
    from safetensors.torch import load_file

    path = Path(lora.path)
    if path.suffix != ".safetensors":
        raise ModelInvalid(f"{lora.name} is not a .safetensors file; others can run code and are not opened", _FITTING)
    if not path.is_file():
        raise ModelMissing(f"the LoRA {lora.name} is not at {path}", "Put it back, or choose another.")
    header = read_weights_header(path)
    if any("dora_scale" in name for name in header.tensors):
        raise ModelInvalid(f"{lora.name} is a DoRA, which would act wrongly here", "Choose a LoRA.")
    try:
        tensors = dict(pipeline.lora_state_dict(load_file(path)))
    except _FAULTS as exc:
        raise ModelInvalid(f"{lora.name} is no LoRA for FLUX.2: {exc}", _FITTING) from exc
    _require_fit(pipeline.transformer, tensors, lora.name)
    _apply_alpha(tensors, header.metadata.get("lora_adapter_metadata", ""))
    return tensors


def _load(pipeline: Any, tensors: dict[str, Any], adapter: str) -> None:
    with warnings.catch_warnings():
        # A second LoRA is meant.
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        pipeline.load_lora_weights(tensors, adapter_name=adapter)
    transformer = pipeline.transformer
    for name, parameter in transformer.named_parameters():
        place, found, end = name.partition(f".{adapter}.")
        # Under weights kept at 8 bits peft makes its own of 8 bits, too, and cannot count with them.
        if found and parameter.dtype.itemsize == 1:
            parameter.data = tensors[f"{_PREFIX}{place}.{end}"].to(parameter.device, _compute_dtype(transformer))


def _compute_dtype(transformer: Any) -> Any:
    return transformer.x_embedder.weight.dtype


def _apply_alpha(tensors: dict[str, Any], metadata: str) -> None:
    """Scale a LoRA by the alpha that diffusers writes beside the tensors; the other layouts carry it within."""
    try:
        facts = json.loads(metadata) if metadata else {}
        whole = float(facts[f"{_PREFIX}lora_alpha"])
        alphas = {str(place): float(alpha) for place, alpha in facts.get(f"{_PREFIX}alpha_pattern", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    for key, value in tensors.items():
        place, found, _ = key.removeprefix(_PREFIX).partition(".lora_B")
        if found:
            tensors[key] = value * (alphas.get(place, whole) / value.shape[1])


def _require_fit(transformer: Any, tensors: dict[str, Any], name: str) -> None:
    modules = dict(transformer.named_modules())
    matched = 0
    for key, value in tensors.items():
        place, _, kind = key.removeprefix(_PREFIX).partition(".lo")
        module = modules.get(place)
        if module is None or not kind.startswith(("ra_", "kr_")):
            continue
        matched += 1
        if kind.startswith("ra_") and value.ndim == 2:
            ours, theirs = _sides(module, kind, value)
            if ours != theirs:
                raise ModelInvalid(
                    f"{name} is made for another size of model: {place} has {ours} here and {theirs} there", _FITTING
                )
    if not matched:
        raise ModelInvalid(f"{name} has no layer of this transformer (no key matched)", _FITTING)


def _sides(module: Any, kind: str, value: Any) -> tuple[int, int]:
    """Return the width that a layer has here and in the LoRA: what goes in for A, what comes out for B."""
    if kind.startswith("ra_A"):
        return module.in_features, value.shape[1]
    return module.out_features, value.shape[0]


def _adapter(index: int) -> str:
    return f"lora_{index}"
