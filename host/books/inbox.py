"""What the job board tells, kept for the one thread that listens."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from host.messaging.messages import PageDone

if TYPE_CHECKING:
    from host.messaging.messages import Message

_IMAGE_BYTES_MAX: Final = 64 * 2**20


class Inbox:
    """A queue of notifications. Call it to put one in; threads other than the listener's wait while it is full."""

    def __init__(self) -> None:
        self._listener = threading.get_ident()
        self._messages: deque[Message] = deque()
        self._image_bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def __call__(self, message: Message) -> None:
        """Put a message in; the pictures of finished pages together stay below a limit."""
        with self._changed:
            self._changed.wait_for(self._has_room)
            self._image_bytes += _image_bytes(message)
            self._messages.append(message)
            self._changed.notify_all()

    def get(self, timeout_s: float) -> Message | None:
        """Take the oldest message out, None if none comes in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._messages, timeout_s):
                return None
            message = self._messages.popleft()
            self._image_bytes -= _image_bytes(message)
            self._changed.notify_all()
            return message

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self) -> bool:
        is_listener = threading.get_ident() == self._listener
        return self._closed or is_listener or self._image_bytes <= _IMAGE_BYTES_MAX


def _image_bytes(message: Message) -> int:
    return len(message.image) if isinstance(message, PageDone) else 0
