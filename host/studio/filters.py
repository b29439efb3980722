"""Filters of a picture: brightness, contrast, saturation, levels, blur, sharpen. A chain of them is a record.

No engine runs. A chain is laid on the picture that it was made for, one filter after the other; to take one back, leave
it out and lay the rest anew, which gives the same pixels as if it had never been there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter
from pydantic import Field, ValidationError

from host.errors import BadRequest
from host.pipeline.records.json_files import parse_json, refused
from host.pipeline.records.page_meta import Digest, Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SCHEMA_VERSION: Final = 1
BYTES_MAX: Final = 1 << 20

FilterName = Literal["brightness", "contrast", "saturation", "blur", "sharpen", "levels"]
_NAME: Final = "filter"


class Amount(Record):
    """A filter with one number.

    brightness, contrast, saturation: 1 leaves the picture as it is, 0 is black, even grey, without colour.
    blur: the radius of a Gaussian, in pixels. sharpen: how much of an unsharp mask of radius 2 is added, 1 for all.
    """

    filter: Literal["brightness", "contrast", "saturation", "blur", "sharpen"]
    amount: Annotated[float, Field(ge=0.0, le=100.0)]


class Levels(Record):
    """What becomes black and what white: out = ((in - black) / (white - black)) ** (1 / gamma), of 255."""

    filter: Literal["levels"] = "levels"
    black: Annotated[int, Field(ge=0, le=254)] = 0
    white: Annotated[int, Field(ge=1, le=255)] = 255
    gamma: Annotated[float, Field(ge=0.1, le=10.0)] = 1.0


Filter = Annotated[Amount | Levels, Field(discriminator="filter")]


class FilterChain(Record):
    """Filters in the order in which they are laid. `pixels_sha256`: of the picture that they were made for, or None."""

    schema_version: Literal[1] = SCHEMA_VERSION
    pixels_sha256: Digest | None = None
    filters: Annotated[tuple[Filter, ...], Field(max_length=64)] = ()


def chain_of(data: bytes) -> FilterChain:
    """Return the chain that a record holds.

    Raises:
        BadRequest: it is not valid; the hint names its first faults.
    """
    try:
        return FilterChain.model_validate(parse_json(data))
    except ValidationError as exc:
        raise refused("It is no valid chain of filters.", exc) from exc


def filter_of(text: str) -> Amount | Levels:
    """Return a filter from a text: `contrast=1.2`, `levels=10,245` or `levels=10,245,1.1`.

    Raises:
        BadRequest: it is none.
    """
    name, equals, value = text.partition("=")
    numbers = re.split(r"\s*,\s*", value.strip())
    try:
        if not equals:
            raise ValueError
        if name.strip() == "levels":
            fields = dict(zip(("black", "white", "gamma"), map(float, numbers), strict=False))
            if len(numbers) not in (2, 3):
                raise ValueError
            levels = Levels.model_validate(fields)
            _require_span(levels)
            return levels
        (amount,) = map(float, numbers)
        return Amount.model_validate({_NAME: name.strip(), "amount": amount})
    except (ValidationError, ValueError) as exc:
        hint = (
            "Write brightness, contrast or saturation=1.2 (1 changes nothing), blur=PIXELS, sharpen=0.5, "
            "or levels=BLACK,WHITE[,GAMMA] with 0 <= BLACK < WHITE <= 255."
        )
        raise BadRequest(f"{text!r:.80} is no filter.", hint) from exc


def filter_from(name: FilterName, amount: float, levels: tuple[int, int, float]) -> Amount | Levels:
    """Return a filter from its numbers. levels: black, white and gamma, which count where its name is `levels`.

    Raises:
        BadRequest: a level's black is not below its white.
    """
    if name != "levels":
        return Amount(filter=name, amount=amount)
    black, white, gamma = levels
    found = Levels(black=black, white=white, gamma=gamma)
    _require_span(found)
    return found


def lay(rgb: NDArray[np.uint8], filters: Sequence[Amount | Levels], scale: float = 1.0) -> NDArray[np.uint8]:
    """Return the `(H, W, 3)` picture with the filters laid over it.

    scale: how large the picture is compared to the one that the chain is for, so that a small preview looks like it.

    Raises:
        BadRequest: a level's black is not below its white.
    """
    picture = Image.fromarray(np.ascontiguousarray(rgb))
    for one in filters:
        picture = _levelled(picture, one) if isinstance(one, Levels) else _changed(picture, one, scale)
    return np.asarray(picture, np.uint8)


def _changed(picture: Image.Image, one: Amount, scale: float) -> Image.Image:
    if one.filter == "blur":
        return picture.filter(ImageFilter.GaussianBlur(one.amount * scale))
    if one.filter == "sharpen":
        return picture.filter(ImageFilter.UnsharpMask(radius=2 * scale, percent=round(100 * one.amount), threshold=0))
    enhancers = {
        "brightness": ImageEnhance.Brightness,
        "contrast": ImageEnhance.Contrast,
        "saturation": ImageEnhance.Color,
    }
    return enhancers[one.filter](picture).enhance(one.amount)


def _levelled(picture: Image.Image, one: Levels) -> Image.Image:
    _require_span(one)
    spread = np.clip((np.arange(256) - one.black) / (one.white - one.black), 0, 1) ** (1 / one.gamma)
    table = np.rint(255 * spread).astype(int).tolist()
    return picture.point(table * 3)


def _require_span(levels: Levels) -> None:
    if levels.black >= levels.white:
        raise BadRequest(
            f"levels: black is {levels.black}, white {levels.white}.",
            "Black lies below white.",
            told=("levels_crossed",),
        )
