"""LoRAs on FLUX.2's transformer: every layer of a file is brought under diffusers' names and compared with the model.

Layouts: diffusers, PEFT with any prefix or none, ai-toolkit (Black Forest Labs' names), kohya and musubi; LoHa becomes
the LoRA of higher rank that it is; LoKr is loaded as such. A file with a layer that is not this model's is refused.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any, Final

from engines.base import ModelInvalid
from engines.colorize.diffusion.applied_loras import FITTING, AppliedLoras, opened_lora
from engines.colorize.diffusion.lora_matrices import kronecker, pair
from models.flux2_layers import flux2_layer
from models.lora_family import lora_family

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.base import LoraUse
    from models.flux2_layers import Flux2Layer
    from models.lora_layers import LoraFile, LoraLayer

_PREFIX: Final = "transformer."
_FUSED: Final = {"attn.to_q": "attn.to_qkv", "attn.add_q_proj": "attn.to_added_qkv"}
_UNFUSED: Final = ("to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj")


def flux2_loras() -> AppliedLoras:
    """Return none, for a FLUX.2 pipeline."""
    return AppliedLoras(_Flux2LoraLoader())


class _Flux2LoraLoader:
    """Reads and puts on LoRAs of a `Flux2Transformer2DModel`."""

    def read(self, pipeline: Any, lora: LoraUse) -> dict[str, Any]:
        """Return a LoRA under diffusers' names, its alphas worked in."""
        file, header, tensors = opened_lora(lora)
        if file.text:
            raise ModelInvalid(
                f"{lora.name} would be applied in part: it also changes a text encoder ({len(file.text)} layers)",
                FITTING,
                told=("lora_unfit", lora.name),
            )
        kinds = {one.kind for one in file.network}
        if "lokr" in kinds and len(kinds) > 1:
            raise ModelInvalid(
                f"{lora.name} mixes LoKr with other layers, which are not applied together",
                FITTING,
                told=("lora_unfit", lora.name),
            )
        places = _places(pipeline.transformer, file, header.metadata, lora.name)
        alphas = _alphas_beside(header.metadata.get("lora_adapter_metadata", ""))
        out: dict[str, Any] = {}
        for one, known in places:
            out |= _converted(one, known, tensors, alphas)
        return out

    def attach(self, pipeline: Any, tensors: dict[str, Any], adapter: str) -> None:
        """Load a LoRA and see that every matrix of it arrived."""
        with warnings.catch_warnings():
            # A second LoRA is meant.
            warnings.filterwarnings("ignore", message="Already found a `peft_config`")
            pipeline.load_lora_weights(tensors, adapter_name=adapter)
        transformer = pipeline.transformer
        arrived = set()
        for name, parameter in transformer.named_parameters():
            place, found, end = name.partition(f".{adapter}")
            if not found or (end and not end.startswith(".")):
                continue
            arrived.add(f"{_PREFIX}{place}{end}")
            # Under weights kept at 8 bits peft makes its own of 8 bits, too, and cannot count with them.
            if parameter.dtype.itemsize == 1:
                parameter.data = tensors[f"{_PREFIX}{place}{end}"].to(parameter.device, _compute_dtype(transformer))
        _require_worn(transformer, set(tensors), arrived)

    def detach(self, pipeline: Any) -> None:
        """Take all LoRAs off, and part what a LoKr had joined."""
        pipeline.unload_lora_weights()
        for module in pipeline.transformer.modules():
            if getattr(module, "fused_projections", False) and hasattr(module, "to_qkv"):
                module.unfuse_projections()


def _places(
    transformer: Any, file: LoraFile, metadata: Mapping[str, str], name: str
) -> list[tuple[LoraLayer, Flux2Layer]]:
    """Return every layer with its place in this transformer; refuse the file where one has none or of other widths."""
    modules, found = dict(transformer.named_modules()), []
    for one in file.network:
        known = flux2_layer(one.place)
        there: list[Any] = [modules.get(part) for part in known.names] if known else [None]
        if known is None or any(module is None for module in there):
            strange = [layer for layer in file.network if not _is_here(layer, modules)]
            made_for = lora_family(file, metadata).label
            raise ModelInvalid(
                f"{name} is {made_for}, not for this model: {one.place} is no layer of it "
                f"({len(strange)} of {len(file.network)} layers match nothing, it would be applied in part)",
                FITTING,
                told=("lora_unfit", name),
            )
        ours = there[0].in_features, sum(module.out_features for module in there)
        if (one.into, one.out) != ours:
            raise ModelInvalid(
                f"{name} is made for another size of model: {one.place} leads from {ours[0]} to {ours[1]} here "
                f"and from {one.into} to {one.out} there",
                FITTING,
                told=("lora_unfit", name),
            )
        found.append((one, known))
    return found


def _is_here(layer: LoraLayer, modules: Mapping[str, Any]) -> bool:
    known = flux2_layer(layer.place)
    return known is not None and all(part in modules for part in known.names)


def _converted(
    layer: LoraLayer, known: Flux2Layer, tensors: Mapping[str, Any], alphas: Mapping[str, float]
) -> dict[str, Any]:
    import torch

    if layer.kind == "lokr":
        name = known.names[0]
        for split, fused in _FUSED.items() if len(known.names) > 1 else ():
            name = name.replace(split, fused)
        return {f"{_PREFIX}{name}.{slot}": value for slot, value in kronecker(layer, tensors, known.swapped).items()}
    down, up = pair(layer, tensors, alphas.get(known.names[0], alphas.get("")))
    if known.swapped:
        up = torch.cat(up.chunk(2)[::-1])
    out = {}
    for name, rows in zip(known.names, up.chunk(len(known.names)), strict=True):
        out[f"{_PREFIX}{name}.lora_A.weight"] = down
        out[f"{_PREFIX}{name}.lora_B.weight"] = rows.contiguous()
    return out


def _alphas_beside(metadata: str) -> dict[str, float]:
    """Return the alphas that diffusers writes beside the tensors, by layer, under `""` for all others."""
    try:
        facts = json.loads(metadata) if metadata else {}
        whole = {"": float(facts[f"{_PREFIX}lora_alpha"])}
        return whole | {str(key): float(value) for key, value in facts.get(f"{_PREFIX}alpha_pattern", {}).items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _require_worn(transformer: Any, wanted: set[str], arrived: set[str]) -> None:
    if missing := sorted(wanted - arrived):
        raise ModelInvalid(f"{len(missing)} of {len(wanted)} matrices were not taken, {missing[0]} first", FITTING)
    for name, module in transformer.named_modules():
        joined = getattr(module, "fused_projections", False)
        if joined and any(hasattr(getattr(module, one, None), "lora_A") for one in _UNFUSED):
            raise ModelInvalid(f"a LoKr on the joined projections of {name} goes with no LoRA on them", FITTING)


def _compute_dtype(transformer: Any) -> Any:
    return transformer.x_embedder.weight.dtype
