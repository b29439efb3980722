"""The machine that engines run on, told without importing a network runtime."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path
from typing import Final

from engines.base import Device

_CPU_FACTS: Final = Path("/proc/cpuinfo")
_MIB: Final = 1 << 20


@cache
def machine_device() -> Device:
    """Return the processor and the machine's memory: what the engines of this version run on."""
    import psutil

    return Device("cpu", _processor_name(), psutil.virtual_memory().total // _MIB)


def _processor_name() -> str:
    try:
        lines = _CPU_FACTS.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name} ({os.cpu_count() or 1} threads)"
