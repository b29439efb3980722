"""Swin2SR through transformers, from a folder that the reader pulled or dropped: offline, data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid, ModelMissing
from engines.libraries import require_libraries
from engines.upscale.base import Upscaler, UpscalerInfo
from engines.upscale.network import run

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

INSTALL: Final = "pip install 'irodori[diffusion]'"
_LIBRARIES: Final = ("torch", "transformers", "safetensors")
_KNOWN: Final = "Choose a Swin2SR folder: config.json and model.safetensors, of RGB pictures."


class Swin2SR(Upscaler):
    """A Swin2SR of transformers."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            EngineUnavailable: a library is missing. ModelMissing. ModelInvalid: it is of another kind, or damaged.
        """
        require_libraries(_LIBRARIES, INSTALL)
        if not (folder / "config.json").is_file() or not (folder / "model.safetensors").is_file():
            raise ModelMissing(f"{folder} holds no config.json with model.safetensors", _KNOWN)
        model = _loaded(folder)
        config = model.config
        if config.model_type != "swin2sr" or config.num_channels != 3:
            raise ModelInvalid(f"{folder.name} is a {config.model_type} of {config.num_channels} channels", _KNOWN)
        self.info = UpscalerInfo(name=folder.name, scale=int(config.upscale), multiple=int(config.window_size))
        from engines.torch_runtime import on_accelerator

        self._model, self._device = on_accelerator(model)

    def enlarge(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Run the network."""
        return run(lambda given: self._model(given).reconstruction, self._device, rgb)

    def close(self) -> None:
        """Let the network go."""
        from engines.torch_runtime import return_device_memory

        self._model = None
        return_device_memory()


def _loaded(folder: Path) -> Any:
    from engines.torch_runtime import prepare_torch

    prepare_torch()
    import transformers

    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        if config.model_type != "swin2sr":
            raise ModelInvalid(f"{folder.name} is a {config.model_type}", _KNOWN)
        model, report = transformers.Swin2SRForImageSuperResolution.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except ModelInvalid:
        raise
    except Exception as exc:  # whatever a foreign file brings about
        raise ModelInvalid(f"{folder.name} cannot be loaded: {' '.join(str(exc).split())[:200]}", _KNOWN) from exc
    if report["missing_keys"]:
        raise ModelInvalid(f"{folder.name} lacks {len(report['missing_keys'])} of its weights", _KNOWN)
    return model
