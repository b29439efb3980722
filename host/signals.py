"""How a command ends when a signal asks it to: it unwinds, and where that does not come to an end, by force.

An exception out of a signal's handler may come at any point, also where a library holds a lock that the way out needs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

SIGNALLED: Final = 128
_GRACE_S: Final = 5.0
_NAMES: Final = ("SIGTERM", "SIGHUP", "SIGINT")
_WATCH: Final = "ends"


class Ended(BaseException):
    """A signal asked the process to end; unwinding removes what is unfinished."""


# A library may turn what a handler raises into an error of its own; the exit status is the signal's all the same.
_received: Final[list[int]] = []


def end_on_signals() -> None:
    """Let a closed terminal, `kill` and Ctrl-C unwind the program; what is ignored stays so (nohup)."""
    told, tell = os.pipe()
    threading.Thread(target=_force, args=(told,), name=_WATCH, daemon=True).start()

    def unwind(number: int, _frame: FrameType | None) -> None:
        for name in _NAMES:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)  # the end is under way
        _received.append(number)
        os.write(tell, b"!")  # no lock: whoever was interrupted may hold it
        raise KeyboardInterrupt if number == signal.SIGINT else Ended

    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, unwind)


def exit_after(end: BaseException) -> None:
    """Exit at once where a signal was received, or where a thread still runs; else return.

    A step of a library may still run in a thread, and nothing waits for it: ending around it would abort.
    """
    if not _received and not isinstance(end, SystemExit):
        return
    code = SIGNALLED + _received[0] if _received else _status(end)
    if code > SIGNALLED or any(
        one.name != _WATCH for one in threading.enumerate() if one is not threading.main_thread()
    ):
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _status(end: BaseException) -> int:
    code = end.code if isinstance(end, SystemExit) else 1
    return code if isinstance(code, int) else int(bool(code))


def _force(told: int) -> None:
    os.read(told, 1)
    time.sleep(_GRACE_S)
    os._exit(SIGNALLED + _received[0])
