"""What a device bears of a request: its row of `engines.device_rules`, applied before the first step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engines.torch_runtime import return_device_memory

if TYPE_CHECKING:
    from engines.base import ColorizeRequest
    from engines.device_rules import DeviceRules


def within_rules(request: ColorizeRequest, rules: DeviceRules) -> ColorizeRequest:
    """Return what the device bears of a request, with what earlier pages left given back first where that is needed."""
    if rules.collect_first:
        return_device_memory()
    most = rules.references_max
    if most is None or len(request.references) <= most:
        return request
    regions = tuple(
        replace(one, references=tuple(index for index in one.references if index < most)) for one in request.regions
    )
    return replace(request, references=request.references[:most], regions=regions)
