"""Networks in integers of 8 bits: whether this processor adds them up exactly, and which form of a network is run.

An integer form takes a third to a half of the processor's time. x86 processors with VNNI and Arm ones sum its products
in 32 bits; older x86 ones sum pairs of them in 16, which overflow silently, so the float form is run there
(https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html). `training/quantize.py` makes the forms.
"""

from __future__ import annotations

import base64
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

import numpy as np

from engines.base import EngineError
from engines.onnx_runtime import OnnxNetwork
from models.store import WeightsMissing, weights_path

if TYPE_CHECKING:
    from pathlib import Path

    from models.catalog import ModelCard, ModelFile

# One `MatMulInteger` of uint8 `a` and int8 `b`; `tests/engines/test_int8.py` makes the same bytes.
_PRODUCT: Final = base64.b64decode(
    "CAg6UwoYCgFhCgFiEgF5Ig1NYXRNdWxJbnRlZ2VyEgRzdW1zWg8KAWESCgoICAISBAoACgBaDwoBYhIKCggIAxIECgAKAGIPCgF5EgoKCAgG"
    "EgQKAAoAQgQKABAN"
)
_ROWS, _TERMS, _COLUMNS = 16, 64, 32
_MOST, _MOST_SIGNED = 255, 127


def int8_name(name: str) -> str:
    """Return the name of a network's integer form: `pages.onnx` has `pages.int8.onnx`."""
    path = PurePath(name)
    return f"{path.stem}.int8{path.suffix}"


def form_to_run(card: ModelCard, name: str, folder: Path) -> ModelFile:
    """Return the file of a network to open: its integer form where that lies in `folder` and is exact, else itself.

    Raises:
        KeyError: the card has no file `name`.
    """
    exact = card.file(name)
    try:
        form = card.file(int8_name(name))
        weights_path(form, folder)
    except (KeyError, WeightsMissing):
        return exact
    return form if sums_are_exact() else exact


@cache
def sums_are_exact() -> bool:
    """Multiply the largest numbers of 8 bits with ONNX Runtime and say whether their sum is right."""
    factors = np.full((_ROWS, _TERMS), _MOST, np.uint8), np.full((_TERMS, _COLUMNS), _MOST_SIGNED, np.int8)
    try:
        sums = OnnxNetwork(_PRODUCT, "a product", "").run(dict(zip("ab", factors, strict=True)))[0]
    except EngineError:
        return False
    return bool((sums == _TERMS * _MOST * _MOST_SIGNED).all())
