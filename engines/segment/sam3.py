"""SAM 3 through transformers, from a folder in the layout of `facebook/sam3`: offline, data only.

Places and boxes are asked of `Sam3TrackerModel`, words of `Sam3Model`; both lie in the same file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import ModelInvalid, ModelMissing
from engines.libraries import require_libraries
from engines.segment.base import Pointing, Segmenter
from engines.segment.pulled import FILES, LIBRARIES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.info import DeviceKind

INSTALL: Final = "pip install 'irodori[diffusion]'"
_KNOWN: Final = "Choose a folder of SAM 3, as facebook/sam3 lays it out."
_KINDS: Final = frozenset({"sam3_video", "sam3", "sam3_tracker"})
# Words name many things or none: those that it is surer of than not.
_SURE: Final = 0.5


class Sam3(Segmenter):
    """SAM 3; each of its two parts is loaded when it is first asked."""

    def __init__(self, folder: Path) -> None:
        """Look whether it can run.

        Raises:
            EngineUnavailable: a library is missing. ModelMissing: a file is. ModelInvalid: it is of another kind.
        """
        require_libraries(LIBRARIES, INSTALL)
        lacking = [name for name in FILES if not (folder / name).is_file()]
        if lacking:
            raise ModelMissing(f"{folder} lacks {', '.join(lacking)}", _KNOWN)
        self.name = folder.name
        # Its two parts share the file's largest: the network that sees.
        self.memory_mib = max(1, (folder / "model.safetensors").stat().st_size >> 20)
        self._folder = folder
        self._loaded: dict[str, tuple[Any, Any, DeviceKind]] = {}
        kind = self._kind()
        if kind not in _KINDS:
            raise ModelInvalid(f"{folder.name} is a {kind or 'nameless'} model", _KNOWN)

    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        """Ask it; what words name lies within what is pointed at, where both are given."""
        from engines.torch_runtime import torch_memory_mapped

        masks = []
        with torch_memory_mapped():
            if pointing.words:
                masks.append(self._named(rgb, pointing.words))
            if pointing.inside or pointing.box is not None:
                masks.append(self._pointed_at(rgb, pointing))
        return np.asarray(np.logical_and.reduce(masks)) if masks else np.zeros(rgb.shape[:2], np.bool_)

    def close(self) -> None:
        """Give its memory back; asked again it is loaded again."""
        from engines.torch_runtime import return_device_memory

        self._loaded.clear()
        return_device_memory()

    def _named(self, rgb: NDArray[np.uint8], words: str) -> NDArray[np.bool_]:
        import torch

        from engines.torch_runtime import attention_of

        model, processor, device = self._part("Sam3Model", "Sam3Processor")
        given = processor(images=rgb, text=words, return_tensors="pt").to(device)
        with torch.inference_mode(), attention_of("sam3", device):
            told = model(**given)
        (found,) = processor.post_process_instance_segmentation(
            told, threshold=_SURE, mask_threshold=_SURE, target_sizes=[rgb.shape[:2]]
        )
        masks = found["masks"].cpu().numpy().astype(np.bool_)
        return np.asarray(masks.any(axis=0)) if len(masks) else np.zeros(rgb.shape[:2], np.bool_)

    def _pointed_at(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        import torch

        model, processor, device = self._part("Sam3TrackerModel", "Sam3TrackerProcessor")
        asked: dict[str, Any] = {}
        places = [*pointing.inside, *pointing.outside]
        if places:
            asked["input_points"] = [[[list(map(float, one)) for one in places]]]
            asked["input_labels"] = [[[1] * len(pointing.inside) + [0] * len(pointing.outside)]]
        if pointing.box is not None:
            asked["input_boxes"] = [[list(map(float, pointing.box))]]
        given = processor(images=rgb, return_tensors="pt", **asked).to(device)
        # One place may mean a button, a coat or its wearer: of three answers the surest; more places mean one thing.
        several = len(places) == 1 and pointing.box is None
        with torch.inference_mode():
            told = model(**given, multimask_output=several)
        masks = processor.post_process_masks(told.pred_masks.cpu(), given["original_sizes"].cpu())[0]
        best = int(told.iou_scores[0, 0].argmax())
        return np.asarray(masks[0, best].numpy(), np.bool_)

    def _part(self, model: str, processor: str) -> tuple[Any, Any, DeviceKind]:
        if model not in self._loaded:
            self._loaded[model] = self._open(model, processor)
        return self._loaded[model]

    def _open(self, model: str, processor: str) -> tuple[Any, Any, DeviceKind]:
        from engines.torch_runtime import on_accelerator, prepare_torch

        prepare_torch()
        import transformers

        try:
            opened, report = getattr(transformers, model).from_pretrained(
                self._folder, local_files_only=True, use_safetensors=True, output_loading_info=True
            )
            reads = getattr(transformers, processor).from_pretrained(self._folder, local_files_only=True)
        except Exception as exc:  # whatever a foreign file brings about
            raise ModelInvalid(f"{self.name} cannot be loaded: {' '.join(str(exc).split())[:200]}", _KNOWN) from exc
        if report["missing_keys"]:
            raise ModelInvalid(f"{self.name} lacks {len(report['missing_keys'])} weights of {model}", _KNOWN)
        module, device = on_accelerator(opened)
        return module, reads, device

    def _kind(self) -> str:
        import json

        try:
            return str(json.loads((self._folder / "config.json").read_bytes()).get("model_type", ""))
        except (ValueError, AttributeError, OSError, RecursionError) as exc:
            raise ModelInvalid(f"{self.name}'s configuration cannot be read: {exc}", _KNOWN) from exc
