"""The mean of two checkpoints of one line of training (Wortsman et al., "Model soups", 2022).

A later leg that learns new classes forgets some of what it knew; between the two weights lies the better of both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from engines.detect.checkpoint import prepare_ultralytics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor


def average(earlier: Path, later: Path, share: float, out: Path) -> Path:
    """Write the checkpoint `out` whose weights are `share` (0..1) of the later's and the rest of the earlier's.

    Raises:
        OSError: a checkpoint is missing. RuntimeError: they are not of one architecture.
    """
    first, second = (_network(path) for path in (earlier, later))
    weights: Mapping[str, Tensor] = first["model"].state_dict()
    mixed = {
        name: weights[name].float().lerp(value.float(), share).to(value.dtype) if value.is_floating_point() else value
        for name, value in second["model"].state_dict().items()
    }
    second["model"].load_state_dict(mixed)
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(second, out)
    return out


def _network(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise FileNotFoundError(path)
    prepare_ultralytics()
    from ultralytics.nn import tasks

    load: Any = tasks.torch_safe_load
    content = dict(load(path, safe_only=True)[0])
    return {**content, "model": content.get("ema") or content["model"], "ema": None}
