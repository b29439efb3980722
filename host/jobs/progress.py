"""How far a page is and how long a job still takes. Pure: the clock is an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from host.vocabulary import Stage

_INTERVAL_S: Final = 0.1
# How much the newest page counts in the running mean.
_NEWEST_SHARE: Final = 0.3


class PageProgress:
    """A page's fraction, which never falls, told at most ten times a second and at each new stage."""

    def __init__(self) -> None:
        self.fraction = 0.0
        self._stage: Stage | None = None
        self._told_s = float("-inf")

    def advance(self, stage: Stage, fraction: float, now_s: float) -> bool:
        """Take note of where the page is; return whether that is to be told now."""
        self.fraction = max(self.fraction, min(1.0, fraction))
        if stage == self._stage and now_s - self._told_s < _INTERVAL_S:
            return False
        self._stage = stage
        self._told_s = now_s
        return True


class Pace:
    """The running mean of the time that a job's pages take, one after the other."""

    def __init__(self) -> None:
        self._mean_s: float | None = None
        self._last_s: float | None = None

    def began(self, now_s: float) -> None:
        """Note when work on the job's first page began; later calls do nothing."""
        if self._last_s is None:
            self._last_s = now_s

    def finished(self, now_s: float) -> None:
        """Note that a page which had to be coloured is done."""
        if self._last_s is None:
            return
        took_s = now_s - self._last_s
        self._last_s = now_s
        mean_s = took_s if self._mean_s is None else self._mean_s
        self._mean_s = mean_s + _NEWEST_SHARE * (took_s - mean_s)

    def eta_s(self, pages: int, now_s: float) -> float | None:
        """Return how long `pages` more take; None before the first page is done."""
        if self._mean_s is None or self._last_s is None:
            return None
        begun_s = min(now_s - self._last_s, self._mean_s)
        return round(max(0.0, self._mean_s * pages - begun_s), 1)
