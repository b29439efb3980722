"""A language model of Qwen's class in this process, through transformers, from a folder: offline, data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid
from engines.torch_runtime import on_accelerator, torch_memory_mapped
from engines.words.answers import tidy_answer
from engines.words.base import Enhancer
from engines.words.transformers_model import WEIGHTS, PulledModel, load_model, load_other

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = ("config.json", "tokenizer.json", "tokenizer_config.json", WEIGHTS)
_METHOD: Final = 1
_MEMORY_MIB: Final = 4000
_TOKENS_MAX: Final = 220


class CausalEnhancer(PulledModel, Enhancer):
    """Any class that `AutoModelForCausalLM` knows, with its chat template. Greedy: same wish, same words."""

    place = "transformers"

    def __init__(self, folder: Path, tokens_max: int = _TOKENS_MAX) -> None:
        """Look whether the folder holds such a model.

        Raises:
            ModelMissing: a file of it is not there.
        """
        super().__init__(folder, FILES, _MEMORY_MIB)
        self.version = f"{_METHOD}"
        self._tokens_max = tokens_max

    def enhance(self, system: str, wish: str, picture: bytes | None = None) -> str:
        """Ask the model; it sees no pictures."""
        del picture
        if self._model is None:
            model = load_model(self._folder, "AutoModelForCausalLM", dtype="auto")
            self._processor = load_other(self._folder, "AutoTokenizer")
            self._model, _ = on_accelerator(model)
        import torch

        messages = [{"role": "system", "content": system}, {"role": "user", "content": wish}]
        try:
            # Qwen 3 would think aloud first; templates that know no such word ignore it.
            given = self._processor.apply_chat_template(
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
        return tidy_answer(self._processor.decode(said[0, asked:], skip_special_tokens=True), self.id)
