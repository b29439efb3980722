"""A page of a PDF is drawn in a process that is bound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from host.books import pdf_draw
from host.books.book import UnreadablePage

resource = pytest.importorskip("resource")


def test_a_drawing_process_leaves_no_core_and_has_so_much_processor_and_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounds: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda *one: bounds.append(one))
    pdf_draw._bound()
    wanted = [(resource.RLIMIT_CORE, (0, 0)), (resource.RLIMIT_CPU, (20, 20))]
    wanted += [(resource.RLIMIT_DATA, (2 << 30, 2 << 30))] if sys.platform == "linux" else []
    assert bounds == wanted
    bounds.clear()
    monkeypatch.setattr(sys, "platform", "win32")
    pdf_draw._bound()
    assert not bounds


@pytest.mark.parametrize(
    ("returncode", "out", "err", "words"),
    [
        (0, b"png", b"", ""),
        (3, b"", b"", 'the page is drawn, not a picture; pip install "irodori[library]" to read it'),
        (1, b"png", b"Traceback\nPdfiumError: no page\n", "it cannot be drawn: PdfiumError: no page"),
        (-9, b"", b"", "it cannot be drawn: its drawing was ended"),
        (0, b"", b"", "it cannot be drawn: its drawing was ended"),
        (1, b"", b"x" * 300, "it cannot be drawn: " + "x" * 200),
    ],
)
def test_what_became_of_it_is_said(
    monkeypatch: pytest.MonkeyPatch, returncode: int, out: bytes, err: bytes, words: str
) -> None:
    asked: list[tuple[list[str], dict[str, object]]] = []

    def run(command: list[str], **facts: object) -> subprocess.CompletedProcess[bytes]:
        asked.append((command, facts))
        return subprocess.CompletedProcess(command, returncode, out, err)

    monkeypatch.setattr(pdf_draw.subprocess, "run", run)
    if words:
        with pytest.raises(UnreadablePage) as told:
            pdf_draw.draw_page(Path("a.pdf"), 4, 1600)
        assert str(told.value) == words
    else:
        assert pdf_draw.draw_page(Path("a.pdf"), 4, 1600) == out
    ((command, facts),) = asked
    assert command[-4:] == ["host.books.pdf_draw", "a.pdf", "4", "1600"]
    assert facts["timeout"] == 120
    assert facts["stdin"] == subprocess.DEVNULL


@pytest.mark.parametrize("fault", [subprocess.TimeoutExpired("python", 120), OSError("no processes")])
def test_what_takes_too_long_is_ended_and_said(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def run(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(pdf_draw.subprocess, "run", run)
    with pytest.raises(UnreadablePage, match="it takes too long to draw"):
        pdf_draw.draw_page(Path("a.pdf"), 0, 100)
