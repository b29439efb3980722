"""The trained detector as one ONNX file that says how it is to be used."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

from engines.detect.checkpoint import prepare_ultralytics
from training.compact.export import halve_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.detect.base import Label
    from training.pages.config import Config

WEIGHTS_FILE = "pages-detector.onnx"
# What ultralytics writes about itself and the day; without it the same weights give the same file.
_DROPPED = frozenset({"date", "args", "description", "author", "docs", "version", "license"})
_log = logging.getLogger(__name__)


def export(checkpoint: Path, out: Path, config: Config, thresholds: Mapping[Label, float]) -> Path:
    """Write `pages-detector.onnx` into the folder `out`: inputs of any size, weights stored as float16.

    thresholds: the least score 0..1 of a label; they travel in the file.

    Raises:
        OSError: the checkpoint is missing or `out` cannot be written.
    """
    if not checkpoint.is_file():
        raise FileNotFoundError(checkpoint)
    prepare_ultralytics()
    import ultralytics

    yolo: Any = ultralytics
    out.mkdir(parents=True, exist_ok=True)
    target = out / WEIGHTS_FILE
    size = [config.data.height_px, config.data.width_px]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(checkpoint, Path(folder) / "detector.pt"))
        made = yolo.YOLO(str(copy), task="detect").export(
            format="onnx", imgsz=size, dynamic=True, simplify=False, device="cpu"
        )
        shutil.copy(made, target)
    halve_weights(target)
    model = onnx.load(str(target))
    kept = {item.key: item.value for item in model.metadata_props if item.key not in _DROPPED}
    kept |= {"imgsz": str(size), "thresholds": json.dumps({key: round(value, 3) for key, value in thresholds.items()})}
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, dict(sorted(kept.items())))
    onnx.save(model, str(target))
    _log.info("%s: %d bytes", target.name, target.stat().st_size)
    return target
