"""Which upscaler a path names. Nothing heavy loads before one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.base import ModelInvalid

if TYPE_CHECKING:
    from pathlib import Path

    from engines.upscale.base import Upscaler


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
