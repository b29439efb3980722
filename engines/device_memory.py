"""Whether a model fits before it is loaded, and how it lies then: asked of the memory that is free at this moment.

A model that does not fit is refused with figures: otherwise the system would kill the whole process in the middle of a
chapter, or swap until nothing answers.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engines.base import EngineTooLarge
from engines.device_rules import rules_of

if TYPE_CHECKING:
    from engines.base import Device, MemoryPolicy

_LOG = logging.getLogger(__name__)
_MIB: Final = 1 << 20
# What a megapixel with its references takes while it is computed, beside the weights: a share of the largest part.
_WORKING_SHARE: Final = 0.4
_WORKING_MAX_MIB: Final = 4_000
# What a text encoder's turn takes.
_ENCODING_MIB: Final = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a model takes.

    label: what it is called. network_mib: the part that draws; packed: it stays as small as its file (GGUF).
    others_mib: the other parts, text encoder first. All at two bytes a number. kept_mib: what the network takes where
    it is kept at 8 bits, or at the file's own 4; 0: it cannot be. encoder_kept_mib: what the text encoder does then;
    0: it is not.
    """

    label: str
    network_mib: int
    others_mib: tuple[int, ...] = ()
    packed: bool = False
    kept_mib: int = 0
    encoder_kept_mib: int = 0


@dataclass(frozen=True, slots=True)
class FreeMemory:
    """What is free, in MiB: the processor's, and the device's own where it has some."""

    ram_mib: int
    device_mib: int


def free_memory(device: Device) -> FreeMemory:
    """Return what other programs leave; the device's own is asked of torch where that has been imported."""
    import psutil

    ram_mib = int(psutil.virtual_memory().available) // _MIB
    torch = sys.modules.get("torch")
    if device.kind == "cuda" and torch is not None and torch.cuda.is_available():
        return FreeMemory(ram_mib, min(device.memory_mib, torch.cuda.mem_get_info()[0] // _MIB))
    return FreeMemory(ram_mib, device.memory_mib)


def memory_policy(device: Device, needs: Needs, free: FreeMemory | None = None) -> MemoryPolicy:
    """Return the policy of a device: its own or, where that is `auto`, the fastest for which there is room.

    free: None for what is free now. The log says what was chosen and why.

    Raises:
        EngineTooLarge: there is room for none; the message has the figures.
    """
    if device.policy != "auto":
        return device.policy
    free = free or free_memory(device)
    taken = {policy: _taken(device, needs, policy) for policy in rules_of(device.kind).policies}
    if not (needs.encoder_kept_mib if needs.packed else needs.kept_mib):
        taken.pop("layerwise_fp8", None)
    fitting = [policy for policy, (ram, own) in taken.items() if ram <= free.ram_mib and own <= free.device_mib]
    if not fitting:
        raise EngineTooLarge(_refusal(device, needs, taken, free))
    _LOG.info(
        "memory policy %s on %s: it takes %s MiB of memory and of the device's own, %d and %d are free",
        fitting[0], device.name, taken[fitting[0]], free.ram_mib, free.device_mib,
    )  # fmt: skip
    return fitting[0]


def samples_that_fit(
    device: Device, needs: Needs, policy: MemoryPolicy, wanted: int, free: FreeMemory | None = None
) -> int:
    """Return how many pictures of a loaded model can be computed at once, 1 to `wanted`: each takes what one page does.

    free: None for what is free now.
    """
    free, rules = free or free_memory(device), rules_of(device.kind)
    network = needs.network_mib if needs.packed or policy == "model_offload" else needs.kept_mib
    # Of a part that comes to the device when it works the room is still free.
    comes = network if policy in ("model_offload", "layerwise_fp8") else 0
    room = free.device_mib - comes if rules.own_memory else free.ram_mib
    count = max(1, min(wanted, room // max(1, _working(needs, rules.weight_factor))))
    _LOG.info("%d of %d pictures at once on %s: %d MiB are free", count, wanted, device.name, room)
    return count


def _working(needs: Needs, factor: int) -> int:
    return factor * min(_WORKING_MAX_MIB, round(_WORKING_SHARE * needs.network_mib))


def _taken(device: Device, needs: Needs, policy: MemoryPolicy) -> tuple[int, int]:
    """Return what a policy takes at the highest, of the processor's memory and of the device's own, in MiB."""
    rules = rules_of(device.kind)
    factor = rules.weight_factor
    network = needs.network_mib * (1 if needs.packed else factor)
    others = [part * factor for part in needs.others_mib]
    working = _working(needs, factor)
    kept = needs.network_mib if needs.packed else needs.kept_mib or needs.network_mib // 2
    # First the encoder is read at two bytes a number and cast, then the network.
    at_two = sum(needs.others_mib)
    rest = at_two - needs.others_mib[0] + needs.encoder_kept_mib if needs.encoder_kept_mib else at_two
    if not rules.own_memory:
        if policy == "layerwise_fp8":
            return max(at_two, rest + kept + working, rest + needs.network_mib), 0
        whole = network + sum(others) + working
        return whole, whole if device.kind == "mps" else 0
    everything = network + sum(others)
    encoding = max(others, default=0) + _ENCODING_MIB
    return {
        # Brought over part by part.
        "full": (max(network, *others, 0), everything + working),
        "model_offload": (everything, max(network + working, encoding)),
        "layerwise_fp8": (
            max(at_two, needs.network_mib + rest),
            max(kept + working, needs.encoder_kept_mib + _ENCODING_MIB if needs.encoder_kept_mib else encoding),
        ),
        "group_offload": (everything, working),
        "auto": (everything, everything + working),
    }[policy]


def _refusal(device: Device, needs: Needs, taken: dict[MemoryPolicy, tuple[int, int]], free: FreeMemory) -> str:
    """Say what is missing, by the policy that misses least."""

    def missing(one: tuple[int, int]) -> tuple[int, tuple[int, int]]:
        return max(0, one[0] - free.ram_mib) + max(0, one[1] - free.device_mib), one

    ram, own = min(taken.values(), key=missing)
    said = f"{needs.label} takes {ram / 1024:.0f} GiB of memory, {free.ram_mib / 1024:.1f} GiB are free"
    if own > free.device_mib:
        said += f"; of {device.name}'s own it takes {own / 1024:.0f} GiB, {free.device_mib / 1024:.1f} GiB are free"
    return said
