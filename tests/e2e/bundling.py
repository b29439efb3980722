"""Modules of the extension as one script, for tests that run them in a page without the extension."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

EXTENSION: Final = Path(__file__).parents[2] / "extension"


def bundled(entry: str) -> str:
    """Return what a TypeScript `entry` imports as one script for Chromium; texts are those of the last build."""
    aliases = [f"--alias:@={EXTENSION}", f"--alias:#i18n={EXTENSION}/.wxt/i18n/index.ts"]
    browser = "--define:import.meta.env.FIREFOX=false"  # what the build says of it
    command = ["node_modules/.bin/esbuild", "--bundle", "--format=iife", *aliases, browser, "--loader=ts"]
    return subprocess.run(command, cwd=EXTENSION, input=entry, capture_output=True, text=True, check=True).stdout
