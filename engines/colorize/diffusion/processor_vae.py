"""An autoencoder that stays on the processor in float32, whatever device the rest of a pipeline is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def keep_on_processor(vae: Any, device: torch.device) -> None:
    """Let an autoencoder of diffusers take pictures and latents from `device` and give them back there.

    To a pipeline it looks as if it were on the device: pipelines ask their parts where they are.
    """
    import torch

    kind = type(vae)

    class OnProcessor(kind):  # type: ignore[misc, valid-type]
        @property
        def device(self) -> torch.device:
            return device

        def to(self, *_: Any, **__: Any) -> Any:
            return self

        def encode(self, x: torch.Tensor, *args: Any, **more: Any) -> Any:
            out = super().encode(x.to("cpu", torch.float32), *args, **more)
            spread = out.latent_dist
            out.latent_dist = type(spread)(spread.parameters.to(x.device, x.dtype))
            return out

        def decode(self, z: torch.Tensor, *args: Any, **more: Any) -> Any:
            out = super().decode(z.to("cpu", torch.float32), *args, **more)
            if isinstance(out, tuple):
                return tuple(one.to(z.device, z.dtype) for one in out)
            out.sample = out.sample.to(z.device, z.dtype)
            return out

    kind.to(vae, "cpu", torch.float32)
    vae.__class__ = OnProcessor
