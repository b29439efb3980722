"""Figures told from their ground by a network: alpha, for cut-outs with soft edges.

Any ONNX file does that takes one picture `(1, 3, S, S)` of 0..1, letterboxed in black, and gives `(1, 1, S, S)` alpha
of 0..1: what SkyTNT's anime-segmentation (ISNet, `isnetis.onnx`) takes and gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from engines.base import ModelInvalid, ModelMissing
from engines.onnx_runtime import OnnxNetwork

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MODEL_ID: Final = "anime-matting"
FILE_NAME: Final = "isnetis.onnx"
_KNOWN: Final = f"Choose an ONNX file that gives alpha, such as {FILE_NAME} (irodori models pull {MODEL_ID})."
_SIDE_PX: Final = 1024
_CHANNELS: Final = 3


class Matting:
    """A matting network. Same picture, same weights: same alpha."""

    def __init__(self, path: Path) -> None:
        """Open a network's file.

        Raises:
            ModelMissing: it is not there. ModelInvalid: it is no such network. EngineUnavailable
        """
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise ModelMissing(f"{path.name} cannot be read: {exc.strerror}", _KNOWN) from exc
        self.name = path.name
        self._network = OnnxNetwork(content, path.name, _KNOWN)
        shapes = list(self._network.inputs.values())
        if (
            len(shapes) != 1
            or len(shapes[0]) != 4
            or shapes[0][1] not in (_CHANNELS, None)
            or isinstance(shapes[0][1], str)
        ):
            raise ModelInvalid(f"{self.name} does not take one picture", _KNOWN)
        (self._input,) = self._network.inputs
        height, width = (side if isinstance(side, int) and side > 0 else _SIDE_PX for side in shapes[0][2:])
        self._height, self._width = height, width

    def alpha(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return how much of each pixel of an `(h, w, 3)` uint8 picture is figure, `(h, w)` float32 of 0..1.

        Raises:
            ModelInvalid: the network fails or gives something else. EngineOutOfMemory
        """
        height, width = rgb.shape[:2]
        scale = min(self._height / height, self._width / width)
        inner = max(1, round(scale * height)), max(1, round(scale * width))
        top, left = (self._height - inner[0]) // 2, (self._width - inner[1]) // 2
        view = slice(top, top + inner[0]), slice(left, left + inner[1])
        letterbox = np.zeros((self._height, self._width, _CHANNELS), np.float32)
        resized = cv2.resize(np.ascontiguousarray(rgb), inner[::-1], interpolation=cv2.INTER_AREA)
        letterbox[view] = resized.astype(np.float32) / np.float32(255)
        told = self._network.run({self._input: np.ascontiguousarray(letterbox.transpose(2, 0, 1)[None])})[0]
        if told.shape[-2:] != (self._height, self._width) or told.size != self._height * self._width:
            raise ModelInvalid(f"{self.name} gives {told.shape}, no alpha", _KNOWN)
        small = np.clip(told.reshape(self._height, self._width)[view], 0, 1).astype(np.float32)
        return np.asarray(np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1), np.float32)
