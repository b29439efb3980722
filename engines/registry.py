"""Every engine by its id. Facts are here at once; an engine's code is imported when it is first asked for."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from engines.colorize.comfyui.info import INFO as COMFYUI
from engines.colorize.compact.info import INFO as COMPACT
from engines.colorize.flux2 import info as flux2
from engines.colorize.sdxl.info import INFO as SDXL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.base import ColorizeEngine
    from engines.info import EngineInfo

DEFAULT_ENGINE = COMPACT.id
"""The engine of a reader who has chosen none."""


def _compact() -> ColorizeEngine:
    from engines.colorize.compact.engine import CompactEngine

    return CompactEngine()


def _flux2(variant: flux2.KleinVariant) -> ColorizeEngine:
    from engines.colorize.flux2.engine import Flux2KleinEngine

    return Flux2KleinEngine(variant)


def _sdxl() -> ColorizeEngine:
    from engines.colorize.sdxl.engine import SdxlEngine

    return SdxlEngine()


def _comfyui() -> ColorizeEngine:
    from engines.colorize.comfyui.engine import ComfyUiEngine

    return ComfyUiEngine()


_factories: dict[str, tuple[EngineInfo, Callable[[], ColorizeEngine]]] = {
    COMPACT.id: (COMPACT, _compact),
    **{variant.id: (variant.info(), partial(_flux2, variant)) for variant in flux2.VARIANTS},
    SDXL.id: (SDXL, _sdxl),
    COMFYUI.id: (COMFYUI, _comfyui),
}
_made: dict[str, ColorizeEngine] = {}


def infos() -> tuple[EngineInfo, ...]:
    """Return the facts of all engines, the default first, without importing any of them."""
    return tuple(info for info, _ in _factories.values())


def get(engine_id: str) -> ColorizeEngine:
    """Return the engine of this id, always the same object; it may be not loaded yet.

    Raises:
        KeyError: there is no such engine.
    """
    if engine_id not in _made:
        _, make = _factories[engine_id]
        _made[engine_id] = make()
    return _made[engine_id]


@contextmanager
def registered(engine: ColorizeEngine) -> Iterator[None]:
    """Add an engine for the time of a test or a benchmark."""
    _factories[engine.info.id] = engine.info, lambda: engine
    try:
        yield
    finally:
        _factories.pop(engine.info.id, None)
        _made.pop(engine.info.id, None)
