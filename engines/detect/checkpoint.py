"""The door to ultralytics: quiet, offline, and never running code that a checkpoint brings."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import EngineUnavailable, ModelInvalid
from engines.cores import thread_count
from engines.detect.labels import EXPECTED, NetworkFacts, labels_of
from engines.geometry import Size

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

INSTALL: Final = (
    "pip install torch, then pip install --no-deps ultralytics torchvision, of versions that fit each other"
)
_LIBRARIES: Final = ("torch", "torchvision", "ultralytics")
# Services that ultralytics reports a training to where their packages happen to be installed.
_TRACKERS: Final = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
_kept: list[tempfile.TemporaryDirectory[str]] = []


@cache
def prepare_ultralytics() -> None:
    """Import ultralytics for the first time; a second call does nothing.

    It leaves Pillow as it was, asks no server, reports nothing, installs nothing, writes nothing to stdout (the host's
    stdout is a wire), keeps its settings in a folder that goes away, and opens checkpoints as data only.

    Raises:
        EngineUnavailable: a library is missing.
    """
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise EngineUnavailable(
            f"{', '.join(missing)} is not installed", INSTALL, told=("not_installed", ", ".join(missing), INSTALL)
        )
    folder = tempfile.TemporaryDirectory(prefix="irodori-ultralytics-")
    _kept.append(folder)
    os.environ.update(
        YOLO_OFFLINE="1",
        YOLO_AUTOINSTALL="0",
        YOLO_VERBOSE="0",
        YOLO_CONFIG_DIR=folder.name,
        ULTRALYTICS_SAFE_LOAD="1",
    )
    from engines.torch_runtime import mend_torchvision

    mend_torchvision()
    import ultralytics
    from PIL import Image
    from ultralytics.nn import tasks
    from ultralytics.utils import patches

    # It puts a function in the place of Pillow's that would install a package for a file that is no picture.
    opens: Any = patches
    Image.open = opens._image_open  # noqa: SLF001
    # The switch is read when ultralytics is imported, which somebody else may have done already.
    switched: Any = tasks
    switched.SAFE_LOAD = True
    settings: Any = ultralytics.settings
    folders = {f"{name}_dir": f"{folder.name}/{name}" for name in ("datasets", "weights", "runs")}
    settings.update({"sync": False, **folders, **dict.fromkeys(_TRACKERS, False)})


class CheckpointNetwork:
    """A reader's own `.pt`, run by torch on the processor."""

    def __init__(self, path: Path) -> None:
        """Open it as data only.

        Raises:
            ModelInvalid: it is no YOLO detector, or it holds code. EngineUnavailable: ultralytics is not installed.
        """
        prepare_ultralytics()
        import torch
        from ultralytics.nn import tasks

        load: Any = tasks.torch_safe_load
        try:
            content, _ = load(path, safe_only=True)
            network = content.get("ema") or content["model"]
        except Exception as exc:  # whatever a foreign file brings about
            raise ModelInvalid(
                f"{path.name} could not be opened as data only: {exc}", f"Choose {EXPECTED}.", told=("own_detector",)
            ) from exc
        kind: type[Any] = tasks.DetectionModel
        if not isinstance(network, kind):
            raise ModelInvalid(f"{path.name} is no YOLO detector", f"Choose {EXPECTED}.", told=("own_detector",))
        torch.set_num_threads(thread_count())
        self._network: Any = network.float().eval()
        names: Any = self._network.names
        channels = int(self._network.yaml.get("channels", 3))
        labels = labels_of({int(index): str(name) for index, name in names.items()})
        self.facts = NetworkFacts(labels, Size(640, 640), channels=channels)

    def run(self, picture: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what it proposes."""
        import torch

        with torch.inference_mode():
            result = self._network(torch.from_numpy(picture))
        proposals = result[0] if isinstance(result, (tuple, list)) else result
        return np.asarray(proposals, np.float32)
