"""A thread that lives as long as it is needed: what ends its loop is logged, told, and the loop is begun again."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_PAUSE_S: Final = 0.01
_PAUSE_MAX_S: Final = 1.0


class SupervisedThread(threading.Thread):
    """A daemon thread whose loop ends by returning; anything that it raises is a death.

    Args:
        target: the loop. args: what it is called with. died: called on this thread after each death, before the loop
            begins again; may raise. stopping: whether nobody needs the loop any more, so that it is not begun again.
    """

    def __init__(
        self,
        target: Callable[..., object],
        name: str,
        args: tuple[Any, ...] = (),
        *,
        daemon: bool = True,
        died: Callable[[BaseException], None] | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> None:
        super().__init__(name=name, daemon=daemon)
        self._loop = target
        self._loop_args = args
        self._died = died
        self._stopping = stopping

    def run(self) -> None:
        """Run the loop until it returns. A loop that dies at once, again and again, is begun more and more rarely."""
        pause_s = _PAUSE_S
        while True:
            try:
                self._loop(*self._loop_args)
            except BaseException as exc:  # noqa: BLE001 - also what a library ends threads with
                _LOG.critical("the thread %s died and is begun again", self.name, exc_info=exc)
                self._tell(exc)
            else:
                return
            if self._stopping is not None and self._stopping():
                return
            threading.Event().wait(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_MAX_S)

    def _tell(self, exc: BaseException) -> None:
        try:
            if self._died is not None:
                self._died(exc)
        except BaseException:  # noqa: BLE001 - its loop is begun again all the same
            _LOG.exception("what the thread %s left could not be ended", self.name)
