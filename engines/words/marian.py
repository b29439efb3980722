"""Translation into English by Marian (OPUS-MT) through transformers; a model for each language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from engines.torch_runtime import torch_memory_mapped
from engines.words.base import Translator
from engines.words.transformers_model import LIBRARIES, WEIGHTS, PulledModel, load_model, load_other
from models.digests import file_digest

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = ("config.json", "source.spm", "target.spm", "vocab.json", WEIGHTS)
_METHOD: Final = 1
_MEMORY_MIB: Final = 400
_SENTENCE: Final = re.compile(r"[^。．.!?！？;；\n]+[。．.!?！？;；]*")


class MarianTranslator(PulledModel, Translator):
    """One sentence is one sequence; each has the length that the model was made for."""

    def __init__(self, folder: Path) -> None:
        """Look whether the folder holds such a model.

        Raises:
            ModelMissing: a file of it is not there.
        """
        super().__init__(folder, FILES, _MEMORY_MIB)
        self.version = f"{_METHOD}-{file_digest(folder / WEIGHTS)[:16]}"

    def translate(self, text: str) -> str:
        """Return the text in English, sentence by sentence."""
        sentences = [one.strip() for one in _SENTENCE.findall(text) if one.strip()]
        if not sentences:
            return text
        if self._model is None:
            model = load_model(self._folder, "MarianMTModel", (*LIBRARIES, "sentencepiece", "sacremoses"))
            self._processor = load_other(self._folder, "MarianTokenizer")
            self._model = model
        import torch

        given = self._processor(sentences, return_tensors="pt", padding=True, truncation=True)
        with torch.inference_mode(), torch_memory_mapped():
            said = self._model.generate(**given)
        return " ".join(one.strip() for one in self._processor.batch_decode(said, skip_special_tokens=True))
