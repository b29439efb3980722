"""A text encoder whose matrices lie in 8 bits, a scale for each row, whatever its file had; words stay as they are.

Of the largest part beside the transformer half the memory is left; it works once a prompt, so that turning each matrix
back as it is needed costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def put_in_eight_bits(model: Any, dtype: torch.dtype) -> None:
    """Put all linear layers of a model into 8 bits, one after the other. dtype: what they compute in."""
    from accelerate import init_empty_weights
    from diffusers.quantizers.bfl.utils import BFLFP8RLinear, quantize_fp8r
    from torch import nn

    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if type(layer) is not nn.Linear:
                continue
            has_bias = layer.bias is not None
            with init_empty_weights():
                small = BFLFP8RLinear(layer.in_features, layer.out_features, has_bias, compute_dtype=dtype)
            weight, small.weight_scale = quantize_fp8r(layer.weight.data)
            small.weight = nn.Parameter(weight, requires_grad=False)
            small.bias = layer.bias
            setattr(parent, name, small)
