"""`irodori library convert` and `cast`: volumes as another kind, and a series' figures in colour for its volumes."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from engines.geometry import Box
from host.cli.app import app
from host.cli.library.analyse import key_name
from host.library.cast import _chosen, _Figures
from host.secrets import secret_for
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def irodori(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["library", *map(str, arguments)])
    return done.exit_code, done.output


def test_volumes_become_folders_and_archives_again_with_the_same_pages(irodori_home: Path, tmp_path: Path) -> None:
    files = {"1.png": picture(1), "2.png": picture(2), "notes.txt": b"hello"}
    make_cbz(tmp_path / "shelf" / "S" / "v1.cbz", files)
    (tmp_path / "shelf" / "S" / "bad.cbr").write_bytes(b"Rar!\x1a\x07\x01\0")
    status, said = irodori("convert", tmp_path / "shelf", "-o", tmp_path / "folders", "--format", "folder")
    assert status == 1
    assert "S/bad  failed" in said
    for name, data in files.items():
        assert (tmp_path / "folders" / "S" / "v1" / name).read_bytes() == data
    status, said = irodori("convert", tmp_path / "folders" / "S", "-o", tmp_path / "again")
    assert status == 0, said
    with zipfile.ZipFile(tmp_path / "again" / "v1.cbz") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
    status, said = irodori("convert", tmp_path / "folders" / "S", "-o", tmp_path / "again")
    assert "1 volumes, 1 done before" in said


def test_pictures_are_chosen_for_what_the_others_do_not_show() -> None:
    def unit(*values: float) -> np.ndarray:
        return np.array(values, np.float32) / np.linalg.norm(values)

    pages = ["both-a", "b", "strange"]
    coloured = [
        _Figures(np.stack([unit(1, 0.01, 0)]), pages[0]),  # type: ignore[arg-type]
        _Figures(np.stack([unit(0, 1, 0.01)]), pages[1]),  # type: ignore[arg-type]
        _Figures(np.stack([unit(0, 0, 1)]), pages[2]),  # type: ignore[arg-type]
    ]
    figures = np.stack([unit(1, 0, 0), unit(1, 0.02, 0), unit(0, 1, 0)])
    assert _chosen(figures, coloured, 3, 0.8) == ["both-a", "b"]
    assert _chosen(figures, coloured, 1, 0.8) == ["both-a"]
    assert _chosen(figures, coloured[2:], 3, 0.8) == []
    assert Box(0, 0, 1, 1).area == 1


def test_a_series_lends_its_colours_to_a_grey_volume(irodori_home: Path, tmp_path: Path, pages: Path) -> None:
    coloured = (pages / "coloured-en.webp").read_bytes()
    buffer = io.BytesIO()
    Image.open(pages / "coloured-en.webp").convert("L").save(buffer, "PNG")
    grey = buffer.getvalue()
    make_cbz(tmp_path / "shelf" / "S" / "v1.cbz", {"1.webp": coloured})
    make_cbz(tmp_path / "shelf" / "S" / "v2.cbz", {"1.png": grey})
    make_cbz(tmp_path / "shelf" / "T" / "v1.cbz", {"1.png": grey})
    status, said = irodori("analyse", tmp_path / "shelf", "-o", tmp_path / "read", "--workers", 1)
    assert status == 0, said
    status, said = irodori("cast", tmp_path / "read", "-o", tmp_path / "cast")
    mapping = json.loads((tmp_path / "cast" / "references.json").read_text())
    assert mapping.keys() == {"S/v2"}
    assert (tmp_path / "cast" / mapping["S/v2"][0]).is_file()
    planned = irodori(
        *("colour", tmp_path / "shelf", "-o", tmp_path / "out", "--plan"),
        *("--references", tmp_path / "cast" / "references.json"),
    )
    assert planned[0] == 0, planned[1]


def test_a_key_goes_into_the_keyring_for_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    kept: dict[str, str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda _, name, value: kept.__setitem__(name, value))
    monkeypatch.setattr(keyring, "get_password", lambda _, name: kept.get(name))
    monkeypatch.setattr(keyring, "delete_password", lambda _, name: kept.pop(name))
    url = "https://models.example/v1"
    done = CliRunner().invoke(app, ["library", "key", url], input="sesame\n")
    assert done.exit_code == 0, done.output
    assert secret_for(key_name("https://models.example:443"), "https://models.example:443") == "sesame"
    assert secret_for(key_name("https://models.example:443"), "https://evil.example:443") is None
    assert "sesame" not in done.output
    assert irodori("key", url, "--forget")[0] == 0
    assert kept == {}
    assert irodori("key", "ftp://x")[0] == 2
