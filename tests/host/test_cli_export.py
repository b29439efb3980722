"""`irodori export`: the colour that is in the cache, as one file."""

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from host.books.book import BookPage
from host.books.chapter_file import Picture
from host.cli import export
from host.store.store import Store
from host.vocabulary import ExportFormat
from tests.host.test_cli import irodori

pytestmark = pytest.mark.slow


@pytest.fixture
def comic(tmp_path: Path, pages: Path) -> Path:
    """A folder with two small grey pages and one that is no picture inside."""
    folder = tmp_path / "Rain Town"
    folder.mkdir()
    for target, source in {"2.png": "panels-en.webp", "10.png": "insets-en.jpg"}.items():
        with Image.open(pages / source) as picture:
            picture.resize((picture.width // 4, picture.height // 4)).save(folder / target)
    (folder / "11.png").write_bytes(b"broken")
    return folder


def test_coloured_pages_and_the_others_as_they_were_in_one_file(
    irodori_home: Path, comic: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.cbz"
    early = irodori(irodori_home, "export", comic, "-o", target)
    assert early.returncode == 2
    assert "irodori colorize" in early.stderr
    assert not target.exists()

    out = tmp_path / "coloured"
    assert irodori(irodori_home, "colorize", comic / "2.png", "-o", out).returncode == 0
    done = irodori(irodori_home, "export", comic, "-o", target, "--chapter", "3", "--direction", "rtl")
    assert done.returncode == 0, done.stderr
    assert "1 of 3 pages in colour" in done.stderr
    assert "2: 10.png, as it was" in done.stderr
    assert "3: 11.png, as it was" in done.stderr
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["001.png", "002.png", "003.bin", "ComicInfo.xml"]
        assert archive.read("001.png") == (out / "2.png").read_bytes()
        assert archive.read("002.png") == (comic / "10.png").read_bytes()
        facts = archive.read("ComicInfo.xml").decode()
    for fact in ("<Series>Rain Town<", "<Number>3<", "<Notes>As they were: 2, 3.<", "<Manga>YesAndRightToLeft<"):
        assert fact in facts

    pdf = tmp_path / "out.pdf"
    assert (
        irodori(irodori_home, "export", target, "-o", pdf).returncode == 2
    )  # its coloured page is no page of the cache
    assert irodori(irodori_home, "export", comic / "2.png", "-o", pdf).returncode == 0
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("output", ["out.cbr", "out"])
def test_a_file_of_no_known_kind_is_refused(irodori_home: Path, comic: Path, tmp_path: Path, output: str) -> None:
    refused = irodori(irodori_home, "export", comic, "-o", tmp_path / output)
    assert refused.returncode == 2
    assert "--format" in refused.stderr


@pytest.mark.parametrize("kind", ["cbz", "zip", "pdf", "epub"])
def test_an_interrupted_export_leaves_what_was_there_and_nothing_half_written(
    irodori_home: Path, comic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ExportFormat
) -> None:
    monkeypatch.setenv("IRODORI_HOME", str(irodori_home))
    folder = tmp_path / "files"
    folder.mkdir()
    earlier = folder / f"out.{kind}"
    earlier.write_bytes(b"an earlier one")
    read = []

    def interrupted(_store: Store, _latest: dict[str, str], page: BookPage) -> Picture:
        read.append(page.name)
        if len(read) == 3:
            raise KeyboardInterrupt
        return Picture((comic / "2.png").read_bytes(), "image/png", is_coloured=True)

    monkeypatch.setattr(export, "_picture", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export.run(export.Request(inputs=(comic,), output=earlier))
    assert read == ["2.png", "10.png", "11.png"]
    assert [path.name for path in folder.iterdir()] == [earlier.name]
    assert earlier.read_bytes() == b"an earlier one"
