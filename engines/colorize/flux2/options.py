"""What a plan's `engine_options` ask of klein beyond what every engine is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engines.base import RequestUnsupported
from engines.colorize.flux2.info import TIME_SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.colorize.flux2.info import KleinVariant

_TRUE_CFG: Final = 2.0
_TRUE_CFG_MAX: Final = 10.0
_TIME_SCALE_MAX: Final = 100
_BATCH: Final = 4
_BATCH_MAX: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """true_cfg: the scale of a guidance in two passes, 0 for as the model comes. guides_anew: it comes without.

    batch: how many panels of one size go through the model at once, at most.
    """

    image_prompt: bool
    true_cfg: float
    time_scale: int
    guides_anew: bool
    batch: int = 1


def asked_of(options: Mapping[str, object], variant: KleinVariant) -> Asked:
    """Return what is asked.

    Raises:
        RequestUnsupported: a value is none that the option takes, or the variant cannot do it.
    """
    scale, time_scale = options.get("true_cfg"), options.get("time_scale", TIME_SCALE)
    if scale is True:
        scale = _TRUE_CFG
    if scale is None or scale is False:
        scale = 0.0
    elif not isinstance(scale, int | float) or not 1 < scale <= _TRUE_CFG_MAX:
        raise RequestUnsupported("true_cfg is true, or a number over 1 and up to 10")
    if isinstance(time_scale, bool) or not isinstance(time_scale, int) or not 1 <= time_scale <= _TIME_SCALE_MAX:
        raise RequestUnsupported("time_scale is a whole number from 1 to 100")
    if scale and variant.cached:
        raise RequestUnsupported(f"{variant.label} takes no true_cfg", "Choose FLUX.2 klein without cached references.")
    batch = options.get("batch", False)
    if isinstance(batch, bool):
        batch = _BATCH if batch else 1
    if not isinstance(batch, int) or not 1 <= batch <= _BATCH_MAX:
        raise RequestUnsupported(f"batch is true, or a whole number from 1 to {_BATCH_MAX}")
    return Asked(
        image_prompt=options.get("image_prompt") is True,
        true_cfg=float(scale),
        time_scale=time_scale,
        guides_anew=bool(scale) and variant.distilled,
        batch=batch,
    )
