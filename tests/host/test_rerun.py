"""A picture made again from its record."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "tests" / "pages" / "figures-en.webp"
REFERENCE = ROOT / "demo" / "reference" / "comic.webp"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Colour the page once, in a home of its own; the tests change copies of its record."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IRODORI_HOME", str(folder / "irodori-home"))
        asked = ("-r", REFERENCE, "--strength", 0.8, "--seed", 7, "-o", folder / "out", "--runmeta", "--report")
        status, said = run("colorize", PAGE, *asked)
        assert status == 0, said
        yield folder / "out" / "figures-en.png"


def test_the_same_record_page_and_machine_give_the_same_file(made: Path, tmp_path: Path) -> None:
    status, said = run("rerun", f"{made}.runmeta.json", PAGE, "-o", tmp_path / "again.png")
    assert status == 0, said
    assert (tmp_path / "again.png").read_bytes() == made.read_bytes()


def report_of(made: Path) -> Path:
    (report,) = made.parent.glob("*.html")
    return report


def test_a_report_gives_the_same_file_and_refuses_a_page_that_is_not_in_it(made: Path, tmp_path: Path) -> None:
    status, said = run("rerun", report_of(made), PAGE, "-o", tmp_path / "again.png")
    assert status == 0, said
    assert (tmp_path / "again.png").read_bytes() == made.read_bytes()
    status, said = run("rerun", report_of(made), REFERENCE, "-o", tmp_path / "other.png")
    assert (status, "no record of this page" in said) == (2, True)
    (tmp_path / "empty.html").write_bytes(b"<p>no report")
    status, said = run("rerun", tmp_path / "empty.html", PAGE, "-o", tmp_path / "other.png")
    assert (status, "no record of this page" in said) == (2, True)


def test_elsewhere_a_report_wants_its_references_and_gives_the_same_file(
    made: Path, tmp_path: Path, irodori_home: Path
) -> None:
    asked = ("rerun", report_of(made), PAGE, "-o", tmp_path / "again.png")
    status, said = run(*asked)
    assert (status, "no such style reference" in said) == (2, True)
    assert not (tmp_path / "again.png").exists()
    status, said = run(*asked, "-r", REFERENCE)
    assert status == 0, said
    assert (tmp_path / "again.png").read_bytes() == made.read_bytes()


def test_what_a_report_says_in_words_makes_the_picture_again(made: Path, tmp_path: Path) -> None:
    told = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", report_of(made).read_text("utf-8")))
    engine, seed, strength = told["engine"].split()[0], told["seed"], told["strength"]
    asked = ("--engine", engine, "--seed", seed, "--strength", strength, "-r", REFERENCE)
    status, said = run("colorize", PAGE, *asked, "-o", tmp_path / "anew.png")
    assert status == 0, said
    assert (tmp_path / "anew.png").read_bytes() == made.read_bytes()


def test_hints_and_palettes_are_made_again(irodori_home: Path, tmp_path: Path) -> None:
    plain, hinted = tmp_path / "plain.png", tmp_path / "hinted.png"
    assert run("colorize", PAGE, "-r", REFERENCE, "-o", plain)[0] == 0
    hint = ("--hint", "figures-en.webp:0.3,0.2=#c05050")
    palettes = (
        "--palette",
        "figures-en.webp:0.17,0.85:hair=#a05050",
        "--palette",
        "figures-en.webp:0.01,0.01:hair=#a05050",
    )
    status, said = run("colorize", PAGE, "-r", REFERENCE, "-o", hinted, "--runmeta", *hint, *palettes)
    assert status == 0, said
    assert "figures-en.webp  coloured: No figure was found at 0.01, 0.01." in said
    assert hinted.read_bytes() != plain.read_bytes()
    record = json.loads(Path(f"{hinted}.runmeta.json").read_text("utf-8"))
    assert [palette["fault"] for palette in record["palettes"]] == ["", "No figure was found at 0.01, 0.01."]
    status, said = run("rerun", f"{hinted}.runmeta.json", PAGE, "-o", tmp_path / "again.png")
    assert status == 0, said
    assert (tmp_path / "again.png").read_bytes() == hinted.read_bytes()


def changed(made: Path, folder: Path, **facts: object) -> Path:
    path = folder / "changed.runmeta.json"
    record = json.loads(Path(f"{made}.runmeta.json").read_text("utf-8"))
    path.write_text(json.dumps(record | facts), "utf-8")
    return path


def test_a_picture_that_is_another_one_is_said_to_be(made: Path, tmp_path: Path) -> None:
    status, said = run("rerun", changed(made, tmp_path, result_sha256="0" * 64), PAGE, "-o", tmp_path / "again.png")
    assert status == 1
    assert "other pixels" in said


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"pipeline_version": "0"}, "version 0 of the pipeline"),
        ({"engine": {"id": "compact", "version": "0", "weights": {}}}, "Version 0 of"),
        ({"engine": {"id": "nobody", "version": "1", "weights": {}}}, "no engine"),
        ({"references": [{"reference_id": "0" * 32, "score": None}]}, "reference"),
        ({"pixels_sha256": "0" * 64}, "not the page"),
        ({"surprise": 1}, "surprise: is not known here; remove it"),
        ({"schema_version": 1}, "schema_version: is 1, this version of Irodori reads 2; colour the page anew"),
        ({"perceptual_hash": "0" * 16}, "is a page's record"),
    ],
)
def test_what_cannot_be_made_again_is_refused_with_the_reason(
    made: Path, tmp_path: Path, facts: dict, words: str
) -> None:
    status, said = run("rerun", changed(made, tmp_path, **facts), PAGE, "-o", tmp_path / "again.png")
    assert status in (1, 2)
    assert words in said
    assert not (tmp_path / "again.png").exists()


def test_other_weights_are_named(made: Path, tmp_path: Path) -> None:
    record = json.loads(Path(f"{made}.runmeta.json").read_text("utf-8"))
    weights = record["engine"]["weights"] | {"compact-painter.onnx": "0" * 64}
    path = changed(made, tmp_path, engine=record["engine"] | {"weights": weights})
    status, said = run("rerun", path, PAGE, "-o", tmp_path / "again.png")
    assert status == 1
    assert "compact-painter.onnx" in said
