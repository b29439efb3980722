"""The layers that a LoRA file changes: where each lies, how and between which widths, from names and shapes.

Layouts: diffusers and PEFT (with and without a prefix), ai-toolkit, kohya and musubi, LyCORIS (LoHa, LoKr). Works on
headers and on loaded tensors alike: only shapes are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    Shapes = Mapping[str, tuple[int, ...]]

Kind = Literal["lora", "loha", "lokr", "dora", "diff", "other"]
Part = Literal["network", "text"]

_TEXT: Final = re.compile(
    r"^(?:base_model\.model\.)?(?:lora_te\d?_|lora_(?:clip|t5|qwen)\w*?_|text_encoders?(?:_\d)?\.|te\d?\.|"
    r"cond_stage_model\.|conditioner\.|clip_[lg]\.|text_model\.)"
)
_NETWORK: Final = re.compile(
    r"^(?:base_model\.model\.)?(?:model\.diffusion_model\.|diffusion_model\.|transformer\.|unet\.)?"
    r"(?:lora_unet_|lora_transformer_|lycoris_)?"
)
_ADAPTER: Final = r"(?:\.(?!weight$|bias$)\w+)?"
# How a name ends: what it is of its layer.
_ENDS: Final = tuple(
    (re.compile(pattern), slot)
    for pattern, slot in (
        (rf"[._](?:lora_A|lora_down|lora\.down|lora_linear_layer\.down){_ADAPTER}\.weight$", "A"),
        (rf"[._](?:lora_B|lora_up|lora\.up|lora_linear_layer\.up){_ADAPTER}\.weight$", "B"),
        (rf"\.lora_(?:A|B|down|up){_ADAPTER}\.bias$", "bias"),
        (r"\.lora_mid\.weight$", "mid"),
        (r"\.alpha$", "alpha"),
        (r"\.dora_scale$|\.lora_magnitude_vector(?:\.\w+)*$", "dora_scale"),
        (r"\.hada_(w1_a|w1_b|w2_a|w2_b|t1|t2)$", "hada_"),
        (r"\.lokr_(w1|w2|w1_a|w1_b|w2_a|w2_b|t2)$", "lokr_"),
        (r"\.(diff|diff_b|set_weight|w_norm|b_norm|reshape_weight|on_input|oft_blocks|oft_diag)$", "diff_"),
    )
)
_WORDS: Final[dict[Kind, str]] = {
    "dora": "a DoRA", "diff": "whole differences of weights (.diff)", "other": "tensors of a form that is not known",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class LoraLayer:
    """One layer that is changed.

    place: its name in the model, prefix taken off, dotted or with underscores as the file has it. slots: the file's
    name for each of `A`, `B`, `alpha`, `hada_w1_a` …. into, out: the widths of the layer, 0 where the shapes tell none.
    """

    place: str
    part: Part
    slots: Mapping[str, str]
    kind: Kind
    into: int = 0
    out: int = 0
    rank: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class LoraFile:
    """All layers of a file, and the tensors that belong to none. Empty layers: it is no LoRA."""

    layers: tuple[LoraLayer, ...] = ()
    strays: tuple[str, ...] = field(default=())

    @property
    def network(self) -> tuple[LoraLayer, ...]:
        """The layers of the network that draws."""
        return tuple(one for one in self.layers if one.part == "network")

    @property
    def text(self) -> tuple[LoraLayer, ...]:
        """The layers of text encoders."""
        return tuple(one for one in self.layers if one.part == "text")

    def fault(self) -> str:
        """Return why it could only be applied in part, whatever the model; empty where nothing speaks against it."""
        for kind, words in _WORDS.items():
            if odd := [one for one in self.layers if one.kind == kind]:
                return f"it holds {words} at {odd[0].place} ({len(odd)} of {len(self.layers)} layers)"
        if broken := next((one for one in self.layers if one.fault), None):
            return f"{broken.place} {broken.fault}"
        if self.strays:
            return f"it holds {self.strays[0]} ({len(self.strays)} tensors), which is part of no LoRA layer"
        return ""


def lora_layers(shapes: Shapes) -> LoraFile:
    """Return the layers of a file by its tensors' shapes."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    strays = []
    for name in shapes:
        place, slot = _split(name)
        if slot:
            found.setdefault((_part(name), place), {})[slot] = name
        else:
            strays.append(name)
    layers = tuple(_layer(part, place, slots, shapes) for (part, place), slots in found.items())
    # An alpha alone belongs to nothing.
    if not any(set(one.slots) - {"alpha"} for one in layers):
        return LoraFile()
    return LoraFile(layers, tuple(strays))


