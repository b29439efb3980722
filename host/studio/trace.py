"""Tracing in a process of its own: it holds the interpreter as long as it lasts, and so it can be ended.

A painted page takes it many seconds, in which the host has to answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOOK_S: Final = 0.05
_SAID_MAX: Final = 2000
_TRACES: Final = """
import json, sys, vtracer
svg = vtracer.convert_raw_image_to_svg(sys.stdin.buffer.read(), img_format="png", **json.loads(sys.argv[1]))
sys.stdout.buffer.write(svg.encode())
"""


def traced(png: bytes, options: Mapping[str, Any], check: Callable[[], None] | None = None) -> bytes:
    """Return the SVG document that vtracer makes of a PNG. check: called again and again; what it raises ends it.

    Raises:
        RuntimeError: vtracer failed. What `check` raises.
    """
    command = [sys.executable, "-P", "-c", _TRACES, json.dumps(dict(options))]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as result, tempfile.TemporaryFile() as said:
        source.write(png)
        source.seek(0)
        with subprocess.Popen(  # noqa: S603 - our own interpreter
            command, stdin=source, stdout=result, stderr=said, env=os.environ | {"PYTHONUTF8": "1"}, creationflags=flags
        ) as process:
            try:
                status = _ended(process, check)
            finally:
                process.kill()
        if status:
            said.seek(0)
            raise RuntimeError(f"vtracer ended with status {status}: {said.read()[-_SAID_MAX:]!r}")
        result.seek(0)
        return result.read()


def _ended(process: subprocess.Popen[bytes], check: Callable[[], None] | None) -> int:
    while True:
        if check is not None:
            check()
        try:
            return process.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            continue
