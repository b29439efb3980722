"""Kill runs of `irodori colorize` at random points, and count what is left.

After each kill there may be no partial picture and no broken archive among the outputs, an archive that was there
before is still whole, and nothing lies in the system's temporary folder. A last run over the same home then completes,
and leaves every page, and no remains of the killed ones in the home.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROOT: Final = Path(__file__).parents[2]
_PAGE: Final = _ROOT / "tests" / "pages" / "panels-en.webp"
_PAGES: Final = 6
_SIGNALS: Final = ("SIGKILL", "SIGTERM", "SIGHUP")
_PARTIAL: Final = ".irodori-"
_END_S: Final = 60
_WHOLE_S: Final = 1800
_PORTION: Final = 25


class Trial:
    """One home, one comic, one temporary folder; the losses that were seen, by kind."""

    def __init__(self, folder: Path) -> None:
        self.home, self.temporary = folder / "home", folder / "tmp"
        self.comic, self.outputs = folder / "comic", folder / "outputs"
        for each in (self.temporary, self.comic, self.outputs):
            each.mkdir()
        for number in range(_PAGES):
            with Image.open(_PAGE) as picture:
                picture.convert("L").resize((300, 420)).rotate(number, fillcolor=255).save(self.comic / f"{number}.png")
        self.losses: Counter[str] = Counter()

    def start(self, target: Path) -> subprocess.Popen[bytes]:
        """Start a run; every one has a seed of its own, so that nothing comes from the cache."""
        environ = os.environ | {"IRODORI_HOME": str(self.home), "TMPDIR": str(self.temporary)}
        command = [sys.executable, "-m", "host.cli", "colorize", str(self.comic), "-o", str(target)]
        command += ["--seed", str(random.randrange(1 << 30))]
        nothing = subprocess.DEVNULL
        # whoever started this may ignore what is sent here, as nohup does; children would inherit that
        return subprocess.Popen(
            command, env=environ, cwd=_ROOT, stderr=nothing, stdout=nothing, preexec_fn=_hear_signals
        )

    def count_losses(self, target: Path, *, had: int, swept: bool) -> None:
        """Look at everything that a run may have left. `had`: pages of the archive before it."""
        if target.suffix == ".cbz":
            if _pages_in(target) < had:
                self.losses["archive broken or smaller than before"] += 1
        else:
            self.losses["partial picture"] += sum(not _is_whole(path) for path in target.glob("*.png"))
        if any(self.temporary.iterdir()):
            self.losses["pages in the temporary folder"] += 1
        if swept and list(self.outputs.rglob(f"{_PARTIAL}*")):
            self.losses["remains beside the output"] += 1
        if swept and [each for each in (self.home / "cache" / "spool").glob("*") if each.is_dir()]:
            self.losses["remains in the home"] += 1


def main(arguments: Sequence[str]) -> int:
    """Kill, count, print; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults kills", description=__doc__)
    parser.add_argument("-n", type=int, default=40, help="how many runs are killed (default 40)")
    parser.add_argument("--seed", type=int, default=0, help="of the points and signals")
    options = parser.parse_args(arguments)
    random.seed(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        duration_s = _complete(trial, trial.outputs / "first.cbz")
        killed: Counter[str] = Counter()
        for number in range(options.n):
            killed[_kill(trial, number, duration_s)] += 1
            if (number + 1) % _PORTION == 0:
                sys.stdout.write(f"{number + 1} killed, losses so far: {+trial.losses or 'none'}\n")
                sys.stdout.flush()
        for target in (trial.outputs / "out", trial.outputs / "out.cbz"):
            _complete(trial, target)
    words = ", ".join(f"{count} {name}" for name, count in sorted(killed.items()))
    sys.stdout.write(f"{options.n} runs of {_PAGES} pages ({words}), a whole run takes {duration_s:.1f} s\n")
    losses = {kind: count for kind, count in trial.losses.items() if count}
    sys.stdout.write("".join(f"LOST {count} x {kind}\n" for kind, count in losses.items()) or "nothing was lost\n")
    return 1 if losses else 0


def _hear_signals() -> None:
    for name in _SIGNALS[1:]:
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def _kill(trial: Trial, number: int, duration_s: float) -> str:
    name = _SIGNALS[number % len(_SIGNALS)]
    target = trial.outputs / ("out" if number % 2 else "out.cbz")
    had = _pages_in(target)
    process = trial.start(target)
    time.sleep(random.uniform(0, duration_s))
    process.send_signal(getattr(signal, name))
    try:
        status = process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        trial.losses[f"run that did not end within {_END_S} s of {name}"] += 1
        return name
    trial.count_losses(target, had=had, swept=name != "SIGKILL" and number == 0)
    if status == 0:
        return "ended before"
    if name != "SIGKILL" and status not in (-getattr(signal, name), 128 + getattr(signal, name)):
        trial.losses[f"status {status} after {name}"] += 1
    return name


def _complete(trial: Trial, target: Path) -> float:
    began_s = time.monotonic()
    process = trial.start(target)
    try:
        status = process.wait(_WHOLE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    if status != 0:
        trial.losses[f"status {status} of a run that nobody killed"] += 1
    pages = _pages_in(target) if target.suffix == ".cbz" else len(list(target.glob("*.png")))
    trial.losses["page"] += max(0, _PAGES - pages)
    trial.count_losses(target, had=_PAGES, swept=True)
    return time.monotonic() - began_s


def _pages_in(path: Path) -> int:
    """Return how many whole pictures the archive holds; 0 where there is none, or no archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            return 0 if archive.testzip() else len([name for name in archive.namelist() if name.endswith(".png")])
    except (OSError, zipfile.BadZipFile):
        return 0


def _is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as picture:
            picture.load()
    except OSError:
        return False
    return True
