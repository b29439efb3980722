"""Registers the host with browsers; standard library only."""

import sys
from pathlib import Path

# `python -m installer` looks first into the folder that it is called in; a `host` package there is not ours.
if sys.path and (Path(sys.path[0] or ".").resolve() / "host").is_dir():
    _here = Path(sys.path[0] or ".").resolve()
    if _here != Path(__file__).resolve().parent.parent and "host" not in sys.modules:
        del sys.path[0]
