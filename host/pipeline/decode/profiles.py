"""Colour profiles: from a picture's own colours to sRGB."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageCms

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_SPACES: Final = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}


def profile_to_srgb(mode: str, icc: object) -> Callable[[Image.Image], Image.Image] | None:
    """Return what brings a flat picture of `mode` (`L`, `RGB` or `CMYK`) from its profile to sRGB.

    None: the picture stays as it is. A broken or unfitting profile is as good as none.
    """
    if not isinstance(icc, bytes) or not icc:
        return None
    try:
        transform = _transform(mode, icc)
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError) as exc:
        _LOG.info("colour profile ignored: %s", exc)
        return None
    if transform is None:
        return None
    usable: ImageCms.ImageCmsTransform = transform

    def convert(band: Image.Image) -> Image.Image:
        source = band if band.mode == usable.input_mode else band.convert(usable.input_mode)
        converted = ImageCms.applyTransform(source, usable)
        if converted is None:
            return band
        return converted.convert("L") if mode == "L" else converted

    return convert


def _transform(mode: str, icc: bytes) -> ImageCms.ImageCmsTransform | None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    space = profile.profile.xcolor_space.strip()
    if space == "RGB" and "sRGB" in (profile.profile.profile_description or ""):
        return None
    source = "RGB" if space == "RGB" and mode == "L" else mode
    if space != _SPACES[source]:
        return None
    return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), source, "RGB")
