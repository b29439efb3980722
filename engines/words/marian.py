"""Translation into English by Marian (OPUS-MT) through transformers; a model for each language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from engines.torch_runtime import torch_memory_mapped
from engines.words.base import Translator
from engines.words.transformers_model import LIBRARIES, WEIGHTS, load_model, load_other, require_files
from models.catalog import load_catalog
from models.digests import file_digest

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = ("config.json", "source.spm", "target.spm", "vocab.json", WEIGHTS)
_METHOD: Final = 1
_MEMORY_MIB: Final = 400
_SENTENCE: Final = re.compile(r"[^。．.!?！？;；\n]+[。．.!?！？;；]*")


class MarianTranslator(Translator):
    """One sentence is one sequence; each has the length that the model was made for."""

    def __init__(self, folder: Path) -> None:
        """Look whether the folder holds such a model.

        Raises:
            ModelMissing: a file of it is not there.
        """
        require_files(folder, FILES)
        card = load_catalog().get(folder.name)
        self.id = folder.name
        self.version = f"{_METHOD}-{file_digest(folder / WEIGHTS)[:16]}"
        self.memory_mib = card.memory_mib if card is not None else _MEMORY_MIB
        self._folder = folder
        self._model: Any = None
        self._tokenizer: Any = None

    def translate(self, text: str) -> str:
        """Return the text in English, sentence by sentence."""
        sentences = [one.strip() for one in _SENTENCE.findall(text) if one.strip()]
        if not sentences:
            return text
        if self._model is None:
            model = load_model(self._folder, "MarianMTModel", (*LIBRARIES, "sentencepiece", "sacremoses"))
            self._tokenizer = load_other(self._folder, "MarianTokenizer")
            self._model = model
        import torch

        given = self._tokenizer(sentences, return_tensors="pt", padding=True, truncation=True)
        with torch.inference_mode(), torch_memory_mapped():
            said = self._model.generate(**given)
        return " ".join(one.strip() for one in self._tokenizer.batch_decode(said, skip_special_tokens=True))

    def unload(self) -> None:
        """Let go of the model."""
        self._model = self._tokenizer = None
