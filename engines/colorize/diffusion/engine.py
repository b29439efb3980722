"""What engines on a diffusers pipeline in this process have in common: where parts lie, loading, digests, unloading."""

from __future__ import annotations

import traceback
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from engines.base import ColorizeEngine, EngineError, ModelMissing, Viability
from engines.colorize.diffusion.places import places_of
from engines.device_memory import memory_policy, samples_that_fit
from engines.device_rules import rules_of
from engines.torch_runtime import (
    prepare_torch,
    return_device_memory,
    torch_device,
    torch_dtype,
    torch_memory_mapped,
    torch_viability,
)
from models.digests import file_digest
from models.store import WeightsMissing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

    from engines.base import Device, LoraUse, MemoryPolicy
    from engines.colorize.diffusion.applied_loras import AppliedLoras
    from engines.colorize.diffusion.places import Places
    from engines.device_memory import Needs
    from engines.device_rules import DeviceRules
    from engines.info import EngineInfo


class Files(Protocol):
    """The parts of a model, found and checked by their headers."""

    @property
    def weights(self) -> tuple[Path, ...]:
        """Every weights file."""
        ...

    def needs(self, label: str) -> Needs:
        """Return what the parts take when they are loaded."""
        ...


class DiffusionEngine(ColorizeEngine):
    """An engine on one pipeline. A subclass finds its files, makes the pipeline of them and calls it in `_infer`.

    folder: where the files lie, None for where pulled and dropped models do.
    """

    def __init__(self, info: EngineInfo, folder: Path | None) -> None:
        self.info = info
        self._folder = folder
        self._pipeline: Any = None
        self._loras = self._no_loras()
        self._rules: DeviceRules = rules_of("cpu")
        self._lies: tuple[Device, Needs] | None = None

    @abstractmethod
    def _find(self, places: Places) -> Files:
        """Return the parts; raises `ModelMissing` and `ModelInvalid`."""

    @abstractmethod
    def _made(self, files: Any, device: torch.device, dtype: torch.dtype, policy: MemoryPolicy) -> Any:
        """Return the pipeline of what `_find` gave, placed on the device; `_rules` are the device's."""

    @abstractmethod
    def _no_loras(self) -> AppliedLoras:
        """Return the LoRAs of a fresh pipeline: none."""

    def viability(self) -> Viability:
        """Look for torch and for the files, whose headers are compared with one another."""
        installed = torch_viability()
        if not installed.ok:
            return installed
        try:
            self._find(self._places())
        except EngineError as exc:
            told = exc.told or ("model_incomplete", self.info.label)
            return Viability(ok=False, reason=exc.message, fix=exc.hint, told=told)
        return Viability(ok=True)

    def weights_digests(self) -> Mapping[str, str]:
        """Return the digests of every weights file, by its path within the model's folder."""
        places = self._places()
        try:
            return {places.name_of(path): file_digest(path) for path in self._find(places).weights}
        except WeightsMissing as exc:
            raise ModelMissing(str(exc)) from exc

    def load(self, device: Device) -> None:
        """Read the weights and bring them to the device, as its memory policy says."""
        if self._pipeline is not None:
            return
        files = self._find(self._places())
        prepare_torch()
        policy = memory_policy(device, files.needs(self.info.label))
        self._rules = rules_of(device.kind)
        try:
            with torch_memory_mapped():
                pipeline = self._made(files, torch_device(device), torch_dtype(device), policy)
        except EngineError as exc:
            traceback.clear_frames(exc.__traceback__)  # which hold what was made until then
            return_device_memory()
            raise
        self._pipeline, self.policy = pipeline, policy
        self._lies = device, files.needs(self.info.label)

    def unload(self) -> None:
        """Drop the pipeline and all that was kept from it."""
        if self._pipeline is not None:
            self._pipeline.remove_all_hooks()
        self._pipeline = None
        self._loras = self._no_loras()
        return_device_memory()

    def _at_once(self, wanted: int) -> int:
        """Return how many pictures there is room for now, at most as many as are wanted."""
        if self._lies is None:
            return 1
        return samples_that_fit(*self._lies, self.policy, wanted)

    def _loaded(self) -> Any:
        """Return the pipeline.

        Raises:
            EngineError: there is none.
        """
        if self._pipeline is None:
            raise EngineError(f"{self.info.label} is not loaded")
        return self._pipeline

    def _places(self) -> Places:
        return places_of(self.info.models[0], self._folder)


def lora_digests(loras: tuple[LoraUse, ...]) -> Mapping[str, str]:
    """Return what LoRAs add to the weights of a result."""
    return {f"lora/{lora.name}": lora.sha256 for lora in loras}
