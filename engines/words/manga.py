"""manga-ocr's class of model through transformers, from a folder that the reader pulled: offline, data only.

A `VisionEncoderDecoderModel` (ViT, BERT) that reads a whole crop at once, Japanese in columns too. Its vocabulary of
letters is read as it lies in `vocab.txt`: decoding them needs no tokenizer, and so no dictionary of Japanese.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import ModelInvalid, ModelMissing
from engines.libraries import require_libraries
from engines.words.base import WordReader, Words
from models.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.geometry import Box

_FILES: Final = ("config.json", "preprocessor_config.json", "model.safetensors", "vocab.txt")
_LIBRARIES: Final = ("torch", "transformers", "safetensors")
_INSTALL: Final = "pip install 'irodori[diffusion]'"
_METHOD: Final = 1
_LIBRARIES_MIB: Final = 400
_LETTERS_MAX: Final = 300
_PIECE: Final = "##"
_DOTS: Final = re.compile("[・.]{2,}")


class MangaWordReader(WordReader):
    """The model is loaded at the first page."""

    def __init__(self, folder: Path) -> None:
        """Look whether the folder holds such a model.

        Raises:
            ModelMissing: a file of it is not there.
        """
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise ModelMissing(f"{folder} holds no {', '.join(missing)}", "Pull a model of manga-ocr's class.")
        self.id = "manga-ocr"
        # In float32, as the file is, and torch with transformers.
        self.memory_mib = _LIBRARIES_MIB + ((folder / "model.safetensors").stat().st_size >> 20)
        self.version = f"{_METHOD}-{file_digest(folder / 'model.safetensors')[:16]}"
        self._folder = folder
        self._model: Any = None
        self._eye: Any = None
        self._letters: list[str] = []

    def read(self, picture: NDArray[np.uint8], regions: Sequence[Box]) -> list[Words]:
        """Return one entry a region; how sure it is, is not known: 1 where something was read."""
        if self._model is None and regions:
            self._open()
        crops = [picture[one.top : one.bottom, one.left : one.right] for one in regions]
        return [self._words(crop) for crop in crops]

    def _words(self, crop: NDArray[np.uint8]) -> Words:
        import torch
        from PIL import Image

        # Grey, as it was taught.
        seen = Image.fromarray(np.ascontiguousarray(crop)).convert("L").convert("RGB")
        pixels = self._eye(seen, return_tensors="pt").pixel_values
        with torch.inference_mode():
            [numbers] = self._model.generate(pixels, max_new_tokens=_LETTERS_MAX, do_sample=False)
        text = tidy("".join(self._letter(int(number)) for number in numbers))
        return Words(text, 1.0 if text else 0.0)

    def _letter(self, number: int) -> str:
        letter = self._letters[number] if number < len(self._letters) else ""
        is_mark = letter.startswith("[") and letter.endswith("]") and len(letter) > 2
        return "" if is_mark else letter.removeprefix(_PIECE) if len(letter) > len(_PIECE) else letter

    def _open(self) -> None:
        require_libraries(_LIBRARIES, _INSTALL)
        from engines.torch_runtime import prepare_torch

        prepare_torch()
        import transformers

        try:
            self._letters = (self._folder / "vocab.txt").read_text("utf-8").splitlines()
            self._eye = transformers.AutoImageProcessor.from_pretrained(self._folder, local_files_only=True)
            model = transformers.VisionEncoderDecoderModel.from_pretrained(
                self._folder, local_files_only=True, use_safetensors=True
            )
        except Exception as exc:  # whatever a foreign file brings about
            raise ModelInvalid(f"{self._folder.name} cannot be loaded: {exc}", "Pull it again.") from exc
        self._model = model.eval()


def tidy(text: str) -> str:
    """Return read letters as one writes them: no blanks, full width made plain, runs of dots as dots."""
    plain = unicodedata.normalize("NFKC", "".join(text.split())).replace("…", "...")
    return _DOTS.sub(lambda dots: "." * len(dots.group()), plain)
