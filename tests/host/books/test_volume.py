"""A volume within a volume: what it was read from goes with it, whatever happens."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from host.books.volume import _Closing


def test_the_book_is_closed_before_its_file_goes() -> None:
    closed: list[str] = []
    book, scratch = (SimpleNamespace(close=lambda name=name: closed.append(name)) for name in ("book", "scratch"))
    _Closing(book, scratch)()  # type: ignore[arg-type]
    assert closed == ["book", "scratch"]


def test_the_file_goes_though_the_book_does_not_close() -> None:
    closed: list[str] = []

    def fails() -> None:
        raise OSError("it does not close")

    book, scratch = SimpleNamespace(close=fails), SimpleNamespace(close=lambda: closed.append("scratch"))
    with pytest.raises(OSError, match="does not close"):
        _Closing(book, scratch)()  # type: ignore[arg-type]
    assert closed == ["scratch"]
