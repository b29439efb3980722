"""The tower for words of a CLIP or SigLIP that was saved whole: texts, comparable with pictures. Offline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import ModelInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_TOKENIZERS: Final = ("tokenizer.json", "vocab.json", "spiece.model")


class WordTower:
    """Loaded at the first text. family: `clip` or `siglip`."""

    def __init__(self, folder: Path, family: str) -> None:
        self._folder, self._family = folder, family
        self._tower: Any = None
        self._tokenizer: Any = None

    @property
    def is_there(self) -> bool:
        """Whether the folder holds such a tower and its tokenizer."""
        try:
            config = json.loads((self._folder / "config.json").read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return "text_config" in config and any((self._folder / name).is_file() for name in _TOKENIZERS)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return `(n, width)` float32, each row of length 1.

        Raises:
            ModelInvalid: it cannot be loaded.
        """
        import torch

        if self._tower is None:
            self._open()
        length = int(self._tower.config.max_position_embeddings)
        tokens = self._tokenizer(
            list(texts), padding="max_length", truncation=True, max_length=length, return_tensors="pt"
        )
        given = {"input_ids": tokens["input_ids"]}
        if self._family == "clip":  # SigLIP was taught without a mask
            given["attention_mask"] = tokens["attention_mask"]
        with torch.inference_mode():
            output = self._tower(**given)
        found = output.text_embeds if self._family == "clip" else output.pooler_output
        vectors = np.asarray(found.float().numpy(), np.float32)
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)

    def _open(self) -> None:
        from engines.torch_runtime import prepare_torch

        prepare_torch()
        import transformers

        kinds: dict[str, Any] = {
            "clip": transformers.CLIPTextModelWithProjection,
            "siglip": transformers.SiglipTextModel,
        }
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
            config = transformers.AutoConfig.from_pretrained(self._folder, local_files_only=True)
            if self._family == "clip":  # the whole model's size counts, which its tower for words may not know
                config.text_config.projection_dim = config.projection_dim
            tower = kinds[self._family].from_pretrained(
                self._folder, config=config.text_config, local_files_only=True, use_safetensors=True
            )
        except Exception as exc:  # whatever a foreign file brings about
            raise ModelInvalid(f"{self._folder.name}'s words cannot be loaded: {exc}", "Pull it again.") from exc
        self._tower = tower.eval()
