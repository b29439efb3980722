"""What the text encoder makes of prompts, kept: the pages of a chapter share most of theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache

if TYPE_CHECKING:
    import torch

_KEPT: Final = 16


class PromptCache:
    """The embeddings of the last prompts, `(1, 512, joint)` each, on the device that computed them."""

    def __init__(self) -> None:
        self._embeds: LRUCache[str, torch.Tensor] = LRUCache(_KEPT)

    def embeds(self, pipeline: Any, prompt: str) -> torch.Tensor:
        """Return a prompt's embeddings, encoded at the first time.

        Always 512 tokens: no mask reaches the transformer, so another length would be another picture.
        """
        import torch

        if prompt not in self._embeds:
            with torch.no_grad():
                # The encoder may lie in fewer bits than the transformer computes in.
                self._embeds[prompt] = pipeline.encode_prompt(prompt)[0].to(
                    pipeline.transformer.x_embedder.weight.dtype
                )
        return self._embeds[prompt]
