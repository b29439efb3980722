"""ESRGAN, Real-ESRGAN, SPAN, SRVGG ("Compact"), DAT and their kin: told and run by `spandrel`, from one file."""

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

SUFFIXES: Final = frozenset({".safetensors", ".pth"})
INSTALL: Final = "pip install 'irodori[diffusion,upscale]', then pip install --no-deps spandrel torchvision"
_LIBRARIES: Final = ("torch", "torchvision", "spandrel", "safetensors")
_KNOWN: Final = "Choose a network for super resolution of RGB pictures, as openmodeldb.info lists them."


class FileUpscaler(Upscaler):
    """A network from a file: `.safetensors`, or a `.pth` of tensors alone; what else is pickled is never run."""

    def __init__(self, path: Path) -> None:
        """Load it.

        Raises:
            EngineUnavailable: a library is missing. ModelMissing. ModelInvalid: it is none, or for something else.
        """
        require_libraries(_LIBRARIES, INSTALL)
        if not path.is_file():
            raise ModelMissing(f"there is no {path}", "Check the path.")
        found = _loaded(path)
        channels = found.input_channels, found.output_channels
        if found.purpose not in ("SR", "FaceSR") or channels != (3, 3):
            what = f"{found.architecture.name} for {found.purpose} of {channels[0]} channels"
            raise ModelInvalid(f"{path.name} is {what}", _KNOWN)
        self.info = UpscalerInfo(
            name=path.stem, scale=found.scale, multiple=max(1, found.size_requirements.multiple_of or 1)
        )
        from engines.torch_runtime import on_accelerator

        self._network = found
        _, self._device = on_accelerator(found)

    def enlarge(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Run the network."""
        return run(self._network, self._device, rgb)

    def close(self) -> None:
        """Let the network go."""
        from engines.torch_runtime import return_device_memory

        self._network = None
        return_device_memory()


def _loaded(path: Path) -> Any:
    from engines.torch_runtime import prepare_torch

    prepare_torch()
    from spandrel import MAIN_REGISTRY, ImageModelDescriptor, canonicalize_state_dict

    try:
        found = MAIN_REGISTRY.load(canonicalize_state_dict(_tensors(path)))
    except Exception as exc:  # whatever a foreign file brings about
        raise ModelInvalid(f"{path.name} cannot be loaded: {' '.join(str(exc).split())[:200]}", _KNOWN) from exc
    if not isinstance(found, ImageModelDescriptor):
        raise ModelInvalid(f"{path.name} is no network of pictures alone", _KNOWN)
    return found


def _tensors(path: Path) -> Any:
    if path.suffix.casefold() == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)
