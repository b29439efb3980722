"""Ctrl-C on each command of the studio: while it reads, in the midst of its work, and while it writes.

The command runs whole, as a process of its own; it gets the signal from itself at the moment that is meant, so that no
clock says when. What stood where it writes stands there still, and nothing lies beside it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

ROOT: Final = Path(__file__).parents[2]
INTERRUPTED: Final = 130
SOMEBODY: Final = "347,429"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are told otherwise there"),
]

INTERRUPTS: Final = """
import os, signal, sys

moment, *command = sys.argv[1:]
file, _, function = moment.partition(":")

def interrupt():
    sys.setprofile(None)
    os.kill(os.getpid(), signal.SIGINT)

def opened(event, facts, done=[]):
    path = facts[0] if event == "open" and facts and isinstance(facts[0], (str, os.PathLike)) else ""
    name = os.path.basename(os.fspath(path))
    if not done and (name == moment or moment == "writes" and name.endswith(".part") and name.startswith(".irodori-")):
        done.append(True)
        interrupt()

def called(frame, event, argument):
    if event == "call" and frame.f_code.co_name == function and frame.f_code.co_filename.endswith(file):
        interrupt()

sys.addaudithook(opened)
sys.setprofile(called)
sys.argv = ["irodori", *command]
from host.cli import main
main()
"""

COMMANDS: Final = {
    "filter": ("page filter page.png -o out.png -f blur=2", "out.png", "studio/filters.py:lay"),
    "cut-out": ("page cut-out page.png -o out.webp", "out.webp", "studio/cutout.py:figures_of"),
    "vectorise": ("page vectorise page.png -o out.svg", "out.svg", "studio/trace.py:_ended"),
    "animate-gif": ("page animate page.png -o out.gif --seconds 1 --size 128", "out.gif", "studio/camera.py:seen"),
    "animate-webm": ("page animate page.png -o out.webm --seconds 1 --size 128", "out.webm", "studio/camera.py:seen"),
    "animate-mp4": (
        "page animate page.png -o out.mp4 --poster first.png --seconds 1 --size 128",
        "out.mp4",
        "studio/camera.py:seen",
    ),
    "inpaint": ("page inpaint page.png -o out.png --box 5,5,60,60 --engine fill", "out.png", "studio/repaint.py:fill"),
    "extend": ("page extend page.png -o out.png --right 9 --engine fill", "out.png", "studio/repaint.py:extended"),
    "segment": ("page segment page.png -o out.png --at 100,100", "out.png", "segment/regions.py:segment"),
    "track": (f"page track page.png page.png --at {SOMEBODY} -o out", "out", "studio/track.py:mask_of_sightings"),
    "upscale": ("page upscale page.png -o out.png", "out.png", "upscale/lanczos.py:enlarge"),
    "storyboard": ("page storyboard page.png -o out", "out", "storyboard/from_pages.py:shot_of"),
    "storyboard-script": ("page storyboard script.txt -o out", "out", "storyboard/fountain.py:as_fountain"),
}
READ: Final = {"storyboard-script": "script.txt"}


@pytest.mark.parametrize("moment", ["reads", "works", "writes"])
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_an_interrupted_command_says_so_and_leaves_what_was_there(
    irodori_home: Path, pages: Path, tmp_path: Path, name: str, moment: str
) -> None:
    command, output, work = COMMANDS[name]
    work_folder, scratch = tmp_path / "here", tmp_path / "tmp"
    work_folder.mkdir()
    scratch.mkdir()
    with Image.open(pages / "figures-en.webp") as picture:
        picture.convert("L").resize((picture.width // 2, picture.height // 2)).save(work_folder / "page.png")
    (work_folder / "script.txt").write_text("INT. HALL\n\nAki is here.\n")
    if "." in output:
        (work_folder / output).write_bytes(b"of before")
    before = {path.name: path.read_bytes() for path in work_folder.iterdir()}
    at = {"reads": READ.get(name, "page.png"), "works": work, "writes": "writes"}[moment]
    environ = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "COLUMNS": "200", "NO_COLOR": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTS, at, *command.split()], cwd=work_folder, env=environ, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        told, said = process.communicate(timeout=240)
    assert process.returncode == INTERRUPTED, said
    assert "Traceback" not in said
    assert "Interrupted" in said
    assert told == ""
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)  # nothing that it started goes on
    left = [path for path in work_folder.rglob("*") if path.is_file() or moment != "writes"]
    assert {path.name: path.read_bytes() for path in left} == before
    assert list(scratch.iterdir()) == []
    assert list(irodori_home.rglob("*.part")) == []
