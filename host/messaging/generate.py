"""Write what is generated from the message types: `python -m host.messaging.generate [--check]`.

With `--check` nothing is written; the exit status is 1 where a file is not current.
"""

from __future__ import annotations

import sys
from pathlib import Path

from host.messaging.page import protocol_page
from host.messaging.typescript import typescript

_ROOT = Path(__file__).parents[2]


def generated() -> dict[Path, str]:
    """Return what each generated file must hold."""
    return {
        _ROOT / "docs" / "PROTOCOL.md": protocol_page(),
        _ROOT / "extension" / "lib" / "protocol" / "messages.ts": typescript(),
    }


def stale() -> list[Path]:
    """Return the generated files that do not hold what they must."""
    return [path for path, text in generated().items() if not path.is_file() or path.read_text("utf-8") != text]


def main() -> int:
    """Write the files, or only name those that are not current."""
    check = "--check" in sys.argv[1:]
    for path in (late := stale()):
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated()[path], "utf-8", newline="\n")
        sys.stderr.write(f"{'not current' if check else 'written'}: {path.relative_to(_ROOT)}\n")
    return 1 if check and late else 0


if __name__ == "__main__":
    sys.exit(main())
