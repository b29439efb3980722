"""A network of torch on a tile, on the device that this machine has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def run(network: Callable[[Any], Any], device: str, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what a network of `(1, 3, h, w)` float32 pictures 0..1 makes of a tile.

    Raises:
        EngineOutOfMemory
    """
    import torch

    from engines.torch_runtime import torch_memory_mapped

    with torch_memory_mapped(), torch.inference_mode():
        given = torch.from_numpy(rgb).to(device).permute(2, 0, 1)[None].float() / 255
        made = network(given)[0].permute(1, 2, 0).clamp(0, 1).mul(255).round().to(torch.uint8)
    return np.ascontiguousarray(made.cpu().numpy())
