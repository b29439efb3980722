"""The registry's engines as toys need them: klein at a toy's width, and none measured as an engine that draws.

Without training nobody draws a page's lines, and what does not is rightly no picture to the host. LoRAs are told by
real widths, so that a toy's is of no family here; whether it fits is for its engine to say. All else is as it is.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from engines import registry
from engines.colorize.flux2.info import KLEIN_4B
from host.jobs import recipe
from tests.engines.toys import klein

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.base import ColorizeEngine
    from models.drop_folder import Dropped


def register(change: Callable[[Any, str, Any], None]) -> None:
    """Change the registry for registries that are made from here on; `change` is `setattr` or a test's."""
    change(registry.flux2, "VARIANTS", (replace(KLEIN_4B, hidden=klein.HIDDEN),))
    for name in ("_flux2", "_qwen", "_sd35", "_sdxl"):
        change(registry, name, partial(_not_drawing, getattr(registry, name)))
    change(recipe, "dropped", partial(_of_no_family, recipe.dropped))


def _of_no_family(dropped: Callable[[], tuple[Dropped, ...]]) -> tuple[Dropped, ...]:
    return tuple(replace(one, identity=replace(one.identity, family="", engines=())) for one in dropped())


def _not_drawing(make: Callable[..., ColorizeEngine], *given: Any) -> ColorizeEngine:
    engine = make(*given)
    engine.info = replace(engine.info, draws=False)
    return engine
