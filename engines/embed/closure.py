"""Closure-Lite as one ONNX graph, as `training/closure` exports it: a page's panels as vectors, seen together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import ModelInvalid, ModelMissing
from engines.embed.panels import GEOMETRY, letters, panel_crop, panel_geometry
from engines.onnx_runtime import OnnxNetwork
from models.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.embed.panels import Bounds

ID: Final = "closure"
OUTPUTS: Final = ("panels", "page", "attention", "following")
_EXPORT: Final = "Export one: python -m training.closure export --resume CHECKPOINT --out FILE.onnx."


@dataclass(frozen=True, slots=True, eq=False)
class ClosurePage:
    """What the network makes of a page of n panels.

    panels: `(n, width)` float32. page: `(width,)`, pooled by attention. attention: `(n,)`, adds up to 1. following:
    `(n, n)` logits of which panel is read after each; -inf for itself.
    """

    panels: NDArray[np.float32]
    page: NDArray[np.float32]
    attention: NDArray[np.float32]
    following: NDArray[np.float32]

    def order(self) -> list[int]:
        """Return the panels in the order in which the network reads them: from the one that follows none, on and on."""
        count = len(self.attention)
        if count < 2:
            return list(range(count))
        odds = np.exp(self.following - self.following.max(axis=1, keepdims=True))
        odds /= odds.sum(axis=1, keepdims=True)
        at = int(odds.sum(axis=0).argmin())
        order = [at]
        while len(order) < count:
            rest = [one for one in range(count) if one not in order]
            at = max(rest, key=lambda one: (float(self.following[order[-1], one]), -one))
            order.append(at)
        return order


class ClosureNetwork:
    """A network from a file, opened at once."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            ModelMissing: there is no such file. ModelInvalid: it is another network. EngineUnavailable
        """
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise ModelMissing(f"{path} cannot be read", _EXPORT) from exc
        self._network = OnnxNetwork(content, path.name, _EXPORT)
        facts = self._network.metadata
        try:
            self._side, self._length = int(facts["vision_side_px"]), int(facts["text_length"])
            self.width = int(facts["width"])
        except (KeyError, ValueError) as exc:
            raise ModelInvalid(f"{path.name} is no Closure-Lite", _EXPORT) from exc
        self.version = file_digest(path)[:16]

    def read(self, page: NDArray[np.uint8], boxes: Sequence[Bounds], texts: Sequence[str]) -> ClosurePage:
        """Return a page as the network sees it.

        page: `(H, W, 3)` uint8 sRGB RGB. boxes: x, y, width, height of its panels in pixels, in any order; at least
        one. texts: what is written in each.
        """
        size = (page.shape[1], page.shape[0])
        crops = np.stack([panel_crop(page, box, self._side) for box in boxes]).transpose(0, 3, 1, 2)
        feeds: dict[str, Any] = {
            "crops": np.ascontiguousarray(crops, np.float32) / np.float32(127.5) - np.float32(1),
            "geometry": np.array([panel_geometry(box, size) for box in boxes], np.float32).reshape(-1, GEOMETRY),
            "tokens": np.stack([letters(text, self._length) for text in texts]),
        }
        panels, whole, attention, following = self._network.run(feeds, OUTPUTS)
        return ClosurePage(panels, whole, attention, following)
