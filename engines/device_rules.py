"""What each kind of device can and cannot do with a diffusion model: one table, a row for each.

Apple's row is what other programs learned there: FLUX transformers give NaN in bfloat16 and autoencoders black pictures
in less than float32, decoding runs out of memory on the GPU, 8-bit floating point is not there, memory is one with the
processor's and falls to pieces between pages, more than three references of 768² are too many, and what SAM 3 reads of
words wants the plain form of attention.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from engines.base import MemoryPolicy
    from engines.info import DeviceKind

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRules:
    """A kind of device.

    precision: what is computed in; a device that lacks bfloat16 takes float16 in its place. policies: how weights may
    lie, from the fastest to the leanest. own_memory: it has memory beside the processor's. vae_on_processor: the
    autoencoder stays on the processor, in float32. references_max: so many are shown to a model, None for as many as
    it takes. collect_first: what earlier pages left is given back before the steps begin. plain_attention: models of
    whose attention torch has no faster kernel there, so that it may choose none.
    """

    precision: Precision
    policies: tuple[MemoryPolicy, ...]
    own_memory: bool = False
    vae_on_processor: bool = False
    references_max: int | None = None
    collect_first: bool = False
    plain_attention: frozenset[str] = frozenset()

    @property
    def weight_factor(self) -> int:
        """How much more a number takes than the two bytes that sizes are counted in."""
        return 2 if self.precision == "float32" else 1


RULES: Final[dict[DeviceKind, DeviceRules]] = {
    "cpu": DeviceRules(precision="float32", policies=("full", "layerwise_fp8")),
    "cuda": DeviceRules(
        precision="bfloat16", policies=("full", "model_offload", "layerwise_fp8", "group_offload"), own_memory=True
    ),
    "mps": DeviceRules(
        precision="float32",
        policies=("full",),
        vae_on_processor=True,
        references_max=3,
        collect_first=True,
        plain_attention=frozenset({"sam3"}),
    ),
    "remote": DeviceRules(precision="bfloat16", policies=("full",)),
}


def rules_of(kind: DeviceKind) -> DeviceRules:
    """Return the row of a kind of device."""
    return RULES[kind]
