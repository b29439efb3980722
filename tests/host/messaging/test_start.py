"""What a browser waits for: the start loads nothing heavy, and command lines that are not a browser's."""

from __future__ import annotations

import json
import subprocess
import sys

from host import __version__

HEAVY = ("torch", "numpy", "PIL", "cv2", "pydantic", "onnxruntime", "typer", "rich", "keyring", "img2pdf", "sqlite3")
LIGHT = ["host.__main__", "host.errors", "host.paths", "host.settings", "host.logs"]
LIGHT += [f"host.messaging.{name}" for name in ("stdio", "framing", "outbox", "channel", "rpc", "calls", "session")]


def python(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, timeout=60, check=True)


def test_the_start_loads_nothing_heavy() -> None:
    code = f"import sys, {', '.join(LIGHT)}; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert python("-c", code).stdout.strip() == b"[]"


def test_version_is_told_as_text() -> None:
    assert python("-m", "host", "--version").stdout.decode().strip() == __version__


def test_the_self_test_loads_all_that_a_session_needs() -> None:
    output = python("-m", "host", "--self-test").stdout
    report = json.loads(output[4:])
    assert len(output) - 4 == int.from_bytes(output[:4], sys.byteorder)
    assert report["host_version"] == __version__
    assert "fault" not in report
