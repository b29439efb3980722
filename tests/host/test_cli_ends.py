"""How runs of the command line end, whatever ends them: the right status, and nothing left where it should not be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals and modes are told otherwise there"),
]


@pytest.fixture
def comic(tmp_path: Path, pages: Path) -> Path:
    """A CBZ of twelve small pages."""
    return packed(tmp_path / "in.cbz", pages, 12)


def packed(path: Path, pages: Path, count: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive, Image.open(pages / "panels-en.webp") as picture:
        small = picture.convert("L").resize((300, 420))
        for number in range(count):
            with archive.open(f"{number:02}.png", "w") as entry:
                small.rotate(number, fillcolor=255).save(entry, "PNG")
    return path


def start(home: Path, *arguments: object, umask: int = -1, **environment: str) -> subprocess.Popen[str]:
    environ = os.environ | {"IRODORI_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1"} | environment
    command = [sys.executable, "-m", "host.cli", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environ, cwd=ROOT, umask=umask)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_no_page_outside_of_the_home(
    irodori_home: Path, comic: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "tmp").mkdir()
    with start(irodori_home, "colorize", comic, "-o", tmp_path / "out.cbz", TMPDIR=str(tmp_path / "tmp")) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(getattr(signal, name))
        _, rest = process.communicate(timeout=60)
    assert "coloured" in first
    assert process.returncode == 128 + getattr(signal, name), rest
    assert "Traceback" not in rest
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.cbz", "irodori-home", "tmp"]
    assert not [path for path in (irodori_home / "cache" / "waiting").rglob("*") if path.is_file()]


def test_a_run_that_is_killed_leaves_pages_in_the_home_and_beside_the_output_alone_and_the_next_run_sweeps_them(
    irodori_home: Path, comic: Path, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    arguments = ("colorize", comic, "-o", tmp_path / "out.cbz")
    with start(irodori_home, *arguments, TMPDIR=str(tmp_path / "tmp")) as process:
        assert process.stderr is not None
        assert "coloured" in process.stderr.readline()
        process.kill()
    waiting = irodori_home / "cache" / "waiting"
    assert [path for path in waiting.rglob("*") if path.is_file()]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.cbz", "irodori-home", "tmp"]
    with start(irodori_home, *arguments, TMPDIR=str(tmp_path / "tmp")) as process:
        process.communicate(timeout=240)
    assert process.returncode == 0
    assert [path for path in waiting.rglob("*") if path.is_file()] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.cbz", "irodori-home", "out.cbz", "tmp"]
    with zipfile.ZipFile(tmp_path / "out.cbz") as archive:
        assert len(archive.namelist()) == 12


def test_a_way_out_that_comes_to_no_end_is_cut_short() -> None:
    code = (
        "import time, host.signals as signals\n"
        "signals._GRACE_S = 0.2\n"
        "signals.end_on_signals()\n"
        "while True:\n"
        "    try:\n"
        "        print('ready', flush=True)\n"
        "        time.sleep(60)\n"
        "    except BaseException:\n"
        "        pass\n"
    )
    former = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT) as process:
        signal.signal(signal.SIGTERM, former)
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM


@pytest.mark.parametrize("content", [b"<html>no picture</html>", None], ids=["failed", "blank"])
def test_pages_that_end_at_once_end_the_run_without_an_abort(
    irodori_home: Path, tmp_path: Path, content: bytes | None
) -> None:
    page = tmp_path / "page.png"
    if content is None:
        Image.new("L", (60, 90), 255).save(page)
    else:
        page.write_bytes(content)
    for _ in range(4):
        with start(irodori_home, "colorize", page, "-o", tmp_path / "out") as process:
            _, said = process.communicate(timeout=120)
        assert process.returncode == (0 if content is None else 1), said
        assert "terminate called" not in said


def test_outputs_have_the_modes_that_the_umask_leaves(irodori_home: Path, pages: Path, tmp_path: Path) -> None:
    comic = packed(tmp_path / "in.cbz", pages, 3)
    for target in ("out", "out.cbz"):
        arguments = ("colorize", comic, "-o", tmp_path / target, "--report", "--runmeta")
        with start(irodori_home, *arguments, umask=0o077) as process:
            _, said = process.communicate(timeout=240)
        assert process.returncode == 0, said
    written = [path for path in tmp_path.rglob("*") if path != comic and irodori_home not in (path, *path.parents)]
    assert len(written) >= 8
    for path in written:
        assert path.stat().st_mode & 0o077 == 0, path


def test_counts_summary_and_status_say_the_same(irodori_home: Path, comic: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(comic) as archive:
        for name in ("01.png", "02.png"):
            archive.extract(name, folder)
    (folder / "03.png").write_bytes((folder / "01.png").read_bytes())
    (folder / "04.jpg").write_bytes(b"<html>")
    (folder / "05.jpg").write_bytes(b"")
    Image.new("L", (300, 420), 255).save(folder / "06.png")
    (folder / "notes.txt").write_text("not a page")
    with start(irodori_home, "colorize", folder, "-o", tmp_path / "out", "--json") as process:
        printed, said = process.communicate(timeout=240)
    outcome = json.loads(printed)
    counts, verdicts = outcome["counts"], [page["verdict"] for page in outcome["pages"]]
    told = {verdict: verdicts.count(verdict) for verdict in ("coloured", "cached", "skipped", "failed")}
    assert counts == {"pages": 6, "written": 6, "left_out": 1} | told
    # the third is the first one again: it comes from the cache, or along with it
    assert (told["coloured"] + told["cached"], told["skipped"], told["failed"]) == (3, 1, 2)
    assert sum(outcome["reasons"]["failed"].values()) == 2
    assert outcome["reasons"]["left_out"] == {"not a picture": 1}
    summary = said.splitlines()[-1]
    for words in ("6 pages in: ", f"{told['coloured']} coloured", "1 left as they are", "2 failed (", "1 left out ("):
        assert words in summary
    assert process.returncode == 1
    assert len(list((tmp_path / "out").iterdir())) == 6
    assert all(Path(page["output"]).is_file() for page in outcome["pages"])


def test_the_version_is_told_in_both_ways(irodori_home: Path) -> None:
    told = []
    for word in ("--version", "version"):
        with start(irodori_home, word) as process:
            told.append(process.communicate(timeout=60)[0])
        assert process.returncode == 0
    assert told[0] == told[1]
    assert len(told[0].split(".")) == 3


def test_a_launcher_in_a_folder_with_spaces_starts_the_host(irodori_home: Path, tmp_path: Path) -> None:
    from host.messaging.client import HostClient, installed_command

    folder = tmp_path / "a folder with 'spaces'"
    folder.mkdir()
    launcher, origin = installed_command()
    (folder / "irodori host").symlink_to(launcher)
    with HostClient.spawn([str(folder / "irodori host"), origin], home=irodori_home / "with space") as host:
        assert host.hello()["protocol"] == 1
