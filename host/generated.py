"""Files of the repository that are generated from the code: write them, or say which are not current.

Standard library only.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

REPOSITORY: Final = Path(__file__).resolve().parents[1]


def stale_files(generated: Mapping[Path, str]) -> list[Path]:
    """Return the files that do not hold what they must."""
    return [path for path, text in generated.items() if not path.is_file() or path.read_text("utf-8") != text]


def write_or_check(generated: Mapping[Path, str]) -> int:
    """Write the stale files; with `--check` on the command line only name them. Return the exit status."""
    check = "--check" in sys.argv[1:]
    late = stale_files(generated)
    for path in late:
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated[path], "utf-8", newline="\n")
        sys.stderr.write(f"{'not current' if check else 'written'}: {path.relative_to(REPOSITORY)}\n")
    return 1 if check and late else 0
