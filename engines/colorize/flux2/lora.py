"""LoRAs on the transformer: read as data, compared with the model before they touch it, several with a weight each.

Layouts of diffusers, ai-toolkit (Black Forest Labs' names) and kohya. They are never fused into the weights: that fails
on GGUF, and taking them off again would not give the same bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid, ModelMissing
from engines.colorize.flux2.files import read_weights_header

if TYPE_CHECKING:
    from engines.base import LoraUse

_FAULTS: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError)
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
                pipeline.load_lora_weights(tensors, adapter_name=_adapter(index))
        except _FAULTS as exc:
            pipeline.unload_lora_weights()
            names = ", ".join(lora.name for lora in loras)
            raise ModelInvalid(f"{names}: the transformer refuses this LoRA: {exc}", _FITTING) from exc


_FITTING: Final = "Choose a LoRA that was made for this model."


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
        raise ModelMissing(f"the LoRA {lora.name} is not at {path}")
    read_weights_header(path)
    try:
        tensors = dict(pipeline.lora_state_dict(load_file(path)))
    except _FAULTS as exc:
        raise ModelInvalid(f"{lora.name} is no LoRA for FLUX.2: {exc}", _FITTING) from exc
    _require_fit(pipeline.transformer, tensors, lora.name)
    return tensors


def _require_fit(transformer: Any, tensors: dict[str, Any], name: str) -> None:
    modules = dict(transformer.named_modules())
    matched = 0
    for key, value in tensors.items():
        place, _, kind = key.removeprefix(_PREFIX).partition(".lora_")
        module = modules.get(place)
        if module is None or not kind or value.ndim != 2:
            continue
        matched += 1
        ours, theirs = _sides(module, kind, value)
        if ours != theirs:
            raise ModelInvalid(
                f"{name} is made for another size of model: {place} has {ours} here and {theirs} there", _FITTING
            )
    if not matched:
        raise ModelInvalid(f"{name} has no layer of this transformer (no key matched)", _FITTING)


def _sides(module: Any, kind: str, value: Any) -> tuple[int, int]:
    """Return the width that a layer has here and in the LoRA: what goes in for A, what comes out for B."""
    if kind.startswith("A"):
        return module.in_features, value.shape[1]
    return module.out_features, value.shape[0]


def _adapter(index: int) -> str:
    return f"lora_{index}"
