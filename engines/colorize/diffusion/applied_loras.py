"""The LoRAs that are applied to a diffusers pipeline: attached together or not at all, detached to the last bit.

Never fused into the weights: that fails on quantised ones, and detaching them would not give the same bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from engines.base import ModelInvalid, ModelMissing
from engines.weights_files import read_weights_header
from models.lora_layers import lora_layers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.base import LoraUse
    from models.headers import WeightsHeader
    from models.lora_layers import LoraFile

FITTING: Final = "Choose a LoRA that was made for this model."
FAULTS: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError, NotImplementedError)
"""What diffusers and peft raise over a LoRA that they cannot take."""


class LoraLoader(Protocol):
    """How the LoRAs of one kind of model are read and attached."""

    def read(self, pipeline: Any, lora: LoraUse) -> dict[str, Any]:
        """Return what to load, after comparing every layer with the model.

        Raises:
            ModelMissing, ModelInvalid
        """
        ...

    def attach(self, pipeline: Any, tensors: dict[str, Any], adapter: str) -> None:
        """Load what was read. What the libraries raise passes through.

        Raises:
            ModelInvalid: the pipeline took a part of it alone.
        """
        ...

    def detach(self, pipeline: Any) -> None:
        """Leave the pipeline as it was without any."""
        ...


class AppliedLoras:
    """The LoRAs that are applied to a pipeline; one object for one pipeline."""

    def __init__(self, loader: LoraLoader) -> None:
        self._loader = loader
        self._applied: tuple[str, ...] = ()

    def apply(self, pipeline: Any, loras: tuple[LoraUse, ...]) -> None:
        """Apply exactly these LoRAs to a pipeline, each whole.

        Raises:
            ModelMissing: a file is not there. ModelInvalid: it is no LoRA for this model. None is applied then.
        """
        wanted = tuple(f"{lora.path} {lora.sha256}" for lora in loras)
        if wanted != self._applied:
            self.detach(pipeline)
            if loras:
                self._attach(pipeline, loras)
            self._applied = wanted
        if loras:
            try:
                pipeline.set_adapters([_adapter(index) for index in range(len(loras))], [one.weight for one in loras])
            except FAULTS as exc:
                self._loader.detach(pipeline)
                self._applied = ()
                raise _refused(loras, exc) from exc

    def detach(self, pipeline: Any) -> None:
        """Leave the pipeline as it was without any."""
        if self._applied:
            self._loader.detach(pipeline)
        self._applied = ()

    def _attach(self, pipeline: Any, loras: tuple[LoraUse, ...]) -> None:
        read = [self._loader.read(pipeline, lora) for lora in loras]
        try:
            for index, tensors in enumerate(read):
                self._loader.attach(pipeline, tensors, _adapter(index))
        except FAULTS as exc:
            self._loader.detach(pipeline)
            raise _refused(loras, exc) from exc
        except ModelInvalid as exc:
            self._loader.detach(pipeline)
            raise ModelInvalid(f"{_names(loras)}: {exc.message}", exc.hint, told=("lora_unfit", _names(loras))) from exc


def opened_lora(lora: LoraUse) -> tuple[LoraFile, WeightsHeader, Mapping[str, Any]]:
    """Return the layers, the header and the tensors of a LoRA's file.

    Raises:
        ModelMissing: it is not there. ModelInvalid: it can run code, is damaged, is no LoRA, or one that would be
            applied in part.
    """
    from safetensors.torch import load_file

    path = Path(lora.path)
    if path.suffix != ".safetensors":
        raise ModelInvalid(
            f"{lora.name} is not a .safetensors file; others can run code and are not opened",
            FITTING,
            told=("lora_unfit", lora.name),
        )
    if not path.is_file():
        raise ModelMissing(
            f"the LoRA {lora.name} is not at {path}", "Put it back, or choose another.", told=("lora_gone", lora.name)
        )
    header = read_weights_header(path)
    file = lora_layers({name: one.shape for name, one in header.tensors.items()})
    if not file.layers:
        raise ModelInvalid(
            f"{lora.name} is no LoRA: none of its tensors is a layer's", FITTING, told=("lora_unfit", lora.name)
        )
    if fault := file.fault():
        raise ModelInvalid(f"{lora.name} would be applied in part: {fault}", FITTING, told=("lora_unfit", lora.name))
    return file, header, load_file(path)


def _refused(loras: tuple[LoraUse, ...], exc: Exception) -> ModelInvalid:
    return ModelInvalid(
        f"{_names(loras)}: the model refuses this LoRA: {exc}", FITTING, told=("lora_unfit", _names(loras))
    )


def _names(loras: tuple[LoraUse, ...]) -> str:
    return ", ".join(lora.name for lora in loras)


def _adapter(index: int) -> str:
    return f"lora_{index}"
