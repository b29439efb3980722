"""Names in any script, whatever the locale: the command runs in UTF-8."""

from __future__ import annotations

import os
import sys
from typing import Final

_SWITCH: Final = "PYTHONUTF8"


def require_utf8() -> None:
    """Start the command anew in UTF-8 where the locale's encoding is another: it would not hold all names of pages.

    Python does so by itself for the locales C and POSIX, but not for those of other encodings, or where it was told
    not to.
    """
    if sys.platform != "win32" and sys.getfilesystemencoding() != "utf-8" and os.environ.get(_SWITCH) != "1":
        os.environ[_SWITCH] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
