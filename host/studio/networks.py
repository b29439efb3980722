"""The networks that the studio's tools can work with, and whether each can run here; nothing is loaded for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.motion.registry import open_motion
from host.errors import IrodoriError
from host.messaging.messages import StudioNetwork, WireError
from host.pipeline.faults import faults_mapped
from models.store import models_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.vocabulary import StudioTool

_KNOWN: Final[dict[StudioTool, tuple[str, Callable[[], str]]]] = {
    "animate": ("LTX-2", lambda: open_motion(models_folder()).name),
}
"""Which tool, what its network is called where there is none, and what opens it and gives its name."""


def networks() -> list[StudioNetwork]:
    """Return a network for each tool that can take one."""
    return [_looked_at(tool, name, opened) for tool, (name, opened) in _KNOWN.items()]


def _looked_at(tool: StudioTool, name: str, opened: Callable[[], str]) -> StudioNetwork:
    try:
        with faults_mapped():
            return StudioNetwork(tool=tool, name=opened(), ready=True)
    except IrodoriError as exc:
        return StudioNetwork(tool=tool, name=name, ready=False, error=WireError(**exc.wire()))
