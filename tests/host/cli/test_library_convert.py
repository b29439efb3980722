"""`irodori library convert` and `cast` in this process: volumes as another kind, what is kept, what is said."""

from __future__ import annotations

import zipfile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.cli.library import convert as module
from host.cli.library.convert import cast, convert
from host.errors import BadRequest
from host.library.manifest import FOLDER
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("irodori_home")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for number in (1, 2):
        make_cbz(tmp_path / "shelf" / "S" / f"v{number}.cbz", {"1.png": picture(number), "2.png": picture(number + 2)})
    return tmp_path / "shelf"


def converted(shelf: Path, capsys: pytest.CaptureFixture[str], kind: Any = "folder", *, retry: bool = False) -> Any:
    """Return the status, what was said, and the files that are there."""
    out = shelf.parent / "out"
    status = convert([shelf], out, kind, retry=retry)
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() and FOLDER not in path.parts}
    return status, capsys.readouterr().err.splitlines(), files


def test_volumes_become_folders_once_with_their_pages_as_they_were(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shelf.parent / "out"
    status, said, files = converted(shelf, capsys)
    assert (status, said) == (0, [f"2 volumes, 0 done before, 0 with failures -> {out}"])
    assert files == {f"S/v{number}/{page}.png" for number in (1, 2) for page in (1, 2)}
    assert (out / "S" / "v2" / "1.png").read_bytes() == picture(2)
    assert not (out / FOLDER / "waiting").exists()
    make_cbz(shelf / "S" / "v3.cbz", {"1.png": picture(9)})
    status, said, files = converted(shelf, capsys)
    assert said == [f"3 volumes, 2 done before, 0 with failures -> {out}"]
    assert "S/v3/1.png" in files


@pytest.mark.parametrize("kind", ["cbz", "pdf"])
def test_another_kind_is_another_order(kind: str, shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    converted(shelf, capsys)
    status, said, files = converted(shelf, capsys, kind)
    assert (status, said) == (0, [f"2 volumes, 0 done before, 0 with failures -> {shelf.parent / 'out'}"])
    assert {f"S/v1.{kind}", f"S/v2.{kind}"} <= files
    if kind == "cbz":
        with zipfile.ZipFile(shelf.parent / "out" / "S" / "v1.cbz") as archive:
            assert archive.read("1.png") == picture(1)


def test_what_failed_is_said_and_done_again_where_that_is_asked_for(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shelf / "S" / "v2.cbz").write_bytes(b"PK\3\4")
    status, said, files = converted(shelf, capsys)
    assert status == 1
    assert said[0].startswith("S/v2  failed: ")
    assert len(said[0]) > len("S/v2  failed: ")
    assert said[1] == f"2 volumes, 0 done before, 1 with failures -> {shelf.parent / 'out'}"
    assert files == {"S/v1/1.png", "S/v1/2.png"}
    status, said, _ = converted(shelf, capsys, retry=True)
    assert (status, len(said)) == (1, 2)
    assert said[-1].startswith("2 volumes, 1 done before, 1 with failures")


def test_a_damaged_page_goes_along_as_it_is(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shelf / "S" / "v2.cbz"
    damaged = picture(4).replace(picture(4)[40:60], bytes(20), 1)
    path.write_bytes(path.read_bytes().replace(picture(4)[40:60], bytes(20), 1))
    assert converted(shelf, capsys)[0] == 0
    assert (shelf.parent / "out" / "S" / "v2" / "2.png").read_bytes() == damaged


def test_where_there_is_no_volume_nothing_is_done(tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    with pytest.raises(BadRequest) as told:
        convert([tmp_path / "shelf"], tmp_path / "out", "cbz", retry=False)
    assert told.value.message == "There is no volume there."
    assert told.value.hint.startswith("Name folders with volumes")


@pytest.mark.parametrize(("mapping", "status"), [({"S/v1": ["a.png"]}, 0), ({}, 1)])
def test_a_cast_says_how_many_volumes_have_pictures(
    mapping: dict[str, list[str]], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked: list[Any] = []
    shelf = SimpleNamespace(volumes=[1, 2, 3])
    monkeypatch.setattr(module, "AnalysedShelf", lambda root: asked.append(root) or shelf)
    monkeypatch.setattr(module, "make_mapping", lambda *what: asked.append(what) or mapping)
    assert cast(tmp_path / "read", tmp_path / "out", 5) == status
    assert (
        capsys.readouterr().err
        == f"{len(mapping)} of 3 volumes have pictures -> {tmp_path / 'out' / 'references.json'}\n"
    )
    root, (of_shelf, embedder, output, most) = asked
    assert (root, of_shelf, output, most) == (tmp_path / "read", shelf, tmp_path / "out", 5)
    assert embedder.info.id == "compact"
