"""A Qwen-Image transformer by its tensors: whether a file is one, and how large a model it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engines.colorize.diffusion.tensor_shapes import count_blocks, sides_of
from models.store import WeightsInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.headers import TensorHeader

    Tensors = Mapping[str, TensorHeader]

_PREFIXES: Final = ("", "model.diffusion_model.", "diffusion_model.", "transformer.")
_MARKS: Final = ("transformer_blocks.0.img_mod.1.weight", "txt_norm.weight", "img_in.weight")
# A patch is two by two latents.
_PATCH: Final = 2
_ANEW: Final = "__index_timestep_zero__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """A transformer's measures; `joint` is the width of the text that it reads.

    zero_conditions: pictures that it is shown stand at the end of time (the release of 2511), whatever the step.
    """

    hidden: int
    joint: int
    head: int
    layers: int
    in_channels: int
    out_channels: int
    zero_conditions: bool = False

    def config(self) -> dict[str, object]:
        """Return the arguments of `QwenImageTransformer2DModel`."""
        time = self.head // 8
        return {
            "patch_size": _PATCH,
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "num_layers": self.layers,
            "attention_head_dim": self.head,
            "num_attention_heads": self.hidden // self.head,
            "joint_attention_dim": self.joint,
            "axes_dims_rope": [time, (self.head - time) // 2, (self.head - time) // 2],
            "zero_cond_t": self.zero_conditions,
        }


def prefix_of(tensors: Tensors) -> str | None:
    """Return what stands before the names of a Qwen-Image transformer in a file, None where the file holds none."""
    return next((one for one in _PREFIXES if {f"{one}{mark}" for mark in _MARKS} <= tensors.keys()), None)


def measure_transformer(tensors: Tensors) -> Transformer:
    """Return the measures of a transformer, names without their prefix.

    Raises:
        WeightsInvalid: it is another architecture's.
    """
    if any(mark not in tensors for mark in _MARKS):
        raise WeightsInvalid("this is no transformer of Qwen-Image")
    hidden, into = sides_of(tensors, "img_in.weight", 2)
    head = sides_of(tensors, "transformer_blocks.0.attn.norm_q.weight", 1)[0]
    if hidden % head or head % 8:
        raise WeightsInvalid(f"a width of {hidden} does not divide into heads of {head}")
    return Transformer(
        hidden=hidden,
        joint=sides_of(tensors, "txt_in.weight", 2)[1],
        head=head,
        layers=count_blocks(tensors, "transformer_blocks."),
        in_channels=into,
        out_channels=sides_of(tensors, "proj_out.weight", 2)[0] // _PATCH**2,
        zero_conditions=_ANEW in tensors,
    )
