"""Files that are generated: written where they are stale, only named with `--check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host import generated
from host.generated import stale_files, write_or_check

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[Path, str]:
    monkeypatch.setattr(generated, "REPOSITORY", tmp_path)
    (tmp_path / "current.md").write_text("ä\n", "utf-8")
    (tmp_path / "stale.md").write_text("old", "utf-8")
    return {tmp_path / "current.md": "ä\n", tmp_path / "stale.md": "new\n", tmp_path / "deep" / "new.md": "x\n"}


def test_with_a_check_stale_files_are_named_and_stay(
    wanted: dict[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    assert write_or_check(wanted) == 1
    assert capsys.readouterr().err == "not current: stale.md\nnot current: deep/new.md\n"
    assert [path.name for path in stale_files(wanted)] == ["stale.md", "new.md"]


def test_without_one_they_are_written_and_the_others_are_not_touched(
    wanted: dict[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["generate"])
    before = next(iter(wanted)).stat().st_mtime_ns
    assert write_or_check(wanted) == 0
    assert capsys.readouterr().err == "written: stale.md\nwritten: deep/new.md\n"
    assert {path: path.read_text("utf-8") for path in wanted} == wanted
    assert next(iter(wanted)).stat().st_mtime_ns == before
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    assert write_or_check(wanted) == 0
