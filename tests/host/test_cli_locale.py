"""Pages of any name, under a locale whose encoding does not hold them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def irodori(home: Path, *arguments: bytes) -> subprocess.CompletedProcess[bytes]:
    environ = os.environ | ASCII | {"IRODORI_HOME": str(home), "NO_COLOR": "1"}
    command = [os.fsencode(sys.executable), b"-m", b"host.cli", *arguments]
    return subprocess.run(command, capture_output=True, env=environ, cwd=ROOT, check=False, timeout=240)


@pytest.mark.slow
def test_a_page_keeps_its_name_in_an_ascii_locale(irodori_home: Path, tmp_path: Path) -> None:
    name = "頁 ｱ.png"
    Image.new("L", (300, 400), 255).save(tmp_path / name)
    done = irodori(
        irodori_home, b"colorize", os.fsencode(tmp_path / name), b"-o", os.fsencode(tmp_path / "出"), b"--json"
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    assert [one.name for one in (tmp_path / "出").iterdir()] == [name]
    assert b"Traceback" not in done.stderr


def test_a_locale_in_utf8_starts_nothing_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    from host.cli.locale import require_utf8

    started: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, line: started.append(line))
    require_utf8()
    assert started == []
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "iso8859-1")
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "host.cli", "--version"])
    monkeypatch.delenv("PYTHONUTF8", raising=False)
    require_utf8()
    assert started == [[sys.executable, "-m", "host.cli", "--version"]]
    require_utf8()
    assert len(started) == 1
