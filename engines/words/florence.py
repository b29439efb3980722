"""Captions by Florence-2 through transformers, from a folder that the reader pulled: offline, data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from engines.base import ModelInvalid
from engines.torch_runtime import on_accelerator, torch_memory_mapped
from engines.words.base import Captioner
from engines.words.transformers_model import WEIGHTS, PulledModel, load_model, load_other
from models.digests import file_digest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FILES: Final = ("config.json", "tokenizer.json", WEIGHTS)
TASK: Final = "<DETAILED_CAPTION>"
_METHOD: Final = 1
_MEMORY_MIB: Final = 1000
_TOKENS_MAX: Final = 96
_BEAMS: Final = 3


class FlorenceCaptioner(PulledModel, Captioner):
    """Says in a sentence or two what a picture shows; beams, no sampling: the same picture gives the same words."""

    def __init__(self, folder: Path, tokens_max: int = _TOKENS_MAX) -> None:
        """Look whether the folder holds such a model.

        Raises:
            ModelMissing: a file of it is not there.
        """
        super().__init__(folder, FILES, _MEMORY_MIB)
        self.version = f"{_METHOD}-{file_digest(folder / WEIGHTS)[:16]}"
        self._tokens_max = tokens_max
        self._device = "cpu"

    def caption(self, picture: NDArray[np.uint8]) -> str:
        """Ask for a detailed caption."""
        if self._model is None:
            model = load_model(self._folder, "Florence2ForConditionalGeneration", dtype="auto")
            self._processor = load_other(self._folder, "Florence2Processor")
            self._model, self._device = on_accelerator(model)
        import torch
        from PIL import Image

        seen = Image.fromarray(np.ascontiguousarray(picture))
        try:
            given = self._processor(text=TASK, images=seen, return_tensors="pt").to(self._device, self._model.dtype)
            with torch.inference_mode(), torch_memory_mapped():
                said = self._model.generate(**given, max_new_tokens=self._tokens_max, num_beams=_BEAMS, do_sample=False)
            text = self._processor.batch_decode(said, skip_special_tokens=False)[0]
            told = self._processor.post_process_generation(text=text, task=TASK, image_size=seen.size)
        except (ValueError, KeyError, TypeError) as exc:
            raise ModelInvalid(f"{self.id} gave no caption: {str(exc)[:200]}", "Pull it again.") from exc
        return " ".join(str(told[TASK]).replace("<pad>", "").split())
