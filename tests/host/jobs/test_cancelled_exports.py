"""Which exports were cancelled."""

import pytest

from host.errors import JobCancelled
from host.jobs.cancelled_exports import CancelledExports


def test_a_cancelled_id_stays_so_and_touches_no_other() -> None:
    exports = CancelledExports()
    exports.check("a")
    exports.cancel("a")
    for _ in range(2):
        with pytest.raises(JobCancelled):
            exports.check("a")
    exports.check("b")
    exports.check(None)


def test_the_latest_1024_are_remembered_and_no_more() -> None:
    exports = CancelledExports()
    for number in range(1024):
        exports.cancel(f"{number}")
    exports.cancel("0")  # again: it is the latest now
    exports.cancel("one more")
    for known in ("0", "2", "one more"):
        with pytest.raises(JobCancelled):
            exports.check(known)
    exports.check("1")
    assert len(exports._ids) == 1024
