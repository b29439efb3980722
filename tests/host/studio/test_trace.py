"""Curves are traced in a process of their own: ended when it is asked for, and told when it fails."""

from __future__ import annotations

import subprocess
from typing import Any

import cv2
import numpy as np
import pytest

from host.errors import JobCancelled
from host.studio import trace
from host.studio.trace import traced

pytest.importorskip("vtracer")
LINES = {"colormode": "binary", "mode": "spline"}


def png() -> bytes:
    drawn = np.full((40, 60, 3), 255, np.uint8)
    drawn[10:20, 10:30] = 0
    return cv2.imencode(".png", drawn)[1].tobytes()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every process that is begun."""
    found: list[subprocess.Popen[bytes]] = []

    def begin(*command: Any, **more: Any) -> subprocess.Popen[bytes]:
        found.append(subprocess_popen(*command, **more))
        return found[-1]

    subprocess_popen = subprocess.Popen
    monkeypatch.setattr(trace.subprocess, "Popen", begin)
    return found


def test_a_picture_becomes_curves_and_its_process_ends(started: list[subprocess.Popen[bytes]]) -> None:
    svg = traced(png(), LINES)
    assert b"<svg" in svg
    assert svg.count(b"<path") == 1
    assert [one.returncode for one in started] == [0]


def test_what_the_check_raises_ends_the_process(started: list[subprocess.Popen[bytes]]) -> None:
    asked: list[int] = []

    def ends() -> None:
        asked.append(1)
        raise JobCancelled("Cancelled.", "")

    with pytest.raises(JobCancelled):
        traced(png(), LINES, ends)
    assert asked == [1]
    (process,) = started
    assert process.returncode not in (None, 0)


def test_what_cannot_be_traced_says_why(started: list[subprocess.Popen[bytes]]) -> None:
    with pytest.raises(RuntimeError, match="status 1"):
        traced(b"no picture", LINES)
    assert len(started) == 1
