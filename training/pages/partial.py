"""The detector's loss on pages that are labelled in part: what nobody labelled is neither right nor wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from ultralytics.utils.loss import v8DetectionLoss

from training.pages.annotated import BY_HAND
from training.pages.dataset import UNLABELLED
from training.pages.synth.labels import LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence


class PartialLoss(v8DetectionLoss):
    """YOLO's loss in float32; of pictures named `…-unlabelled` it leaves out the classes that are labelled by hand."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model)
        self._bce: Any = self.bce
        self.bce: Any = self._known_bce
        self._known = torch.ones(1, 1, len(LABELS))

    def __call__(self, preds: Any, batch: dict[str, Any]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss times the size of the batch, and its parts."""
        self._known = known_classes(batch["im_file"])
        # Box sides need more digits than the bfloat16 of the network's layers has.
        with torch.autocast("cpu", enabled=False):
            loss: tuple[Tensor, dict[str, Tensor]] = super().__call__(_in_float32(self.parse_output(preds)), batch)
        return loss

    def _known_bce(self, scores: Tensor, targets: Tensor) -> Tensor:
        loss: Tensor = self._bce(scores, targets) * self._known.to(scores)
        return loss


def known_classes(files: Sequence[str]) -> Tensor:
    """Return 1 where a class is labelled on a picture and 0 where not, `(pictures, 1, classes)`."""
    by_hand = torch.tensor([label in BY_HAND for label in LABELS])
    partial = torch.tensor([Path(file).stem.endswith(UNLABELLED) for file in files])
    return (~(partial[:, None, None] & by_hand)).float()


def _in_float32(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.float()
    if isinstance(value, dict):
        return {name: _in_float32(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_float32(item) for item in value]
    return value
