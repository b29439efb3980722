"""All commands of `irodori library`: importing their declarations joins them to the group."""

from __future__ import annotations

from host.cli.library import aligning as aligning
from host.cli.library import searching as searching
from host.cli.library import understanding as understanding
from host.cli.library.commands import library as library