def _split(name: str) -> tuple[str, str]:
    """Return a layer's name and the slot of it that a tensor fills, the slot empty where it fills none."""
    for pattern, slot in _ENDS:
        if match := pattern.search(name):
            place = name[: match.start()]
            more = match.group(1) if match.lastindex else ""
            return _TEXT.sub("", place) if _TEXT.match(name) else _NETWORK.sub("", place), slot + more
    return name, ""


def _part(name: str) -> Part:
    return "text" if _TEXT.match(name) else "network"


def _layer(part: str, place: str, slots: dict[str, str], shapes: Shapes) -> LoraLayer:
    sides = {slot: tuple(shapes[name]) for slot, name in slots.items()}
    kind = _kind(set(slots))
    fault, into, out, rank = _measured(kind, sides)
    return LoraLayer(place, "text" if part == "text" else "network", slots, kind, into, out, rank, fault)


def _kind(slots: set[str]) -> Kind:
    if "dora_scale" in slots:
        return "dora"
    if any(slot.startswith("diff_") for slot in slots):
        return "diff"
    if slots & {"bias", "mid", "hada_t1", "hada_t2", "lokr_t2"}:
        return "other"
    for kind, mark in (("loha", "hada_"), ("lokr", "lokr_")):
        if any(slot.startswith(mark) for slot in slots):
            return "loha" if kind == "loha" else "lokr"
    return "lora" if slots & {"A", "B"} else "other"


def _measured(kind: Kind, sides: dict[str, tuple[int, ...]]) -> tuple[str, int, int, int]:
    """Return what is wrong with a layer, then its widths and its rank."""
    if kind not in ("lora", "loha", "lokr"):
        return "", 0, 0, 0
    needed = {"lora": ("A", "B"), "loha": ("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"), "lokr": ()}[kind]
    if missing := [slot for slot in needed if slot not in sides]:
        return f"lacks its {missing[0].removeprefix('hada_')}", 0, 0, 0
    if any(len(shape) not in (2, 4) for slot, shape in sides.items() if slot != "alpha"):
        return "has a tensor that is no matrix", 0, 0, 0
    if kind == "lora":
        down, up = sides["A"], sides["B"]
        fault = "" if down[0] == up[1] else f"has a rank of {down[0]} and of {up[1]}"
        return fault, down[1], up[0], down[0]
    if kind == "loha":
        fits = sides["hada_w1_a"] == sides["hada_w2_a"] and sides["hada_w1_b"] == sides["hada_w2_b"]
        fits = fits and sides["hada_w1_a"][1] == sides["hada_w1_b"][0]
        out, rank = sides["hada_w1_a"][:2]
        return "" if fits else "has factors that do not fit each other", sides["hada_w1_b"][1], out, rank
    factors = [_factor(sides, f"lokr_{name}") for name in ("w1", "w2")]
    if not all(factors):
        return "lacks one of its factors", 0, 0, 0
    (out1, into1), (out2, into2) = (one or (0, 0) for one in factors)
    return "", into1 * into2, out1 * out2, 0


def _factor(sides: dict[str, tuple[int, ...]], name: str) -> tuple[int, int] | None:
    if name in sides:
        return sides[name][0], sides[name][1]
    first, second = sides.get(f"{name}_a"), sides.get(f"{name}_b")
    return (first[0], second[1]) if first and second and first[1] == second[0] else None
