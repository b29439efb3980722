"""`irodori library analyse` as one runs it: records, words, stories; killed, run again, and with a model that errs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from host.library.understand.shelf import AnalysedShelf
from tests.erring import refuses
from tests.host.library.model_server import SAID, says, serving
from tests.host.library.shelves import make_cbz
from tests.host.test_cli_library import small

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

pytestmark = pytest.mark.slow

pytest.importorskip("json_repair")
pytest.importorskip("tenacity")

ROOT = Path(__file__).parents[4]


def command(home: Path, *arguments: object) -> tuple[list[str], dict[str, str]]:
    environ = os.environ | {"IRODORI_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}
    return [sys.executable, "-m", "host.cli", "library", "analyse", *map(str, arguments)], environ


def irodori(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    line, environ = command(home, *arguments)
    return subprocess.run(line, capture_output=True, text=True, env=environ, cwd=ROOT, check=False, timeout=240)


def records(output: Path) -> Mapping[str, bytes]:
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in sorted(output.rglob("*.meta.json"))}


@pytest.fixture
def shelf(tmp_path: Path, pages: Path) -> Path:
    names = ("panels-en.webp", "insets-en.jpg")
    for volume in (1, 2):
        files = {f"{place}.jpg": small(pages / name, 160 + volume) for place, name in enumerate(names)}
        make_cbz(tmp_path / "shelf" / "S" / f"v{volume}.cbz", files)
    return tmp_path / "shelf"


def test_a_shelf_is_read_told_and_gone_on_with(irodori_home: Path, shelf: Path, tmp_path: Path) -> None:
    make_cbz(shelf / "S" / "v3.cbz", {"1.jpg": b"rubbish"})
    whole = irodori(irodori_home, shelf, "-o", tmp_path / "whole", "--workers", 1)
    assert whole.returncode == 1
    assert "1.jpg  failed: These bytes are not a picture." in whole.stderr
    (shelf / "S" / "v3.cbz").unlink()
    line, environ = command(irodori_home, shelf, "-o", tmp_path / "out", "--workers", 1)
    with subprocess.Popen(line, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not records(tmp_path / "out") and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    went_wrong = refuses(500)

    def answer(handler: Any, over: threading.Event) -> None:
        (went_wrong if len(handler.server.bodies) == 1 else says(SAID))(handler, over)

    with serving(answer) as server:
        told = ("-o", tmp_path / "out", "--endpoint", server.url, "--model", "toy", "--workers", 1)
        again = irodori(irodori_home, shelf, *told, "--price-in", 1, "--json", "--attempts", 2)
        assert again.returncode == 0, again.stderr
        asked = len(server.bodies)
        report = json.loads(again.stdout)
        third = irodori(irodori_home, shelf, *told)
        assert len(server.bodies) == asked == 5
        assert "2 done already; 0 pages" in third.stderr
    expected = {name: data for name, data in records(tmp_path / "whole").items() if not name.startswith("S/v3")}
    assert records(tmp_path / "out") == expected
    assert len(expected) == 4
    assert report["told_pages"] == 4
    assert report["this_run"]["prompt_tokens"] == 400
    assert report["this_run"]["cost_usd"] == pytest.approx(0.0004)
    analysed = AnalysedShelf(tmp_path / "out")
    assert [page.id for page in analysed.pages()] == ["S/v1/0.jpg", "S/v1/1.jpg", "S/v2/0.jpg", "S/v2/1.jpg"]
    for page, picture in analysed.with_pictures():
        meta, story = page.meta(), page.story()
        assert meta is not None
        assert story is not None
        assert len(story.panels) == 2
        assert len(picture()) > 1000


def test_a_page_that_the_model_never_tells_is_logged_and_asked_about_again(
    irodori_home: Path, shelf: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with serving(says("I will not.")) as server:
        told = (shelf, "-o", out, "--endpoint", server.url, "--model", "toy", "--workers", 1, "--max-images", 1)
        failed = irodori(irodori_home, *told, "--attempts", 1, "--error-log-dir", tmp_path / "log")
        assert failed.returncode == 1, failed.stderr
        assert "The answer holds no JSON" in failed.stderr
        [log] = list((tmp_path / "log").rglob("*.json"))
        assert json.loads(log.read_text())["answer"] == "I will not."
        assert log.with_suffix(".jpg").read_bytes().startswith(b"\xff\xd8")
        server.script[:] = [says(SAID)]
        done = irodori(irodori_home, *told, "--error-log-dir", tmp_path / "log")
        assert done.returncode == 0, done.stderr
    assert list((tmp_path / "log").rglob("*.jp*")) == []
    assert len(list(out.rglob("*.story.json"))) == 1
    assert len(records(out)) == 1


def test_nothing_is_sent_unless_the_endpoint_is_named(irodori_home: Path, shelf: Path, tmp_path: Path) -> None:
    for arguments in (("--model", "toy"), ("--endpoint", "ftp://x"), ("--endpoint", "http://127.0.0.1:9")):
        done = irodori(irodori_home, shelf, "-o", tmp_path / "out", *arguments)
        assert done.returncode == 2, done.stderr
