"""The one door for a setting's value: what comes by wire, file, environment or command line is checked here.

The table of bounds is `Settings` itself (types and ranges); a few rules hold for all values (finite numbers, texts
without NUL or lone surrogates) and a few for one name (addresses, paths). Nothing else may make a value of a setting.
"""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engines.colorize.comfyui.address import address_fault, loopback_fault
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HINT: Final = "Ask settings.get for the known keys and their values."
OWNER_ONLY: Final = ("comfyui_url", "model_hub", "detector_weights", "embedder_folder", "ollama_url")
"""Paths and addresses: not set over the wire (docs/decisions/0009)."""
_NAME_BYTES: Final = 255
_SHOWN: Final = 128
_FAULTS: Final = (msgspec.ValidationError, ValueError, OverflowError, RecursionError)


def checked_value(key: str, kind: Any, value: object, *, spelled: bool = False) -> Any:
    """Return a setting's value in its declared type.

    kind: the declared type with its range. spelled: the value is a text that spells another type, as in the
    environment.

    Raises:
        BadRequest: it is of another type, out of range, or makes no sense; the message names the key.
    """
    try:
        found = msgspec.convert(value, kind, strict=not spelled)
        fault = _fault(key, found)
    except _FAULTS as exc:
        fault = str(exc)[:_SHOWN] or type(exc).__name__
    if fault:
        raise BadRequest(
            f"The setting {key!r} cannot have this value: {fault}", HINT, key=key, told=("setting_refused", key)
        )
    return found


def require_not_owners(changes: Mapping[str, Any], current: Mapping[str, Any]) -> None:
    """Check that changes from the wire leave alone what only the computer's owner decides; the same value is no change.

    Raises:
        BadRequest: they do not; the hint is the command that sets it.
    """
    for key in OWNER_ONLY:
        if key in changes and changes[key] != current[key]:
            raise BadRequest(
                f"The setting {key!r} is a path or an address, which the extension may not set.",
                f"Set it on this computer: irodori settings set {key} VALUE",
                key=key,
                told=("setting_of_owner", key),
            )


def _fault(key: str, value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return "it is not a finite number"
    if isinstance(value, str):
        if "\0" in value:
            return "it holds a NUL"
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            return "it is not valid Unicode"
        special = _OF_NAME.get(key)
        return special(value) if special is not None and value else ""
    return ""


def _path_fault(value: str) -> str:
    if any(len(os.fsencode(name)) > _NAME_BYTES for name in value.replace(os.sep, "/").split("/")):
        return "a part of the path is too long"
    return ""


_OF_NAME: Final[dict[str, Callable[[str], str]]] = {
    "comfyui_url": address_fault,
    "model_hub": address_fault,
    "ollama_url": loopback_fault,
    "detector_weights": _path_fault,
    "embedder_folder": _path_fault,
}
