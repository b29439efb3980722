"""The sampler of small mistakes: what it changes, what it leaves alone, and what it says of a tree's tests."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from types import ModuleType

CI: Final = Path(__file__).parents[1] / ".ci"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, CI / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


MUTATIONS: Final = load("mutations")


def changed(source: str) -> dict[str, set[str]]:
    """Return what becomes of a source, by the kind of change."""
    found: dict[str, set[str]] = {}
    for one in MUTATIONS.mutations(source):
        found.setdefault(one.kind, set()).add(one.applied_to(source))
    return found


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        ("a < b", "comparison", {"(a <= b)"}),
        ("a is not b", "comparison", {"(a is b)"}),
        ("a if b else c", "swap-branches", {"(c if b else a)"}),
        ("a and b and c", "and-or", {"((a) or (b) or (c))"}),
        ("a and b and c", "drop-last-operand", {"((a) and (b))"}),
        ("a or b", "drop-first-operand", {"((b))"}),
        ("a // b", "operator", {"((a) * (b))"}),
        ("not a", "drop-not", {"bool(a)"}),
        ("1", "number", {"2"}),
        ("31", "number", {"32"}),
        ("32", "number", {"64"}),
        ("_A: Final = 0.5\nb < _A", "comparison", {"_A: Final = 0.5\n(b >= _A)"}),
        ("_A = 0.5\n2 * _A >= b", "comparison", {"_A = 0.5\n(2 * _A < b)"}),
        ("a <= 0.5", "comparison", {"(a > 0.5)"}),
        ("_A = 2\nb > _A", "comparison", {"_A = 2\n(b >= _A)"}),
        ("a > 0.0", "comparison", {"(a >= 0.0)"}),
        ("a == 0.5", "comparison", {"(a != 0.5)"}),
        ("0.0", "number", {"1.0"}),
        ("2.5", "number", {"5.0"}),
        ("True", "constant", {"False"}),
        ("sorted(a)", "drop-order", {"list(a)"}),
        ("min(a, b)", "other-function", {"max(a, b)"}),
        ("any(a)", "other-function", {"all(a)"}),
        ("f(a, b)", "swap-arguments", {"f(b, a)"}),
        ("if a: b", "invert-if", {"if not (a): b"}),
        ("if a: b", "if-false", {"if False: b"}),
        ("def f(): return a", "return-none", {"def f(): return None"}),
        ("f()", "drop-call", {"pass"}),
        ("a.b = c", "drop-assignment", {"pass"}),
        ("a += 1", "drop-assignment", {"pass"}),
        ("for a in b: break", "break-continue", {"for a in b: continue"}),
        ("for a in b: continue", "continue-break", {"for a in b: break"}),
        ("raise ValueError(1)", "drop-raise", {"pass"}),
    ],
)
def test_a_mistake_of_each_kind(source: str, kind: str, expected: set[str]) -> None:
    assert changed(source)[kind] == expected


@pytest.mark.parametrize(
    "source",
    [
        "def f(a: Literal[1], *b: Literal[2]) -> Literal[3]: ...",
        "a: Literal[1]",
        "@f(1)\ndef g(): ...",
        "@f(1)\nclass A: ...",
        "if TYPE_CHECKING:\n    f()",
        "if __name__ == '__main__':\n    f()",
        "_LOG.info('x', 1)",
        "f'{1}'",
        "a = b",
        "'%s' % a",
        "class A(Struct, frozen=True, kw_only=True): ...",
        "zip(a, strict=True)",
        "_LOG.debug('x')",
        "isinstance",
    ],
)
def test_what_reaches_nobody_is_left_as_it_is(source: str) -> None:
    assert set(changed(source)) <= ({"drop-call"} if source.startswith("zip") else set())


def test_what_a_record_says_and_a_warning_are_not_left_alone() -> None:
    assert changed("class A(Struct, omit_defaults=True): ...") == {
        "constant": {"class A(Struct, omit_defaults=False): ..."}
    }
    assert changed("_LOG.warning('x', 1)") == {"drop-call": {"pass"}}


def test_the_text_of_an_error_is_left_as_it_is_but_not_the_error() -> None:
    assert changed("raise Bad(1, text=2)") == {"drop-raise": {"pass"}}


def test_a_change_behind_letters_of_many_bytes_is_at_its_place() -> None:
    assert changed("f('日本', 1)")["number"] == {"f('日本', 2)"}
    assert changed("x = (\n    '日' +\n    1)")["number"] == {"x = (\n    '日' +\n    2)"}


def test_what_is_no_python_any_more_is_told() -> None:
    source = "import a.b"
    assert MUTATIONS.Mutation((1, 0), (1, 6), "pass", "x").compiles_in(source) is False
    assert MUTATIONS.Mutation((1, 9), (1, 10), "c", "x").compiles_in(source) is True


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a repository with two modules, of which one has tests that see a part of what may go wrong."""
    for name in ("mutants_sample", "mutations", "own_tests"):
        (tmp_path / ".ci").mkdir(exist_ok=True)
        shutil.copy2(CI / f"{name}.py", tmp_path / ".ci")
    files = {
        "host/__init__.py": "",
        "host/ages.py": "def is_of_age(years):\n    return years >= 18\n",
        "host/untested.py": "def double(a):\n    return a * 2\n",
        "tests/modules.toml": "",
        "tests/host/test_ages.py": (
            "from host.ages import is_of_age\n\n\ndef test_ages():\n"
            "    assert is_of_age(30) is True\n    assert is_of_age(3) is False\n"
        ),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def sampled(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ".ci/mutants_sample.py", "--per-module", "9", *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_what_no_test_saw_is_shown_and_the_tree_stays_as_it_is(tree: Path) -> None:
    """The bound is a number that no test looks at from near: neither 19 for 18 nor > for >= is seen."""
    source = (tree / "host" / "ages.py").read_text("utf-8")
    done = sampled(tree, "--count", "9", "--seed", "4")
    lines = done.stdout.splitlines()
    assert "seen      host/ages.py:2 return-none  tests/host/test_ages.py::test_ages" in lines, done.stderr
    assert "survived  host/ages.py:2 comparison" in lines
    assert "-    return years >= 18" in lines
    assert "+    return (years > 18)" in lines
    assert "untested" not in done.stdout
    assert lines[-1].startswith("seed 4: 1 of ")
    assert done.returncode == 1
    assert (tree / "host" / "ages.py").read_text("utf-8") == source
    assert sampled(tree, "--count", "9", "--seed", "4", "host/ages.py").stdout == done.stdout


@pytest.mark.slow
def test_a_test_that_fails_anyway_sees_nothing(tree: Path) -> None:
    test = tree / "tests" / "host" / "test_ages.py"
    test.write_text(test.read_text("utf-8") + "\n\ndef test_broken():\n    assert False\n", "utf-8")
    done = sampled(tree, "--count", "9")
    assert "test_broken fails without it too" in done.stdout, done.stderr
    assert "seed 0: 1 of 1 seen (100.0%)" in done.stdout
    assert done.returncode == 0


def test_where_nothing_has_tests_of_its_own_nothing_is_drawn(tree: Path) -> None:
    done = sampled(tree, "host/untested.py")
    assert done.returncode == 2
    assert "nothing to change there" in done.stderr
