"""What a LoRA's layer does to a matrix, its alpha worked in: two thin factors, or those of a Kronecker product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.lora_layers import LoraLayer

# A LoHa of rank r is a LoRA of rank r squared; beyond this it would take more memory than it is worth.
_LOHA_RANK_MAX: Final = 32


def pair(layer: LoraLayer, tensors: Mapping[str, Any], alpha: float | None = None) -> tuple[Any, Any]:
    """Return down `(rank, into)` and up `(out, rank)` of a LoRA or LoHa.

    alpha: what stands beside the file, for layers that carry none; None: the layer acts as it is.

    Raises:
        ModelInvalid: a LoHa of too high a rank.
    """
    within = tensors.get(layer.slots.get("alpha", ""))
    alpha = float(within) if within is not None else alpha
    scale = 1.0 if alpha is None else alpha / layer.rank
    if layer.kind == "loha":
        return _from_loha(layer, tensors, scale)
    down, up = (tensors[layer.slots[slot]] for slot in ("A", "B"))
    if down.ndim == 4:
        down, up = down[:, :, 0, 0], up[:, :, 0, 0]
    return down, up if scale == 1.0 else up * scale


def _from_loha(layer: LoraLayer, tensors: Mapping[str, Any], scale: float) -> tuple[Any, Any]:
    """Return the factors of (a1 b1) * (a2 b2), element by element: each rank of one with each of the other."""
    import torch

    if layer.rank > _LOHA_RANK_MAX:
        raise ModelInvalid(
            f"{layer.place} is a LoHa of rank {layer.rank}; up to {_LOHA_RANK_MAX} are applied", "Choose a LoRA."
        )
    a1, b1, a2, b2 = (tensors[layer.slots[f"hada_{name}"]].float() for name in ("w1_a", "w1_b", "w2_a", "w2_b"))
    up = torch.einsum("oi,oj->oij", a1, a2).reshape(a1.shape[0], -1)
    down = torch.einsum("ik,jk->ijk", b1, b2).reshape(-1, b1.shape[1])
    dtype = tensors[layer.slots["hada_w1_a"]].dtype
    return down.to(dtype), (up * scale).to(dtype)


def kronecker(layer: LoraLayer, tensors: Mapping[str, Any], swapped: bool) -> dict[str, Any]:
    """Return the factors of a LoKr by their names, the alpha in the left one; alpha counts where one is taken apart.

    Raises:
        ModelInvalid: halves that have to change places do not lie at a factor's border.
    """
    import torch

    factors = {slot: tensors[name] for slot, name in layer.slots.items() if slot != "alpha"}
    left = "lokr_w1" if "lokr_w1" in factors else "lokr_w1_a"
    apart = factors.get("lokr_w2_b", factors.get("lokr_w1_b"))
    alpha = tensors.get(layer.slots.get("alpha", ""))
    if alpha is not None and apart is not None:
        factors[left] = factors[left] * (float(alpha) / apart.shape[0])
    if swapped:
        if factors[left].shape[0] % 2:
            raise ModelInvalid(f"{layer.place} cannot be taken apart into its halves", "Choose a LoRA.")
        factors[left] = torch.cat(factors[left].chunk(2)[::-1])
    return factors
