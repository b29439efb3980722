"""The `irodori` command as one runs it: the real application, the real compact engine, small pages."""

import hashlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from host.picture_types import mime_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def comic(tmp_path: Path, pages: Path) -> Path:
    """A folder with two small grey pages, a coloured one, and something else."""
    folder = tmp_path / "comic"
    (folder / "extra").mkdir(parents=True)
    for target, source in {
        "2.png": "panels-en.webp",
        "10.jpg": "insets-en.jpg",
        "extra/1.webp": "coloured-en.webp",
    }.items():
        with Image.open(pages / source) as picture:
            picture.resize((picture.width // 3, picture.height // 3)).save(folder / target)
    (folder / "notes.txt").write_text("not a page")
    return folder


@pytest.fixture
def reference(pages: Path) -> Path:
    return pages / "reference-warm.webp"


def irodori(home: Path, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"IRODORI_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "host.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environ, cwd=ROOT, check=False, timeout=240)


def digest(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def mean_chroma(path: Path) -> float:
    with Image.open(path) as picture:
        rgb = np.asarray(picture.convert("RGB"), np.int16)
    return float((rgb.max(axis=2) - rgb.min(axis=2)).mean())


def test_a_folder_becomes_a_folder_in_colour_and_again_from_the_cache(
    irodori_home: Path, comic: Path, reference: Path, tmp_path: Path
) -> None:
    before = digest(comic)
    out = tmp_path / "out"
    first = irodori(irodori_home, "colorize", comic, "-r", reference, "-o", out, "--report", "--json")
    assert first.returncode == 0, first.stderr
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == {
        "2.png", "10.png", "extra/1.webp", "report.html"
    }  # fmt: skip
    with Image.open(comic / "10.jpg") as source, Image.open(out / "10.png") as coloured:
        assert source.size == coloured.size
    assert mean_chroma(out / "10.png") > 5
    assert (out / "extra" / "1.webp").read_bytes() == (comic / "extra" / "1.webp").read_bytes()
    assert digest(comic) == before
    assert "notes.txt: left out, not a picture" in first.stderr
    told = json.loads(first.stdout)["pages"]
    assert {page["page"]: page["verdict"] for page in told} == {
        "2.png": "coloured", "10.jpg": "coloured", "extra/1.webp": "skipped"
    }  # fmt: skip
    assert all(page["runmeta"]["verdicts"]["protected_changed"] == 0 for page in told if page["verdict"] == "coloured")
    report = (out / "report.html").read_text()
    assert report.index('id="page-1"') < report.index(">10.jpg<", report.index('id="page-2"'))

    again = irodori(irodori_home, "colorize", comic, "-r", reference, "-o", tmp_path / "again", "--json")
    assert [page["verdict"] for page in json.loads(again.stdout)["pages"]].count("cached") == 2
    assert (tmp_path / "again" / "2.png").read_bytes() == (out / "2.png").read_bytes()


def test_an_archive_becomes_an_archive_with_every_page_in_order(
    irodori_home: Path, comic: Path, tmp_path: Path
) -> None:
    source = tmp_path / "in.cbz"
    with zipfile.ZipFile(source, "w") as file:
        for name in ("2.png", "10.jpg", "extra/1.webp"):
            file.write(comic / name, name)
        file.writestr("11.png", b"no picture at all")
    done = irodori(irodori_home, "colorize", source, "-o", tmp_path / "out.cbz")
    assert done.returncode == 1
    assert re.search(r"11\.png +failed: ", done.stderr)
    with zipfile.ZipFile(tmp_path / "out.cbz") as file:
        assert file.namelist() == ["2.png", "10.png", "11.png", "extra/1.webp"]
        assert file.read("11.png") == b"no picture at all"
        assert file.testzip() is None
    assert "4 pages in: 2 coloured, 1 left as they are (1 has colour already), 1 failed (" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["comic", "in.cbz", "irodori-home", "out.cbz"]


@pytest.mark.parametrize("kind", ["jpeg", "avif", "jxl"])
def test_one_picture_into_one_file_of_the_reader_s_naming(
    irodori_home: Path, comic: Path, tmp_path: Path, kind: str
) -> None:
    done = irodori(irodori_home, "colorize", comic / "2.png", "-o", tmp_path / f"page.{kind}")
    assert done.returncode == 0, done.stderr
    assert mime_of((tmp_path / f"page.{kind}").read_bytes()) == f"image/{kind}"


def test_the_reference_and_the_strength_are_obeyed(
    irodori_home: Path, comic: Path, pages: Path, tmp_path: Path
) -> None:
    def redness(path: Path) -> float:
        with Image.open(path) as picture:
            rgb = np.asarray(picture.convert("RGB"), np.float64)
        return float((rgb[..., 0] - rgb[..., 2]).mean())

    out = {}
    for name in ("warm", "cold"):
        out[name] = tmp_path / f"{name}.png"
        irodori(irodori_home, "colorize", comic / "2.png", "-r", pages / f"reference-{name}.webp", "-o", out[name])
    assert redness(out["warm"]) > redness(out["cold"]) + 5
    weak = tmp_path / "weak.png"
    warm = pages / "reference-warm.webp"
    irodori(irodori_home, "colorize", comic / "2.png", "-r", warm, "-o", weak, "--strength", 0.3)
    assert mean_chroma(weak) < 0.6 * mean_chroma(out["warm"])


def test_recolour_colours_what_has_colour(irodori_home: Path, comic: Path, reference: Path, tmp_path: Path) -> None:
    page = comic / "extra" / "1.webp"
    kept = irodori(irodori_home, "colorize", page, "-o", tmp_path / "kept", "--json")
    assert json.loads(kept.stdout)["pages"][0]["reason"] == "already_coloured"
    anew = irodori(irodori_home, "colorize", page, "-r", reference, "-o", tmp_path / "anew", "--recolour", "--json")
    assert json.loads(anew.stdout)["pages"][0]["verdict"] == "coloured"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("colorize", "missing.cbz", "-o", "out"), "There is no missing.cbz"),
        (("colorize", "tests/pages", "-o", "out", "--engine", "none"), "There is no engine 'none'"),
        (("colorize", "tests/pages", "-o", "out", "-r", "missing.png"), "missing.png cannot be read"),
        (("colorize", "tests/pages", "-o", "out", "-r", "README.md"), "README.md cannot be used"),
        (("colorize", "tests/pages", "-o", "tests/pages"), "input itself"),
        (("colorize", "tests/pages", "-o", "out.png"), "one picture"),
        (("colorize", "tests/pages"), "--output"),
        (("colorize", "tests/pages", "-o", "out", "--strength", "2"), "--strength"),
        (("cache", "clear", "--older-than", "soon"), "no age"),
        (("paint",), "paint"),
    ],
)
def test_wrong_usage_is_told_with_status_2(irodori_home: Path, arguments: tuple[str, ...], words: str) -> None:
    done = irodori(irodori_home, *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (ROOT / "out").exists()


def test_a_source_is_not_overwritten_by_a_page_of_its_name(irodori_home: Path, comic: Path) -> None:
    before = digest(comic)
    done = irodori(irodori_home, "colorize", comic / "2.png", "-o", comic)
    assert done.returncode == 2
    assert "never overwritten" in done.stderr
    assert digest(comic) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are told otherwise there")
@pytest.mark.parametrize("target", ["out", "out.cbz"])
def test_an_interrupt_leaves_no_partial_file(irodori_home: Path, pages: Path, tmp_path: Path, target: str) -> None:
    comic = tmp_path / "comic"
    comic.mkdir()
    for number in range(12):
        with Image.open(pages / "panels-en.webp") as picture:
            picture.rotate(number, fillcolor=255).save(comic / f"{number}.png")
    out = tmp_path / target
    command = [sys.executable, "-m", "host.cli", "colorize", comic, "-o", out]
    environ = os.environ | {"IRODORI_HOME": str(irodori_home), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stderr is not None
        first_line = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    assert b"coloured" in first_line
    assert process.returncode == 130, rest
    assert len(list(out.glob("*"))) < 12, "it went on to the end"
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.glob("irodori-*-*"))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == (["comic", "irodori-home", "out"] if target == "out" else ["comic", "irodori-home"])
    for path in out.glob("*"):
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            picture.load()


def test_engines_and_cache_are_told(irodori_home: Path, comic: Path, tmp_path: Path) -> None:
    assert "compact" in irodori(irodori_home, "engines").stdout
    assert irodori(irodori_home, "cache", "stats").stdout.startswith("0 pages")
    irodori(irodori_home, "colorize", comic / "2.png", "-o", tmp_path / "out")
    assert irodori(irodori_home, "cache", "stats").stdout.startswith("1 pages")
    assert irodori(irodori_home, "cache", "clear", "--older-than", "1h").stdout == "0 pages dropped\n"
    assert irodori(irodori_home, "cache", "clear").stdout == "1 pages dropped\n"


def test_doctor_tells_the_chain_and_the_host_s_own_checks(irodori_home: Path) -> None:
    told = irodori(irodori_home, "doctor").stdout
    for words in ("the host answers", "only frames", "empty environment", "weights", "database"):
        assert words in told


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom host.cli.app import app\n"
        "result = CliRunner().invoke(app, ['colorize', '--help'])\n"
        "assert result.exit_code == 0, result.output\n"
        "print(sorted({'numpy', 'cv2', 'PIL', 'torch', 'onnxruntime'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "[]\n", done.stderr
