"""The one number that the wire, the CLI and the package agree on; a test compares it with pyproject.toml."""

from __future__ import annotations

from typing import Final

HOST_VERSION: Final = "0.1.0"
