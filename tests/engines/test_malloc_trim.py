"""What glibc's allocator is asked to do, and that nothing is asked of another one."""

from __future__ import annotations

import sys

import pytest

from engines import malloc_trim


class Libc:
    def __init__(self) -> None:
        self.asked: list[tuple[str, int, int]] = []

    def mallopt(self, what: int, value: int) -> None:
        self.asked.append(("mallopt", what, value))

    def malloc_trim(self, kept: int) -> None:
        self.asked.append(("trim", kept, 0))


def test_one_heap_is_kept_small(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Libc()
    monkeypatch.setattr(malloc_trim, "_libc", lambda: libc)
    malloc_trim.keep_one_small_heap()
    assert libc.asked == [("mallopt", -8, 1), ("mallopt", -3, 16 * 2**20), ("mallopt", -1, 4 * 2**20)]  # malloc.h


def test_all_that_is_free_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Libc()
    monkeypatch.setattr(malloc_trim, "_libc", lambda: libc)
    malloc_trim.return_free_memory()
    assert libc.asked == [("trim", 0, 0)]


def test_other_allocators_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(malloc_trim, "_libc", lambda: None)
    malloc_trim.keep_one_small_heap()
    malloc_trim.return_free_memory()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_glibc_is_looked_for_on_linux_alone(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    assert malloc_trim._libc.__wrapped__() is None
    monkeypatch.undo()
    if sys.platform == "linux":
        assert malloc_trim._libc() is malloc_trim._libc()
