"""The bounds that the decoding process sets itself; the limits are noted here, for they are for good."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import AvifImagePlugin, Image

from host.errors import OutOfMemory
from host.pipeline.decode import worker

resource = pytest.importorskip("resource")


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what is asked of the system: limits by their number, the timer, threads by what they run."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: asked.update({which: limits}))
    monkeypatch.setattr(signal, "setitimer", lambda which, seconds: asked.update(timer=(which, seconds)))
    monkeypatch.setattr(cv2, "setNumThreads", lambda count: asked.update(threads=count))
    monkeypatch.setattr(AvifImagePlugin, "DEFAULT_MAX_THREADS", 0)
    monkeypatch.setattr(worker.os, "getppid", lambda: 77)

    class Thread:
        def __init__(self, target: Any, args: Any, daemon: bool) -> None:
            asked["thread"] = [target, args, daemon]

        def start(self) -> None:
            asked["thread"].append("started")

    monkeypatch.setattr(worker.threading, "Thread", Thread)
    return asked


def test_a_picture_has_so_much_time_one_thread_and_leaves_no_core(noted: dict[str, Any]) -> None:
    worker._bound()
    assert noted == {
        "thread": [worker._end_with, (77,), True, "started"],
        "threads": 1,
        "timer": (signal.ITIMER_PROF, 4),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_CPU: (5, 5),
    }
    assert AvifImagePlugin.DEFAULT_MAX_THREADS == 1


def test_where_the_system_has_no_limits_none_are_asked_for(
    noted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    worker._bound()
    worker._limit_memory(1000)
    assert set(noted) == {"thread", "threads"}


def test_it_may_take_what_it_has_the_picture_and_a_fixed_rest(
    noted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(worker, "_private_bytes", lambda: 7)
    worker._limit_memory(1000)
    assert noted == {resource.RLIMIT_DATA: (120_001_007, 120_001_007)}


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_what_is_private_are_kibibytes_of_this_process() -> None:
    (told,) = [line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmData:")]
    assert worker._private_bytes() == pytest.approx(1024 * int(told.split()[1]), rel=0.2)


def test_it_ends_when_its_parent_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(BaseException):
        pass

    def end(status: int) -> None:
        raise Ended(status)

    parents, waits = iter([5, 5, 1]), []
    monkeypatch.setattr(worker.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(worker.time, "sleep", waits.append)
    monkeypatch.setattr(worker.os, "_exit", end)
    with pytest.raises(Ended, match=r"^1$"):
        worker._end_with(5)
    assert waits == [0.2, 0.2]


@pytest.mark.parametrize(("mode", "size"), [("1", 1), ("L", 1), ("P", 1), ("I;16", 2), ("RGB", 4), ("CMYK", 4)])
def test_bytes_of_a_pixel(mode: str, size: int) -> None:
    assert worker._pixel_bytes(mode) == size


@pytest.mark.parametrize(("mode", "channels"), [("L", ()), ("P", ()), ("LA", (2,)), ("RGB", (3,)), ("RGBA", (4,))])
def test_channels_of_a_mode(mode: str, channels: tuple[int, ...]) -> None:
    assert worker._channels(mode) == channels


@pytest.mark.parametrize(("kept", "room", "fits"), [(1000, 8_010_405, True), (1000, 8_010_404, False), (0, 1, True)])
def test_what_is_held_beside_the_pixels_must_fit(
    kept: int, room: int, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand kept, four bytes for each of 47 x 50 pixels, five of the file itself, and 8 MB for the library."""
    monkeypatch.setattr(worker, "coefficient_bytes", lambda image, encoded: kept)
    image = Image.fromarray(np.zeros((50, 47), np.uint8))
    if fits:
        worker._require_room(image, b"bytes", room, 4)
    else:
        with pytest.raises(OutOfMemory):
            worker._require_room(image, b"bytes", room, 4)
