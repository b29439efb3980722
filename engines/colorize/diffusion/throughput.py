"""What makes many pages quicker and gives the same bits: pictures that were encoded before are not encoded anew.

Of the caches of diffusers 0.42.1, which change the bits, one can be switched on for klein (`attention_cache`). MagCache
wants ratios that were measured on the weights; FirstBlockCache and FasterCache fail on FLUX.2.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from cachetools import LRUCache

if TYPE_CHECKING:
    import torch

# A chapter's references, the page at work and its crops.
_KEPT: Final = 16


class KnownLatents:
    """The latents of pictures that were encoded before, by the pictures' bytes; small tensors on their device."""

    def __init__(self) -> None:
        self._kept: LRUCache[bytes, torch.Tensor] = LRUCache(_KEPT)
        self.encoded = 0

    def attach(self, pipeline: Any) -> None:
        """Let a pipeline ask here first. What an autoencoder gives is its most likely latent: always the same."""
        encode = pipeline._encode_vae_image  # noqa: SLF001 - the one place where diffusers encodes references

        def known(image: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
            import torch

            raw = image.detach().to("cpu", torch.float32).contiguous().numpy()
            key = hashlib.sha256(raw.data).digest() + str((tuple(image.shape), image.dtype)).encode()
            if key not in self._kept:
                self.encoded += 1
                self._kept[key] = encode(image=image, generator=generator)
            return self._kept[key]

        pipeline._encode_vae_image = known  # noqa: SLF001

    def forget(self) -> None:
        """Encode all pictures anew from here on."""
        self._kept.clear()
