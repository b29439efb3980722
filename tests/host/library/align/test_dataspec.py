"""DataSpec out and in, lists, and paths between systems, by the commands."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from host.cli.app import app
from host.library.align.path_map import PathMap, normalized

if TYPE_CHECKING:
    from pathlib import Path


def irodori(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["library", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A shelf of three pages with known truth: perfect, one panel too many, and one that no model told."""
    images = [{"id": n, "file_name": f"S/v1/{n}.jpg", "width": 100, "height": 300} for n in (1, 2, 3)]
    panels = [
        {"id": 10 * n + p, "image_id": n, "category_id": 1, "bbox": [5, 100 * p, 90, 95], "score": score}
        for n in (1, 2, 3)
        for p, score in enumerate((0.9, 0.8, 0.6))
    ]
    panels.append({"id": 99, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "score": 0.2})
    coco = {"images": images, "annotations": panels, "categories": [{"id": 1, "name": "panel"}]}
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    for number, texts in ((1, [["Hi"], ["You"], []]), (2, [["One"], ["Two"], ["Three"], ["Four"]])):
        path = tmp_path / "vlm" / "S" / "v1" / f"{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {"panels": [{"dialogue": text, "narration": [], "sfx": []} for text in texts]}
        path.write_text(f"```json\n{json.dumps(told)}\n```")
    return tmp_path


def test_an_alignment_of_other_peoples_files_has_the_scores_of_its_truth(made: Path) -> None:
    out = irodori("align", "--coco", made / "coco.json", "--vlm", made / "vlm", "-o", made / "t.csv", "--json")
    told = json.loads(out[out.index("{") : out.rindex("}") + 1])
    assert told["scores"] == {"0": 1, "1": 1, "2": 0, "3": 0, "4": 1}
    assert told["quality"]["perfect matches"] == {"pages": 1, "share": 0.3333}
    rows = polars.read_csv(made / "t.csv").to_dicts()
    assert [(row["detector_panels"], row["model_panels"], row["score"]) for row in rows] == [
        (3, 3, 4),
        (3, 4, 1),
        (3, 0, 0),
    ]
    assert rows[0]["text_coverage"] == pytest.approx(2 / 3, abs=1e-4)
    assert [row["reason"] for row in rows] == ["", "", "no model answer"]
    assert (made / "t_perfect_matches.txt").read_text().splitlines() == ["S/v1/1.jpg"]
    assert (made / "t_near_perfect.txt").read_text() == ""
    with (made / "t_perfect_match_training_manifest.csv").open() as file:
        assert [row["page_id"] for row in csv.DictReader(file)] == ["S/v1/1.jpg"]
    limited = irodori("align", "--coco", made / "coco.json", "--vlm", made / "vlm", "-o", made / "l.csv", "--limit", 1)
    assert "1 pages" in limited


def test_dataspec_goes_out_and_comes_in_again(made: Path) -> None:
    given_files = ("--coco", made / "coco.json", "--vlm", made / "vlm")
    irodori("align", *given_files, "-o", made / "t.csv")
    irodori("dataspec", "out", *given_files, "-o", made / "spec", "--map-path", "S=E:\\Comics\\S")
    listed = (made / "spec" / "dataspec_list.txt").read_text().splitlines()
    assert len(listed) == 3
    first = json.loads((made / "spec" / "S" / "v1" / "1.jpg.json").read_text())
    assert first == {
        "page_image_path": "E:\\Comics\\S\\v1\\1.jpg",
        "panels": [
            {"panel_coords": [5, 0, 90, 95], "text": {"dialogue": ["Hi"], "narration": [], "sfx": []}},
            {"panel_coords": [5, 100, 90, 95], "text": {"dialogue": ["You"], "narration": [], "sfx": []}},
            {"panel_coords": [5, 200, 90, 95], "text": {"dialogue": [], "narration": [], "sfx": []}},
        ],
    }
    subset = ("dataspec", "subset", made / "spec" / "dataspec_list.txt", made / "t_perfect_matches.txt")
    irodori(*subset, "-o", made / "perfect.txt", "--map-path", "S=E:\\Comics\\S")
    assert (made / "perfect.txt").read_text().splitlines() == [listed[0]]
    irodori("dataspec", "in", made / "spec" / "dataspec_list.txt", "-o", made / "in")
    again = ("--coco", made / "in" / "annotations.coco.json", "--vlm", made / "in" / "stories")
    irodori("align", *again, "-o", made / "again.csv")
    rows = polars.read_csv(made / "again.csv").to_dicts()
    assert [row["detector_panels"] for row in rows] == [3, 3, 3]
    assert rows[0]["score"] == 4
    irodori("dataspec", "out", *again, "-o", made / "spec2", "--naming", "flat")
    second = json.loads(next((made / "spec2").glob("*1.jpg.json")).read_text())
    assert second["panels"] == first["panels"]


def test_doubles_are_tagged_by_the_command(made: Path) -> None:
    (made / "S" / "v1").mkdir(parents=True)
    for number in (1, 2, 3):
        (made / "S" / "v1" / f"{number}.jpg").write_bytes(b"not a picture" if number < 3 else b"another")
    given_files = ("--coco", made / "coco.json", "--vlm", made / "vlm", "--image-root", made)
    irodori("align", *given_files, "-o", made / "t.csv")
    irodori("duplicates", made / "t.csv", "--phash")
    rows = polars.read_csv(made / "t.csv").to_dicts()
    assert [row["dup_reason"] for row in rows] == ["", "exact", ""]
    assert len((made / "t_canonical.txt").read_text().splitlines()) == 2


def test_where_no_dataspec_is_listed_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    done = CliRunner().invoke(
        app, ["library", "dataspec", "in", str(tmp_path / "empty.txt"), "-o", str(tmp_path / "out")]
    )
    assert done.exit_code == 2
    assert "There is no DataSpec file there" in done.output
    assert not (tmp_path / "out").exists()


def test_wrong_usage_is_said(tmp_path: Path) -> None:
    for arguments in (
        ("align", "-o", "t.csv"),
        ("align", tmp_path, "-o", "t.csv"),
        ("align", "--coco", tmp_path / "no.json", "--vlm", tmp_path, "-o", tmp_path / "t.csv"),
        ("dataspec", "in", tmp_path / "no.json", "-o", tmp_path),
        ("duplicates", tmp_path / "no.csv"),
    ):
        done = CliRunner().invoke(app, ["library", *map(str, arguments)])
        assert done.exit_code == 2, done.output


def test_paths_of_other_systems_are_found_here() -> None:
    assert PathMap().here("E:\\Comics\\a b\\1.jpg") == "/mnt/e/Comics/a b/1.jpg"
    assert PathMap().here("/mnt/e/Comics/1.jpg", windows=True) == "E:\\Comics\\1.jpg"
    rules = PathMap.read(("e:\\comics=/srv/x", "/srv=Z:\\s"))
    assert rules.here("E:\\Comics\\1.jpg") == "/srv/x/1.jpg"
    assert rules.here("E:\\Comicsbook\\1.jpg") == "/mnt/e/Comicsbook/1.jpg"
    assert rules.there("/srv/a/1.jpg") == "Z:\\s\\a\\1.jpg"
    assert normalized("E:\\A\\..\\b\\1.JPG") == normalized("/mnt/e/B/./1.jpg")
    assert normalized("/a/B") != normalized("/a/b")


@given(st.text(max_size=40))
def test_any_text_is_a_path(path: str) -> None:
    assert normalized(normalized(path)) == normalized(path)
    PathMap((("/a", "/b"),)).here(path)
