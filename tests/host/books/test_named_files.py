"""What a reader names beside the books is read, or refused: nothing is waited for, nothing is read without an end."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from host.books.named_files import read_named
from host.cli.app import app
from host.errors import BadRequest


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    assert read_named(tmp_path / "a.json", "The hints", "Name a JSON file.") == b"{}"


def test_what_is_too_large_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"x" * 5000)
    with pytest.raises(BadRequest, match="has over 0 MiB"):
        read_named(tmp_path / "a.json", "The hints", "Name a JSON file.", most=4999)
    with pytest.raises(BadRequest, match="cannot be read: No such file"):
        read_named(tmp_path / "b.json", "The hints", "Name a JSON file.")
    with pytest.raises(BadRequest, match="is a folder"):
        read_named(tmp_path, "The hints", "Name a JSON file.")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs that device")
def test_a_pipe_and_a_device_are_no_hints(irodori_home: Path, tmp_path: Path, pages: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for name in (tmp_path / "pipe.json", Path("/dev/zero")):
        done = CliRunner().invoke(
            app, ["colorize", str(pages / "panels-en.webp"), "-o", str(tmp_path / "out"), "--hints", str(name)]
        )
        assert done.exit_code == 2
        assert f"{name} is no file" in done.stderr
    assert not (tmp_path / "out").exists()
