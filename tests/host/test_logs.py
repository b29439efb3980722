"""The log file: shared by hosts, turned over, and never in the way."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import pytest

from host.logs import TurningFileHandler, start_log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def _root_logger() -> Iterator[None]:
    root, raising = logging.getLogger(), logging.raiseExceptions
    handlers, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:], logging.raiseExceptions = handlers, raising
    root.setLevel(level)


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("n", logging.INFO, "p", 1, text, None, None)


def test_a_grown_file_is_turned_over_and_the_host_beside_follows(tmp_path: Path) -> None:
    path = tmp_path / "host.log"
    one, other = TurningFileHandler(path, limit_bytes=20), TurningFileHandler(path, limit_bytes=20)
    one.emit(record("a line of more than twenty bytes"))
    other.emit(record("short"))
    one.emit(record("too"))
    assert (tmp_path / "host.log.1").read_text().splitlines() == ["a line of more than twenty bytes"]
    assert path.read_text().splitlines() == ["short", "too"]
    one.close()
    other.close()


@pytest.mark.usefixtures("_root_logger")
def test_a_log_whose_folder_vanishes_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "host.log"
    start_log(path)
    logging.getLogger("irodori").info("first")
    assert "first" in path.read_text()
    shutil.rmtree(path.parent)
    logging.getLogger("irodori").info("second")


@pytest.mark.usefixtures("_root_logger")
def test_without_a_writable_folder_errors_go_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").write_text("a file in the way")
    start_log(tmp_path / "logs" / "host.log")
    logging.getLogger("irodori").error("out of luck")
    assert "out of luck" in capsys.readouterr().err
