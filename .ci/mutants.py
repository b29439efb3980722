"""Change one line after another and see whether a test of its own notices (cosmic-ray).

    python .ci/mutants.py                          # every module of the table
    python .ci/mutants.py keys order               # only some
    python .ci/mutants.py --sample 40 scheduler    # at most so many changes of each, the same ones every time
    python .ci/mutants.py host/pipeline/tint.py    # any other file, by the tests that `.ci/own_tests.py` finds

Prints for each module how many changes were seen and lists those that were not. Exit status 1 if fewer than FLOOR were.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkItem, WorkResult
from own_tests import own_tests

ROOT = Path(__file__).resolve().parents[1]
FLOOR = 0.95


class Module(NamedTuple):
    """A file in which a wrong line would reach a reader, and the tests that are to notice."""

    file: str
    tests: str


MODULES = {
    "keys": Module("host/store/keys.py", "tests/host/store/test_keys.py"),
    "queue": Module("host/jobs/queue.py", "tests/host/jobs/test_queue.py"),
    "scheduler": Module("host/jobs/scheduler.py", "tests/host/jobs"),
    "compose": Module(
        "host/pipeline/compose/compose.py",
        "tests/host/pipeline/test_compose.py tests/host/pipeline/test_paper_colour.py",
    ),
    "paper": Module("host/pipeline/compose/paper.py", "tests/host/pipeline/test_compose.py"),
    "align": Module("host/pipeline/compose/align.py", "tests/host/pipeline/test_compose.py"),
    "review": Module("host/pipeline/generation/review.py", "tests/host/pipeline/test_generation.py"),
    "order": Module("host/pipeline/analysis/layout/order.py", "tests/host/pipeline/test_order.py"),
    "framing": Module("host/messaging/framing.py", "tests/host/messaging/test_framing.py"),
}


# Changes that nobody could notice, by a line of the source and what was replaced in it.
EXPLAINED = {
    (
        "return host.area >= _HOST_MIN * box.area and host.intersection(box).area >= _INSIDE * box.area > 0",
        "ReplaceComparisonOperator_Gt_NotEq",
    ): "no area is negative",
    ("for _ in range(2):", "NumberReplacer"): "a third round changes no level",
    ("if len(frame.held) != frame.size:", "ReplaceComparisonOperator_NotEq_Lt"): "more was refused before",
    ('start, stop = (box.top, box.bottom) if axis == "rows" else (box.left, box.right)',
     "ReplaceComparisonOperator_Eq_GtE"): "the other axis sorts before it",
    ("return 0, self.wanted[page.page_id], page.index, page.page_id", "NumberReplacer"): "still before 1 and 2",
    ("return (1 if page.visible else 2), 0, page.index, page.page_id", "NumberReplacer"): "the same order",
    ("last_turn: int = -1", "NumberReplacer"): "still before the first turn",
    ("self._turn = 0", "NumberReplacer"): "turns only grow; from where says nothing",
    ("self._turn += 1", "NumberReplacer"): "turns only grow; by how much says nothing",
    ("if len(held) < len(group):", "ReplaceComparisonOperator_Lt_IsNot"): "none can be held twice",
    ("if len(held) < len(group):", "ReplaceComparisonOperator_Lt_NotEq"): "none can be held twice",
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Try the modules and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(MODULES)
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help=f"a file, or of {names}; without one, all of these"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="try at most N changes of each module")
    asked = parser.parse_args(arguments)
    unknown = [one for one in asked.modules if one not in MODULES and not (ROOT / one).is_file()]
    if unknown:
        parser.error(f"no such module: {', '.join(sorted(unknown))}; there are {names}, and files")
    modules = {name: MODULES.get(name) or of_file(name) for name in asked.modules or MODULES}
    return int(min(try_module(name, module, asked.sample) for name, module in modules.items()) < FLOOR)


def of_file(name: str) -> Module:
    """Return a file that has no name here, with the tests that are its own."""
    return Module(name, " ".join(str(path.relative_to(ROOT)) for path in own_tests(Path(name))))


def try_module(name: str, module: Module, most: int | None = None) -> float:
    """Return the share of the module's mutants that its tests notice, and print the others."""
    with tempfile.TemporaryDirectory() as folder:
        config, session = Path(folder) / "config.toml", Path(folder) / "session.sqlite"
        config.write_text(configuration(module), "utf-8")
        cosmic_ray("init", config, session)
        with use_db(str(session), WorkDB.Mode.open) as db:
            skip(db, lines_that_do_nothing((ROOT / module.file).read_text("utf-8")))
            if most is not None:
                keep_sample(db, most)
        cosmic_ray("exec", config, session)
        with use_db(str(session), WorkDB.Mode.open) as db:
            outcomes = dict(db.results)
            tried = [one for one in db.work_items if outcomes[one.job_id].worker_outcome != WorkerOutcome.SKIPPED]
    survived = [item for item in tried if outcomes[item.job_id].test_outcome == TestOutcome.SURVIVED]
    lines = (ROOT / module.file).read_text("utf-8").splitlines()
    alive = [item for item in survived if not is_explained(item, lines)]
    seen, explained = len(tried) - len(survived), len(survived) - len(alive)
    score = seen / max(1, len(tried) - explained)
    print(f"{name}: {seen} of {len(tried)} seen, {explained} explained ({score:.0%})", flush=True)
    for item in alive:
        for mutation in item.mutations:
            print(f"    {module.file}:{mutation.start_pos[0]} {mutation.operator_name.split('/')[-1]}")
    return score


