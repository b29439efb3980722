"""What libraries remark of a user's files is not printed; whoever asks Python for it sees it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

_REMARK = "import warnings; warnings.warn('a remark')"
_OF_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_REMARK!r}], check=True)"


@pytest.mark.parametrize(("flags", "is_told"), [((), False), (("-Wdefault",), True)])
@pytest.mark.parametrize("asked", [_REMARK, _OF_A_CHILD])
def test_remarks_are_not_printed_here_or_by_children(flags: tuple[str, ...], asked: str, *, is_told: bool) -> None:
    code = f"from host.cli import quiet_libraries; quiet_libraries(); {asked}"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    done = subprocess.run([sys.executable, *flags, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert ("a remark" in done.stderr) == is_told
