"""What libraries would tell their makers is not told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_running_an_engine_leaves_no_trace_of_onnx_runtime_s_telemetry(tmp_path: Path) -> None:
    code = (
        "from engines import registry\n"
        "from host.device import machine_device\n"
        "registry.get('compact').load(machine_device())\n"
    )
    silent = {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "DO_NOT_TRACK"}
    environ = {name: value for name, value in os.environ.items() if name not in silent}
    home = tmp_path / "home"
    home.mkdir()
    environ |= {"TMPDIR": str(tmp_path), "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    # the telemetry client keeps its session id in `.ses` and its unsent events in a database
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
