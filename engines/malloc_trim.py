"""What the allocator keeps for later: as little as the work allows."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any, Final

# Of glibc's malloc.h.
_ARENA_MAX: Final = -8
_MMAP_THRESHOLD: Final = -3
_TRIM_THRESHOLD: Final = -1
# The system clears each page of an array outside of the heap anew. Ten pages of 1200 x 1800 in the host and by
# command line, one run each: with 4 MiB 12.3 and 11.5 s, 408 and 401 MB at the highest; with 16 MiB, under which are
# one plane of such a page and its masks, 11.1 and 10.5 s, 410 and 419 MB; with 32 MiB 11.6 and 10.2 s, 417 and 458 MB.
_LARGE_BYTES: Final = 16 << 20
# At the heap's end: glibc by itself would give it back with every array that is freed there.
_FREE_AT_TOP_BYTES: Final = 4 << 20


def keep_one_small_heap() -> None:
    """Let all threads of glibc's allocator share one heap, and large arrays lie outside of it.

    Heaps of their own would keep what their threads' largest steps took. And glibc by itself moves its limit for what
    is large up to 32 MB: then a page's planes lie in the heap, and what is free between them stays until the next trim.
    Measured on ten pages of 1200 x 1800: the one saves about 100 MB at the highest, the other as much again.
    """
    libc = _libc()
    if libc is not None:
        libc.mallopt(_ARENA_MAX, 1)
        libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_TRIM_THRESHOLD, _FREE_AT_TOP_BYTES)


def return_free_memory() -> None:
    """Let glibc give its free pages back; elsewhere the system's allocator does so by itself.

    After every step of a page, so that what one leaves free does not stand beside what the next takes: about 7 ms.
    """
    libc = _libc()
    if libc is not None:
        libc.malloc_trim(0)


@cache
def _libc() -> Any:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    return libc if hasattr(libc, "malloc_trim") else None
