"""`irodori library colour` as one runs it, killed and not."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psutil
import pytest
from PIL import Image

from host.library.manifest import FOLDER

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def command(home: Path, *arguments: object) -> tuple[list[str], dict[str, str]]:
    environ = os.environ | {"IRODORI_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}
    return [sys.executable, "-m", "host.cli", "library", "colour", *map(str, arguments)], environ


def irodori(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    line, environ = command(home, *arguments)
    return subprocess.run(line, capture_output=True, text=True, env=environ, cwd=ROOT, check=False, timeout=240)


def digests(output: Path) -> dict[str, str]:
    return {
        path.relative_to(output).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in output.rglob("*.cbz")
        if FOLDER not in path.parts
    }


def small(path: Path, width: int) -> bytes:
    with Image.open(path) as picture:
        buffer = io.BytesIO()
        picture.convert("RGB").resize((width, width * 3 // 2)).save(buffer, "JPEG")
        return buffer.getvalue()


@pytest.fixture
def shelf(tmp_path: Path, pages: Path) -> Path:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for volume in (1, 2):
        with zipfile.ZipFile(shelf / f"v{volume}.cbz", "w") as archive:
            for number, name in enumerate(("panels-ja.jpg", "insets-en.jpg")):
                archive.writestr(f"{number}.jpg", small(pages / name, 200 + volume))
    return shelf


def test_a_run_that_was_killed_goes_on_to_the_same_bytes(irodori_home: Path, shelf: Path, tmp_path: Path) -> None:
    whole = irodori(irodori_home, shelf, "-o", tmp_path / "whole", "--workers", "1", "--json")
    assert whole.returncode == 0, whole.stderr
    counts = json.loads(whole.stdout)["counts"]
    assert (counts["volumes"], counts["pages"], counts["coloured"], counts["written"]) == (2, 4, 4, 4)
    line, environ = command(irodori_home, shelf, "-o", tmp_path / "out", "--workers", "1")
    with subprocess.Popen(line, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        deadline = time.monotonic() + 120
        while not list((tmp_path / "out").rglob("*.page")) and time.monotonic() < deadline:
            time.sleep(0.02)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGKILL)
    _, left = psutil.wait_procs(children, timeout=60)
    assert left == []
    again = irodori(irodori_home, shelf, "-o", tmp_path / "out")
    assert again.returncode == 0, again.stderr
    assert digests(tmp_path / "out") == digests(tmp_path / "whole") != {}
    assert not (tmp_path / "out" / FOLDER / "pages").exists()
    third = irodori(irodori_home, shelf, "-o", tmp_path / "out")
    assert "2 done already" in third.stderr
    report = (tmp_path / "out" / "report.html").read_text()
    assert "v1.cbz" in report
    assert "<script" not in report


def test_a_bad_page_is_told_everywhere_and_the_rest_is_coloured(
    irodori_home: Path, shelf: Path, tmp_path: Path
) -> None:
    (shelf / "ch").mkdir()
    (shelf / "ch" / "1.jpg").write_bytes(b"rubbish <b>")
    (shelf / "bad.cbr").write_bytes(b"Rar!\x1a\x07\x01\0")
    planned = irodori(irodori_home, shelf, "-o", tmp_path / "out", "--plan", "--json")
    assert planned.returncode == 1
    assert json.loads(planned.stdout)["pages"] == 5
    assert not list((tmp_path / "out").rglob("*.cbz"))
    done = irodori(irodori_home, shelf, "-o", tmp_path / "out", "--format", "epub", "--pages", "jpeg")
    assert done.returncode == 1
    assert "ch: 1.jpg  failed: These bytes are not a picture." in done.stderr
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["counts"]["failed"] == 1
    assert told["counts"]["coloured"] == 4
    faults = {one["place"]: one["fault"] for one in told["volumes"] if one["fault"]}
    assert set(faults) == {"bad"}
    assert (tmp_path / "out" / "v1.epub").is_file()
    assert "rubbish <b>" not in (tmp_path / "out" / "report.html").read_text()


def test_what_cannot_be_begun_is_wrong_usage(irodori_home: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert irodori(irodori_home, tmp_path / "empty", "-o", tmp_path / "out").returncode == 2
    assert irodori(irodori_home, tmp_path / "nothing", "-o", tmp_path / "out").returncode == 2
    assert irodori(irodori_home, tmp_path, "-o", tmp_path / "out", "--engine", "nothing").returncode == 2


def test_a_watched_shelf_colours_what_is_put_there(irodori_home: Path, shelf: Path, tmp_path: Path) -> None:
    (shelf / "v2.cbz").rename(tmp_path / "v2.cbz")
    line, environ = command(irodori_home, shelf, "-o", tmp_path / "out", "--workers", "1", "--watch")
    with subprocess.Popen(line, env=environ, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            for wanted in ("Watching", "v2.cbz", "Watching"):
                while wanted not in (said := process.stderr.readline()):
                    assert said, wanted
                if not (shelf / "v2.cbz").exists():
                    (tmp_path / "v2.cbz").rename(shelf / "v2.cbz")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()  # whatever went wrong, nobody waits for it
    assert process.returncode == 130
    assert (tmp_path / "out" / "v2.cbz").is_file()
