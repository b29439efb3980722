"""A language model of Qwen's class in this process, through transformers, from a folder: offline, data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.torch_runtime import on_accelerator, torch_memory_mapped
from engines.words.answers import tidy_answer
from engines.words.base import Enhancer
from engines.words.transformers_model import WEIGHTS, load_model, load_other, require_files
from models.catalog import load_catalog

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = ("config.json", "tokenizer.json", "tokenizer_config.json", WEIGHTS)
_METHOD: Final = 1
_MEMORY_MIB: Final = 4000
_TOKENS_MAX: Final = 220


class CausalEnhancer(Enhancer):
    """Any class that `AutoModelForCausalLM` knows, with its chat template. Greedy: same wish, same words."""

    place = "transformers"

    def __init__(self, folder: Path, tokens_max: int = _TOKENS_MAX) -> None:
        """Look whether the folder holds such a model.

        Raises:
            ModelMissing: a file of it is not there.
        """
        require_files(folder, FILES)
        card = load_catalog().get(folder.name)
        self.id = folder.name
        self.version = f"{_METHOD}"
        self.memory_mib = card.memory_mib if card is not None else _MEMORY_MIB
        self._folder, self._tokens_max = folder, tokens_max
        self._model: Any = None
        self._tokenizer: Any = None

    def enhance(self, system: str, wish: str, picture: bytes | None = None) -> str:
        """Ask the model; it sees no pictures."""
        del picture
        if self._model is None:
            model = load_model(self._folder, "AutoModelForCausalLM", dtype="auto")
            self._tokenizer = load_other(self._folder, "AutoTokenizer")
            self._model, _ = on_accelerator(model)
        import torch

        messages = [{"role": "system", "content": system}, {"role": "user", "content": wish}]
        try:
            # Qwen 3 would think aloud first; templates that know no such word ignore it.
            given = self._tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt",
                enable_thinking=False,
            ).to(self._model.device)  # fmt: skip
        except (ValueError, TypeError) as exc:
            raise ModelInvalid(f"{self.id} has no chat template", "Choose an instruct model.") from exc
        asked = int(given["input_ids"].shape[1])
        with torch.inference_mode(), torch_memory_mapped():
            said = self._model.generate(
                **given, max_new_tokens=self._tokens_max, do_sample=False, temperature=None, top_p=None, top_k=None
            )
        return tidy_answer(self._tokenizer.decode(said[0, asked:], skip_special_tokens=True), self.id)

    def unload(self) -> None:
        """Let go of the model."""
        self._model = self._tokenizer = None
