"""The pipeline's version, apart from its code, so that asking the cache imports nothing heavy."""

from __future__ import annotations

from typing import Final

PIPELINE_VERSION: Final = "14"
"""A part of the cache key: raise it whenever the same page, engine and plan would give other pixels."""

READING_VERSION: Final = "a294344ee4da1557"
"""What of the code tells the author's colour from scans, so which pages are coloured at all; not in the key.

A cached page that other rules read is read once more, and stays where they say the same of it. A digest of the
modules' lines: `tests/host/pipeline/test_version.py` holds it to them and prints the new one.
"""
