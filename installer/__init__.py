"""Registers the host with browsers; standard library only."""

import os
import sys

# `python -m installer` looks first into the folder that it is called in; whatever modules lie there are not ours.
_ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - pathlib may be theirs
if sys.argv[:1] == ["-m"] and sys.path and os.path.realpath(sys.path[0] or ".") == os.path.realpath(".") != _ROOT:
    del sys.path[0]
