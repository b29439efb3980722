"""Who goes first: while a first sight is made, all that works on pages rests at its next step."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_S: Final = 0.5


class RightOfWay:
    """Thread-safe. Nobody waits for long: whoever is in a hurry may itself be kept up."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._hurried: list[int] = []
        self._is_open = True

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """Go before all others while the block runs."""
        this = threading.get_ident()
        with self._changed:
            self._hurried.append(this)
        try:
            yield
        finally:
            with self._changed:
                self._hurried.remove(this)
                self._changed.notify_all()

    def give(self, most_s: float = _MOST_S) -> None:
        """Wait while another thread is in a hurry, at most this long; never where this thread is itself."""
        this = threading.get_ident()
        with self._changed:
            if this not in self._hurried:
                self._changed.wait_for(lambda: not (self._hurried and self._is_open), most_s)

    def close(self) -> None:
        """Let everybody go, from now on."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()
