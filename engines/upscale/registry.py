"""Which upscaler a path names. Nothing heavy loads before one is opened."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engines.base import ModelInvalid
from engines.memory_ledger import Holder, nobody_else

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engines.memory_ledger import Guest
    from engines.upscale.base import Upscaler

# What a tile takes while a network works on it, as the cards of the catalogue count it.
_TILE_MIB: Final = 1300


def open_upscaler(model: Path | None, scale: int) -> Upscaler:
    """Return what makes pictures larger: a Swin2SR's folder, a network's file; without either, interpolation.

    scale: of interpolation; networks have their own.

    Raises:
        EngineUnavailable, ModelMissing, ModelInvalid
    """
    if model is None:
        from engines.upscale.lanczos import Lanczos

        return Lanczos(scale)
    if model.is_dir():
        from engines.upscale.swin2sr import Swin2SR

        return Swin2SR(model)
    from engines.upscale.esrgan import SUFFIXES, FileUpscaler

    if model.is_file() and model.suffix.casefold() not in SUFFIXES:
        raise ModelInvalid(f"{model.name} is no network's file", f"It ends with {', '.join(sorted(SUFFIXES))}.")
    return FileUpscaler(model)


@contextmanager
def upscaler_in_memory(
    model: Path | None, scale: int, guest: Guest = nobody_else, check: Callable[[], None] = lambda: None
) -> Iterator[Upscaler]:
    """Open what makes pictures larger for a block, and close it. Interpolation waits for nobody.

    guest: gives memory to whom it is given, as `host.jobs.engine_room` does. check: called while it waits.

    Raises:
        as `open_upscaler`; EngineTooLarge: there is no room. What `check` raises.
    """
    if model is None:
        yield open_upscaler(None, scale)
        return
    opened: list[Upscaler] = []

    def unload() -> None:
        while opened:
            opened.pop().close()

    with guest(Holder("upscale", model.name, memory_mib(model), unload), check):
        opened.append(open_upscaler(model, scale))
        yield opened[0]


def memory_mib(model: Path) -> int:
    """Return what a network of a file or folder takes while it works: its weights, and a tile."""
    files = model.rglob("*.safetensors") if model.is_dir() else [model]
    return _TILE_MIB + (sum(one.stat().st_size for one in files if one.is_file()) >> 20)
