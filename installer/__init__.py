"""Registers the host with browsers; standard library only."""

import sys
from pathlib import Path

# `python -m installer` looks first into the folder that it is called in; a `host` package there is not ours.
_here = Path(sys.path[0] or ".").resolve() if sys.path else Path()
_theirs = (_here / "host").is_dir() or (_here / "host.py").is_file()
if _theirs and _here != Path(__file__).resolve().parent.parent and "host" not in sys.modules:
    del sys.path[0]
