"""Every engine by its id. Facts are here at once; an engine's code is imported when it is first asked for.

A new engine is a package with its facts (`info.py`), a row in `EngineRegistry` and the function that makes it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from engines.colorize.comfyui.info import INFO as COMFYUI
from engines.colorize.comfyui.info import SDXL_INFO as COMFYUI_SDXL
from engines.colorize.comfyui.info import Server
from engines.colorize.compact.info import INFO as COMPACT
from engines.colorize.flux2 import info as flux2
from engines.colorize.qwen.info import INFO as QWEN
from engines.colorize.sd35.info import INFO as SD35
from engines.colorize.sdxl.info import INFO as SDXL

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import ColorizeEngine
    from engines.info import EngineInfo

DEFAULT_ENGINE = COMPACT.id
"""The engine of a reader who has chosen none."""


class EngineRegistry:
    """Gives engines; those of one registry are always the same objects. It is an `EngineSource`."""

    def __init__(self, comfyui_server: Callable[[], Server] = Server, more: tuple[ColorizeEngine, ...] = ()) -> None:
        """Take note of how engines are made.

        comfyui_server: which server the engines of that name speak to, asked anew for every page. more: engines that
        no reader is offered, for tests and benchmarks.
        """
        self._factories: dict[str, tuple[EngineInfo, Callable[[], ColorizeEngine]]] = {
            COMPACT.id: (COMPACT, _compact),
            **{variant.id: (variant.info(), partial(_flux2, variant)) for variant in flux2.VARIANTS},
            SDXL.id: (SDXL, _sdxl),
            QWEN.id: (QWEN, _qwen),
            SD35.id: (SD35, _sd35),
            COMFYUI.id: (COMFYUI, partial(_comfyui, comfyui_server)),
            COMFYUI_SDXL.id: (COMFYUI_SDXL, partial(_comfyui_sdxl, comfyui_server)),
        }
        self._factories |= {one.info.id: (one.info, partial(_itself, one)) for one in more}
        self._made: dict[str, ColorizeEngine] = {}

    def infos(self) -> tuple[EngineInfo, ...]:
        """Return the facts of all engines, the default first, without importing any of them."""
        return tuple(info for info, _ in self._factories.values())

    def get(self, engine_id: str) -> ColorizeEngine:
        """Return the engine of this id, always the same object; it may be not loaded yet.

        Raises:
            KeyError: there is no such engine.
        """
        if engine_id not in self._made:
            _, make = self._factories[engine_id]
            self._made[engine_id] = make()
        return self._made[engine_id]


def _compact() -> ColorizeEngine:
    from engines.colorize.compact.engine import CompactEngine

    return CompactEngine()


def _flux2(variant: flux2.KleinVariant) -> ColorizeEngine:
    from engines.colorize.flux2.engine import Flux2KleinEngine

    return Flux2KleinEngine(variant)


def _sdxl() -> ColorizeEngine:
    from engines.colorize.sdxl.engine import SdxlEngine

    return SdxlEngine()


def _sd35() -> ColorizeEngine:
    from engines.colorize.sd35.engine import Sd35Engine

    return Sd35Engine()


def _qwen() -> ColorizeEngine:
    from engines.colorize.qwen.engine import QwenEditEngine

    return QwenEditEngine()


def _comfyui(server: Callable[[], Server]) -> ColorizeEngine:
    from engines.colorize.comfyui.engine import ComfyUiEngine

    return ComfyUiEngine(server)


def _comfyui_sdxl(server: Callable[[], Server]) -> ColorizeEngine:
    from engines.colorize.comfyui.sdxl_engine import ComfySdxlEngine

    return ComfySdxlEngine(server)


def _itself(engine: ColorizeEngine) -> ColorizeEngine:
    return engine


_DEFAULT: Final = EngineRegistry()
infos = _DEFAULT.infos
get = _DEFAULT.get
