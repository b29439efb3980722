"""Exports that their readers stopped, by the ids that they gave them.

An id stays cancelled: the request may still wait its turn, or come again once the pages that it lacked are here.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

from host.errors import JobCancelled

_IDS_MAX: Final = 1024


class CancelledExports:
    """Thread-safe; remembers the last 1024."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def cancel(self, export_id: str) -> None:
        """End an export that is under way or to come; one that has ended stays as it is."""
        with self._lock:
            self._ids[export_id] = None
            self._ids.move_to_end(export_id)
            if len(self._ids) > _IDS_MAX:
                self._ids.popitem(last=False)

    def check(self, export_id: str | None) -> None:
        """Go on only if the reader still wants the file.

        Raises:
            JobCancelled: it was cancelled.
        """
        with self._lock:
            if export_id in self._ids:
                raise JobCancelled("The export was cancelled; nothing was written.")
