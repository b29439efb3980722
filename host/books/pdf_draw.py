"""One page of a PDF, drawn in a process of its own that can be ended: `python -m host.books.pdf_draw FILE PAGE SIDE`.

A PNG goes to stdout. Whatever a document makes pdfium do, it costs this process alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from host.books.book import UnreadablePage

_WALL_S: Final = 120
_PROCESSOR_S: Final = 20
_MEMORY_BYTES: Final = 2 << 30
_NO_LIBRARY: Final = 3
_ROOT: Final = Path(__file__).parents[2]
_WHAT_TO_INSTALL: Final = 'the page is drawn, not a picture; pip install "irodori[library]" to read it'


def draw_page(path: Path, number: int, side_px: int) -> bytes:
    """Return a page, from 0, as PNG; its longer side has `side_px` pixels.

    Raises:
        UnreadablePage: it cannot be drawn, within two minutes, 20 s of a processor and 2 GiB; or nothing here draws.
    """
    command = [sys.executable, "-P", "-m", "host.books.pdf_draw", os.fspath(path), str(number), str(side_px)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])}
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=_WALL_S, check=False
        )
    except (subprocess.TimeoutExpired, OSError) as exc:
        raise UnreadablePage("it takes too long to draw") from exc
    if done.returncode == _NO_LIBRARY:
        raise UnreadablePage(_WHAT_TO_INSTALL)
    if done.returncode or not done.stdout:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["its drawing was ended"]
        raise UnreadablePage(f"it cannot be drawn: {last[0][:200]}")
    return done.stdout


def main(path: str, number: int, side_px: int) -> int:
    """Draw the page; return an exit status."""
    _bound()
    try:
        import pypdfium2
    except ImportError:
        return _NO_LIBRARY
    page = pypdfium2.PdfDocument(path)[number]
    picture = page.render(scale=side_px / max(*page.get_size(), 1.0)).to_pil().convert("RGB")
    picture.save(sys.stdout.buffer, "PNG", compress_level=3)
    sys.stdout.buffer.flush()
    return 0


def _bound() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S, _PROCESSOR_S))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    os._exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
