"""A vision-language model of transformers in this process (Gemma 3, Qwen-VL, LLaVA, …), from a folder: offline.

Any class that `AutoModelForImageTextToText` knows, with its processor and chat template beside it.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any, Final

from engines.libraries import missing_libraries
from engines.vlm.base import Answer, ModelFault, VisionLanguageModel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LIBRARIES: Final = ("torch", "transformers", "safetensors")
_INSTALL: Final = "pip install 'irodori[diffusion]'"
_PULL: Final = "Name a folder with config.json, model.safetensors, the processor's files and a chat template."


class TransformersModel(VisionLanguageModel):
    """One question at a time; the model is loaded at the first. Greedy: the same picture gives the same words."""

    def __init__(self, folder: Path, tokens_max: int = 4096) -> None:
        """Look whether it can run.

        Raises:
            ModelFault: a library or the folder is missing.
        """
        missing = missing_libraries(_LIBRARIES)
        if missing:
            raise ModelFault(f"{', '.join(missing)} is not installed.", _INSTALL, kind="all")
        if not (folder / "config.json").is_file():
            raise ModelFault(f"{folder} holds no config.json.", _PULL, kind="all")
        self.name, self.place, self.at_once = folder.name, "transformers", 1
        self._folder, self._tokens_max = folder, tokens_max
        self._lock = threading.Lock()
        self._model: Any = None
        self._processor: Any = None

    def ask(self, picture: bytes | None, question: str, schema: Mapping[str, Any]) -> Answer:
        """Ask the model; the schema stands in the question."""
        del schema
        from PIL import Image

        with self._lock:
            if self._model is None:
                self._open()
            parts: list[dict[str, Any]] = [{"type": "text", "text": question}]
            if picture is not None:
                parts.insert(0, {"type": "image", "image": Image.open(io.BytesIO(picture)).convert("RGB")})
            try:
                return self._generated([{"role": "user", "content": parts}])
            except (RuntimeError, ValueError, MemoryError) as exc:
                words = f"The model failed ({type(exc).__name__}: {str(exc)[:200]})."
                raise ModelFault(words, "Choose a smaller model.", kind="picture") from exc

    def _generated(self, messages: list[dict[str, Any]]) -> Answer:
        import torch

        given = self._processor.apply_chat_template(
            messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        given = given.to(self._model.device)
        asked = int(given["input_ids"].shape[1])
        with torch.inference_mode():
            out = self._model.generate(**given, max_new_tokens=self._tokens_max, do_sample=False)
        said = out[:, asked:]
        text = self._processor.batch_decode(said, skip_special_tokens=True)[0]
        told = int(said.shape[1])
        return Answer(text=text, is_cut=told >= self._tokens_max, prompt_tokens=asked, completion_tokens=told)

    def _open(self) -> None:
        from engines.torch_runtime import on_accelerator, prepare_torch

        prepare_torch()
        import transformers

        try:
            self._processor = transformers.AutoProcessor.from_pretrained(self._folder, local_files_only=True)
            model = transformers.AutoModelForImageTextToText.from_pretrained(
                self._folder, local_files_only=True, use_safetensors=True, dtype="auto"
            )
        except Exception as exc:  # whatever a foreign file brings about
            raise ModelFault(f"{self._folder.name} cannot be loaded: {str(exc)[:300]}", _PULL, kind="all") from exc
        self._model, _ = on_accelerator(model)
