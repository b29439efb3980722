"""ComfyUI's socket: what happens to our prompt while it runs. Lost connections are opened anew."""

from __future__ import annotations

import json
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from models.network_addresses import connect as connect_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    from websockets.sync.client import ClientConnection

    from engines.colorize.comfyui.client import ComfyClient

_OPEN_S: Final = 3.0
_MESSAGE_BYTES_MAX: Final = 64 << 20
_PREVIEW_IMAGE: Final = 1
_PREVIEW_WITH_METADATA: Final = 4

Kind = Literal["progress", "preview", "finished", "failed", "interrupted", "other"]


@dataclass(frozen=True, slots=True)
class Event:
    """What the server says. step and steps with `progress`; image (JPEG or PNG) with `preview`; data with `failed`."""

    kind: Kind
    step: int = 0
    steps: int = 0
    image: bytes = b""
    data: Mapping[str, Any] | None = None


class ComfySocket:
    """The socket of one client id. Use it as a context manager."""

    def __init__(self, client: ComfyClient) -> None:
        self._server = urlsplit(client.server.url)
        self._address = f"{client.server.url.rstrip('/').replace('http', 'ws', 1)}/ws?clientId={client.client_id}"
        self._headers = client.headers
        self._connection: ClientConnection | None = None
        self._opened = ExitStack()

    def __enter__(self) -> ComfySocket:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def next_event(self, prompt_id: str, timeout_s: float) -> Event | None:
        """Return the next event of a prompt; None where none came in time or the connection is lost for now."""
        if self._connection is None and not self._open():
            return None
        connection = self._connection
        if connection is None:
            return None
        try:
            message = connection.recv(timeout=timeout_s)
        except TimeoutError:
            return None
        except ConnectionClosed:
            self._close()
            return None
        return read_binary(message, prompt_id) if isinstance(message, bytes) else read_text(message, prompt_id)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection at this moment."""
        return self._connection is not None

    def _open(self) -> bool:
        try:
            secure = self._server.scheme == "https"
            port = self._server.port or (443 if secure else 80)
            self._connection = self._opened.enter_context(
                connect(
                    self._address,
                    sock=connect_to(self._server.hostname or "", port, _OPEN_S),
                    additional_headers=self._headers,
                    open_timeout=_OPEN_S,
                    close_timeout=1,
                    max_size=_MESSAGE_BYTES_MAX,
                    proxy=None,
                )
            )
            # Must be the first message: then previews say which prompt they belong to.
            self._connection.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
            self._close()
        return self._connection is not None

    def _close(self) -> None:
        self._connection = None
        self._opened.close()


def read_text(message: str, prompt_id: str) -> Event:
    """Return what a text message says of a prompt; whatever cannot be read or is of another prompt is `other`."""
    try:
        parsed = json.loads(message)
    except ValueError:
        return Event("other")
    data = parsed.get("data") if isinstance(parsed, dict) else None
    if not isinstance(data, dict) or data.get("prompt_id", prompt_id) != prompt_id:
        return Event("other")
    kind = parsed.get("type")
    if kind == "progress" and _whole(data.get("value")) and _whole(data.get("max")):
        return Event("progress", step=data["value"], steps=data["max"])
    # `prompt_id` may be missing in the others; then they are not known to be ours.
    if data.get("prompt_id") != prompt_id:
        return Event("other")
    if kind == "execution_success" or (kind == "executing" and data.get("node", "") is None):
        return Event("finished")
    if kind == "execution_error":
        return Event("failed", data=data)
    return Event("interrupted") if kind == "execution_interrupted" else Event("other")


def read_binary(message: bytes, prompt_id: str) -> Event:
    """Return the preview of a binary message, big-endian: kind, then format or the length of JSON, then the picture."""
    if len(message) < 8:
        return Event("other")
    kind, second = struct.unpack_from(">II", message)
    if kind == _PREVIEW_IMAGE:
        return Event("preview", image=message[8:])
    if kind == _PREVIEW_WITH_METADATA and second <= len(message) - 8:
        try:
            metadata = json.loads(message[8 : 8 + second])
        except ValueError:
            return Event("other")
        if isinstance(metadata, dict) and metadata.get("prompt_id", prompt_id) == prompt_id:
            return Event("preview", image=message[8 + second :])
    return Event("other")


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
