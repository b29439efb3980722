"""The pipeline's version, apart from its code, so that asking the cache imports nothing heavy."""

from __future__ import annotations

from typing import Final

PIPELINE_VERSION: Final = "14"
"""A part of the cache key: raise it whenever the same page, engine and plan would give other pixels."""
