"""Try a random sample of small mistakes over the whole house, each by its module's own tests alone.

    python .ci/mutants_sample.py --seed 7 --count 60
    python .ci/mutants_sample.py --seed 7 --count 20 host/cli engines/detect    # only below these

Works on a copy of what git knows and of what it does not ignore, so that the tree stays as it is. Prints each change
with what became of it, at last the score and a diff of every change that no test saw: read whether anybody could notice
it. A change is seen if a test fails that passes without it. Undecided, and in no score, is a change whose tests take
longer than the limit or end otherwise. The same seed draws the same changes of the same sources. Exit status 1 below
the floor.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mutations import Mutation, mutations
from own_tests import ROOT, own_tests

PACKAGES: Final = ("host", "engines", "models", "installer")
FLOOR: Final = 0.95


@dataclass(frozen=True)
class Mutant:
    """A change of a module, which is a path below the root, and the module's source when it was drawn."""

    module: Path
    mutation: Mutation
    source: str

    def __str__(self) -> str:
        return f"{self.module}:{self.mutation.start[0]} {self.mutation.kind}"

    @property
    def changed(self) -> str:
        """The source with the change."""
        return self.mutation.applied_to(self.source)

    def diff(self) -> str:
        """Return the change as a unified diff of the module."""
        sides = [one.splitlines(keepends=True) for one in (self.source, self.changed)]
        return "".join(difflib.unified_diff(sides[0], sides[1], f"a/{self.module}", f"b/{self.module}", n=1))


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: `seen`, `survived`, `undecided`; test: the one that failed."""

    mutant: Mutant
    state: str
    test: str = ""


def main(arguments: list[str]) -> int:
    """Draw, try and tell; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("below", nargs="*", type=Path, metavar="PATH", help="only modules in these folders, or these")
    parser.add_argument("--seed", type=int, default=0, help="what the sample is drawn by (0)")
    parser.add_argument("--count", type=int, default=60, help="how many changes are tried (60)")
    parser.add_argument("--per-module", type=int, default=2, help="how many changes of one module at most (2)")
    parser.add_argument("--limit", type=float, default=300.0, help="how many seconds a change's tests may take (300)")
    asked = parser.parse_args(arguments)
    sample = draw(modules(asked.below), random.Random(asked.seed), asked.count, asked.per_module)
    if not sample:
        parser.error("nothing to change there")
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(Path(folder))
        outcomes = []
        for mutant in sample:
            outcomes.append(copy.tried(mutant, asked.limit))
            print(f"{outcomes[-1].state:9} {mutant}  {outcomes[-1].test}".rstrip(), flush=True)
        broken = copy.failing({one.test for one in outcomes if one.test})
    for one in outcomes:
        if one.test in broken:
            print(f"undecided {one.mutant}: {one.test} fails without it too")
    outcomes = [Outcome(one.mutant, "undecided") if one.test in broken else one for one in outcomes]
    return tell(outcomes, asked.seed)


def tell(outcomes: list[Outcome], seed: int) -> int:
    """Print what survived and the score; return the exit status."""
    for one in outcomes:
        if one.state == "survived":
            print(f"\n{one.mutant}\n{one.mutant.diff()}", end="")
    count = Counter(one.state for one in outcomes)
    decided = count["seen"] + count["survived"]
    score = count["seen"] / max(1, decided)
    print(f"\nseed {seed}: {count['seen']} of {decided} seen ({score:.1%}), {count['undecided']} undecided")
    return int(score < FLOOR)


def modules(below: list[Path]) -> list[Path]:
    """Return the modules that have tests of their own, as paths below the root: all of them, or those below some."""
    wanted = [ROOT / one for one in below]
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    chosen = [path for path in found if not wanted or any(path.is_relative_to(one) for one in wanted)]
    relative = [path.relative_to(ROOT) for path in chosen if path.name != "__init__.py"]
    return [path for path in relative if path.parts[:2] != ("engines", "testing") and own_tests(path)]


def draw(modules: list[Path], rng: random.Random, count: int, per_module: int) -> list[Mutant]:
    """Return so many changes of these modules, at most `per_module` of one; every other number is passed over."""
    sources = {one: (ROOT / one).read_text("utf-8") for one in modules}
    every = [Mutant(one, change, source) for one, source in sources.items() for change in mutations(source)]
    rng.shuffle(every)
    taken: list[Mutant] = []
    of_module: Counter[Path] = Counter()
    for mutant in every:
        # A third of all changes are numbers, and most of those say little.
        if of_module[mutant.module] >= per_module or (mutant.mutation.kind == "number" and rng.random() < 0.5):
            continue
        if not mutant.mutation.compiles_in(mutant.source):
            continue
        of_module[mutant.module] += 1
        taken.append(mutant)
        if len(taken) == count:
            break
    return taken


class Copy:
    """A copy of the tree, in which changes are tried."""

    def __init__(self, folder: Path) -> None:
        """Copy what git knows and does not ignore into a folder, with the environment behind a link."""
        self._root = folder / "tree"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
            cwd=ROOT, check=True, stdout=subprocess.PIPE,
        ).stdout  # fmt: skip
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (self._root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self._root / name)
        if (ROOT / ".venv").exists():
            (self._root / ".venv").symlink_to(ROOT / ".venv")
        self._knows_fast = (self._root / "tests" / "conftest.py").is_file()
        self._scratch = folder / "scratch"
        self._environ = os.environ | {
            "PYTHONPATH": str(self._root),
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTEST_DEBUG_TEMPROOT": str(self._scratch),
        }
        self._changes = 0

    def tried(self, mutant: Mutant, limit: float) -> Outcome:
        """Return what the module's own tests say of a change, within so many seconds."""
        path = self._root / mutant.module
        tests = [str(one.relative_to(ROOT)) for one in own_tests(mutant.module)]
        self._write(path, mutant.changed)
        try:
            # Most are seen by tests that take milliseconds; only what is left is worth the slow ones.
            for first in ([["-x", "--fast"]] if self._knows_fast else []) + [["-x"]]:
                status, failed = self._run([*first, *tests], limit)
                if failed:
                    return Outcome(mutant, "seen", failed[0])
        finally:
            self._write(path, mutant.source)
        return Outcome(mutant, "survived" if status == 0 else "undecided")

    def failing(self, tests: set[str]) -> set[str]:
        """Return those of some tests that fail in the tree as it is."""
        return set(self._run(sorted(tests), None)[1]) if tests else set()

    def _write(self, path: Path, source: str) -> None:
        """Write a source with a time of its own: what was compiled of another of the same size is not taken for it."""
        path.write_text(source, "utf-8")
        self._changes += 1
        os.utime(path, (self._changes, self._changes))

    def _run(self, arguments: list[str], limit: float | None) -> tuple[int | None, list[str]]:
        """Run pytest in the copy; return its exit status, None where it took too long, and the tests that failed."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        command = [sys.executable, "-m", "pytest", "-q", "-o", f"cache_dir={self._scratch / 'cache'}", *arguments]
        pytest = subprocess.Popen(
            command, cwd=self._root, env=self._environ, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            status: int | None = pytest.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _end(pytest)
        failed = self._scratch / "cache" / "v" / "cache" / "lastfailed"
        return status, list(json.loads(failed.read_text("utf-8"))) if failed.is_file() else []


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process, and on POSIX what it started and left."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
