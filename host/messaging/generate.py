"""Write what is generated from the message types: `python -m host.messaging.generate [--check]`.

With `--check` nothing is written; the exit status is 1 where a file is not current.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from host.generated import REPOSITORY, stale_files, write_or_check
from host.messaging.protocol_doc import protocol_page
from host.messaging.typescript import typescript

if TYPE_CHECKING:
    from pathlib import Path


def generated() -> dict[Path, str]:
    """Return what each generated file must hold."""
    return {
        REPOSITORY / "docs" / "PROTOCOL.md": protocol_page(),
        REPOSITORY / "extension" / "lib" / "protocol" / "messages.ts": typescript(),
    }


def stale() -> list[Path]:
    """Return the generated files that do not hold what they must."""
    return stale_files(generated())


def main() -> int:
    """Write the files, or only name those that are not current."""
    return write_or_check(generated())


if __name__ == "__main__":
    sys.exit(main())
