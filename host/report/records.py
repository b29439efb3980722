"""The records of pictures that a report holds, to make them again."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from host.report.report import RECORD_BEGINS, RECORD_ENDS

BYTES_MAX: Final = 1 << 30
_RECORD: Final = re.compile(re.escape(RECORD_BEGINS).encode() + b"(.*?)" + re.escape(RECORD_ENDS).encode(), re.DOTALL)


def records_of(report: bytes) -> list[bytes]:
    """Return the JSON of each `runmeta` in a report, in its order; of a file that is no report, nothing."""
    return [unescape(found[1].decode("utf-8", "replace")).encode() for found in _RECORD.finditer(report)]