def is_explained(item: WorkItem, lines: list[str]) -> bool:
    """Tell whether a change is known to be one that nobody could notice."""
    return all(
        (lines[mutation.start_pos[0] - 1].strip(), mutation.operator_name.split("/")[-1]) in EXPLAINED
        for mutation in item.mutations
    )


def cosmic_ray(step: str, config: Path, session: Path) -> None:
    """Run one of its commands."""
    command = [sys.executable, "-m", "cosmic_ray.cli", step, str(config), str(session)]
    # A change within a second that leaves the file's size alone would run as what was compiled before.
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environ)


def lines_that_do_nothing(source: str) -> set[int]:
    """Return the lines of annotations, type checkers' blocks and decorators, where no change reaches anybody."""
    quiet: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        silent: list[ast.AST | None] = []
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            silent = [node]
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            silent = list(node.decorator_list)
            if isinstance(node, ast.FunctionDef):
                arguments = [*node.args.args, *node.args.kwonlyargs]
                silent += [node.returns, *(one.annotation for one in arguments)]
        elif isinstance(node, ast.AnnAssign):
            silent = [node.annotation]
        for one in silent:
            if isinstance(one, (ast.expr, ast.stmt)):
                quiet.update(range(one.lineno, (one.end_lineno or one.lineno) + 1))
    return quiet


def skip(db: WorkDB, lines: set[int]) -> None:
    """Set aside the changes that lie on these lines."""
    for item in list(db.work_items):
        if any(mutation.start_pos[0] in lines for mutation in item.mutations):
            db.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def keep_sample(db: WorkDB, most: int) -> None:
    """Set aside all but so many of the changes, spread over the file and the same ones every time."""
    pending = sorted(db.pending_work_items, key=lambda item: str(item.mutations))
    for item in random.Random(0).sample(pending, max(0, len(pending) - most)):
        db.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def configuration(module: Module) -> str:
    """Return cosmic-ray's configuration for a module."""
    command = f"{sys.executable} -m pytest -x -q -p no:cacheprovider {module.tests}"
    return (
        f"[cosmic-ray]\nmodule-path = '{module.file}'\ntimeout = 120.0\nexcluded-modules = []\n"
        f"test-command = '{command}'\n[cosmic-ray.distributor]\nname = 'local'\n"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
