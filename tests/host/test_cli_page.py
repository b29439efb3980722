"""`irodori page`, as one runs it: files in, files out, refusals, nothing left midway."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from host.cli.app import app
from host.pipeline.decode import decode_page
from tests.erring import refuses
from tests.host.library.model_server import says, serving

pytestmark = pytest.mark.slow
SOMEBODY = "347,429"


def irodori(*arguments: object):
    return CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def half(pages: Path) -> bytes:
    held = io.BytesIO()
    with Image.open(pages / "figures-en.webp") as picture:
        picture.convert("RGB").resize((picture.width // 2, picture.height // 2)).save(held, "PNG")
    return held.getvalue()


@pytest.fixture
def small(half: bytes, tmp_path: Path) -> Path:
    (tmp_path / "page.png").write_bytes(half)
    return tmp_path / "page.png"


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"irodori-home"}


def test_filters_leave_a_chain_that_can_be_laid_again_and_taken_back(
    irodori_home: Path, small: Path, tmp_path: Path
) -> None:
    once, twice, back = tmp_path / "once.png", tmp_path / "twice.png", tmp_path / "back.png"
    done = irodori("page", "filter", small, "-o", once, "-f", "contrast=1.3", "-f", "saturation=0.5")
    assert done.exit_code == 0, done.stderr
    chain = json.loads((tmp_path / "once.png.filters.json").read_text())
    assert [one["filter"] for one in chain["filters"]] == ["contrast", "saturation"]
    assert chain["pixels_sha256"] == decode_page(small.read_bytes()).pixels_sha256
    done = irodori("page", "filter", small, "-o", twice, "--chain", f"{once}.filters.json", "-f", "levels=20,230")
    assert done.exit_code == 0, done.stderr
    assert twice.read_bytes() != once.read_bytes()
    done = irodori("page", "filter", small, "-o", back, "--chain", f"{twice}.filters.json", "--undo", "1")
    assert done.exit_code == 0, done.stderr
    assert back.read_bytes() == once.read_bytes()


@pytest.mark.parametrize("suffix", ["webp", "jpg", "avif", "jxl"])
def test_a_filtered_picture_is_what_its_name_says(irodori_home: Path, small: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out.{suffix}"
    assert irodori("page", "filter", small, "-o", out, "-f", "brightness=1").exit_code == 0
    before, after = decode_page(small.read_bytes()).rgb, decode_page(out.read_bytes()).rgb
    assert np.abs(before.astype(int) - after).mean() < 6


def test_a_drawing_a_cut_out_and_a_film_of_a_page(irodori_home: Path, small: Path, tmp_path: Path) -> None:
    for command, name in (("vectorise", "out.svg"), ("cut-out", "out.webp")):
        done = irodori("page", command, small, "-o", tmp_path / name)
        assert done.exit_code == 0, done.stderr
    with Image.open(tmp_path / "out.webp") as cut:
        assert cut.mode == "RGBA"
        assert 0.02 < np.mean(np.asarray(cut)[..., 3] > 0) < 0.9
    film = tmp_path / "out.gif"
    done = irodori("page", "animate", small, "-o", film, "--panel", 1, "--seconds", 0.5, "--rate", 6, "--size", 120)
    assert done.exit_code == 0, done.stderr
    with Image.open(film) as opened:
        assert opened.n_frames == 3
        assert max(opened.size) == 120


def test_a_gutter_is_added_and_a_region_filled_without_an_engine(
    irodori_home: Path, small: Path, tmp_path: Path
) -> None:
    wide, mended = tmp_path / "wide.png", tmp_path / "mended.png"
    done = irodori("page", "extend", small, "-o", wide, "--right", 8, "--engine", "fill")
    assert done.exit_code == 0, done.stderr
    before, after = decode_page(small.read_bytes()).rgb, decode_page(wide.read_bytes()).rgb
    assert np.array_equal(after[:, :-8], before)
    done = irodori("page", "inpaint", small, "-o", mended, "--box", "10,10,20,20", "--engine", "fill")
    assert done.exit_code == 0, done.stderr
    changed = (decode_page(mended.read_bytes()).rgb != before).any(axis=2)
    changed[10:20, 10:20] = False
    assert not changed.any()


def test_what_is_pointed_at_is_a_mask_for_inpainting(irodori_home: Path, small: Path, tmp_path: Path) -> None:
    mask, out = tmp_path / "mask.png", tmp_path / "out.png"
    done = irodori("page", "segment", small, "-o", mask, "--at", "100,100")
    assert done.exit_code == 0, done.stderr
    with Image.open(mask) as drawn:
        wanted = np.asarray(drawn.convert("L")) > 0
    assert wanted[100, 100]
    assert 0 < wanted.mean() < 0.9
    done = irodori("page", "inpaint", small, "-o", out, "--mask", mask, "--engine", "fill")
    assert done.exit_code == 0, done.stderr
    before, after = decode_page(small.read_bytes()).rgb, decode_page(out.read_bytes()).rgb
    assert np.array_equal(before[~wanted], after[~wanted])


def test_a_page_made_larger(irodori_home: Path, small: Path, tmp_path: Path) -> None:
    done = irodori("page", "upscale", small, "-o", tmp_path / "large.webp", "--scale", 2)
    assert done.exit_code == 0, done.stderr
    before, after = decode_page(small.read_bytes()).rgb, decode_page((tmp_path / "large.webp").read_bytes()).rgb
    assert after.shape == (2 * before.shape[0], 2 * before.shape[1], 3)


def test_a_storyboard_of_a_chapter_and_of_a_script(irodori_home: Path, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "board"
    elements = tmp_path / "elements.json"
    elements.write_text('{"elements": [{"name": "Nobody"}]}')
    done = irodori("page", "storyboard", small, "-o", out, "--elements", elements, "--title", "One")
    assert done.exit_code == 0, done.stderr
    assert left(out) == {"storyboard.json", "storyboard.fountain", "storyboard.html"}
    board = json.loads((out / "storyboard.json").read_text())
    assert (board["title"], board["told_by"]) == ("One", "pages")
    shots = [shot for scene in board["scenes"] for shot in scene["shots"]]
    assert [shot["source"]["panel"] for shot in shots] == list(range(1, len(shots) + 1))
    assert (out / "storyboard.html").read_text().count("<img ") == len(shots)
    script = tmp_path / "script.txt"
    script.write_text("INT. HALL\n\nNobody is here.\n", encoding="utf-8-sig")
    done = irodori("page", "storyboard", script, "-o", out, "--elements", elements)
    assert done.exit_code == 0, done.stderr
    (scene,) = json.loads((out / "storyboard.json").read_text())["scenes"]
    assert scene["heading"] == "INT. HALL"
    assert scene["shots"][0]["matched_elements"][0]["element"] == "Nobody"


def test_who_a_series_palette_knows_is_named_in_the_shots(irodori_home: Path, small: Path, tmp_path: Path) -> None:
    with Image.open(small) as picture:
        size = picture.size
        picture.convert("L").save(tmp_path / "grey.png")  # other pixels, the same drawing
    x, y = (int(one) / side for one, side in zip(SOMEBODY.split(","), size, strict=True))
    done = irodori("palette", "set", "S", "--page", small, "--at", f"{x},{y}", "--name", "Kon")
    assert done.exit_code == 0, done.stderr
    done = irodori("palette", "element", "S", "Kon", "--description", "never told")
    assert done.exit_code == 0, done.stderr

    def shots(*arguments: object) -> list[dict]:
        done = irodori("page", "storyboard", small, tmp_path / "grey.png", "-o", tmp_path / "board", *arguments)
        assert done.exit_code == 0, done.stderr
        board = json.loads((tmp_path / "board" / "storyboard.json").read_text())
        return [shot for scene in board["scenes"] for shot in scene["shots"]]

    seen = [shot for shot in shots("--series", "S") if "Seen: Kon." in shot["action"]]
    assert {shot["source"]["page"] for shot in seen} == {"page.png", "grey.png"}
    assert [one["element"] for shot in seen for one in shot["matched_elements"]] == ["Kon"] * len(seen)
    assert not any("Seen" in shot["action"] for shot in shots())
    assert not any("Seen" in shot["action"] for shot in shots("--series", "T"))


SCENES = '```json\n[{"heading": "INT. HALL", "shots": [{"shot_type": "Close-Up", "action": "Aki looks."}]}]\n```'


@pytest.mark.parametrize(
    ("answer", "told_by", "shot"), [(says(SCENES), "model", "close_up"), (refuses(500), "script", "medium"),
                                    (says("No."), "script", "medium")]
)  # fmt: skip
def test_a_model_that_the_reader_names_tells_a_script_and_rules_do_where_it_fails(
    irodori_home: Path, tmp_path: Path, answer: Callable, told_by: str, shot: str
) -> None:
    script = tmp_path / "script.txt"
    script.write_text("INT. HALL\n\nAki looks at the door.\n")
    with serving(answer) as server:
        done = irodori("page", "storyboard", script, "-o", tmp_path / "out", "--endpoint", server.url, "--model", "toy")
        sent = server.bodies[0]["messages"][0]["content"]
    assert done.exit_code == 0, done.stderr
    assert [part["type"] for part in sent] == ["text"]
    assert "Aki looks at the door." in sent[0]["text"]
    board = json.loads((tmp_path / "out" / "storyboard.json").read_text())
    assert (board["told_by"], board["scenes"][0]["shots"][0]["shot_type"]) == (told_by, shot)
    assert ("rules do it" in done.stderr) == (told_by == "script")


def test_words_of_a_wish_bring_what_they_stand_for(
    irodori_home: Path, pages: Path, small: Path, tmp_path: Path
) -> None:
    shutil.copy(pages / "reference-warm.webp", tmp_path / "aki.webp")
    elements = tmp_path / "elements.json"
    element = {"name": "Aki", "trigger": "@Hero", "description": "a boy in a red coat", "pictures": ["aki.webp"]}
    elements.write_text(json.dumps({"elements": [element]}))
    out = tmp_path / "out.png"
    done = irodori("colorize", small, "-o", out, "--wish", "@hero runs", "--elements", elements, "--runmeta")
    assert done.exit_code == 0, done.stderr
    runmeta = json.loads((tmp_path / "out.png.runmeta.json").read_text())
    assert runmeta["plan"]["prompt"] == "Aki (a boy in a red coat) runs"
    assert [one["origin"] for one in runmeta["references"]] == ["reader"]
    elements.write_text(json.dumps({"elements": [element | {"pictures": ["none.png"]}]}))
    assert "none.png" in irodori("colorize", small, "-o", out, "--wish", "@Hero", "--elements", elements).stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("filter", "PAGE", "-o", "out.png"), "No filter"),
        (("filter", "PAGE", "-o", "out.png", "-f", "hue=1"), "no filter"),
        (("filter", "PAGE", "-o", "out.txt", "-f", "blur=1"), "no name of a picture"),
        (("filter", "PAGE", "-o", "PAGE", "-f", "blur=1"), "is a source"),
        (("filter", "PAGE", "-o", "FOLDER", "-f", "blur=1"), "no name of a picture"),
        (("filter", "none.png", "-o", "out.png", "-f", "blur=1"), "There is no"),
        (("filter", "PAGE", "-o", "out.png", "--chain", "PAGE"), "JSON"),
        (("vectorise", "PAGE", "-o", "out.png"), ".svg"),
        (("vectorise", "TEXT", "-o", "out.svg"), "not"),
        (("cut-out", "PAGE", "-o", "out.jpg"), "transparent"),
        (("cut-out", "PAGE", "-o", "out.png", "--figure", "99"), "no figure 99"),
        (("animate", "PAGE", "-o", "out.avi"), "no name of a film"),
        (("animate", "PAGE", "-o", "out.webm", "--panel", "99"), "no panel 99"),
        (("animate", "PAGE", "-o", "out.webm", "--seconds", "0"), "seconds"),
        (("inpaint", "PAGE", "-o", "out.png"), "Which part"),
        (("inpaint", "PAGE", "-o", "out.png", "--box", "1,2,3"), "no box"),
        (("inpaint", "PAGE", "-o", "out.png", "--box", "5,5,5,9", "--engine", "fill"), "is empty"),
        (("inpaint", "PAGE", "-o", "out.png", "--box", "0,0,9,9999", "--engine", "fill"), "leaves the page"),
        (("inpaint", "PAGE", "-o", "out.png", "--box", "0,0,9,9", "--engine", "oil"), "no engine 'oil'"),
        (("segment", "PAGE", "-o", "out.png"), "Nothing is pointed at"),
        (("segment", "PAGE", "-o", "out.jpg", "--at", "1,1"), "no name of a mask"),
        (("segment", "PAGE", "-o", "out.png", "--at", "1"), "no place"),
        (("segment", "PAGE", "-o", "out.png", "--at", "-1,5"), "not on the page"),
        (("segment", "PAGE", "-o", "out.png", "--words", "hat"), "what things are called"),
        (("segment", "PAGE", "-o", "out.png", "--at", "5,5", "--model", "FOLDER"), "lacks config.json"),
        (("track", "PAGE", "--at", "1", "-o", "out"), "no place"),
        (("track", "PAGE", "--at", "-1,5", "-o", "out"), "not on the page"),
        (("track", "PAGE", "--at", "0,0", "-o", "out"), "Nobody stands there"),
        (("track", "none.png", "--at", "5,5", "-o", "out"), "There is no"),
        (("track", "TEXT", "--at", "5,5", "-o", "out"), "not"),
        (("track", "PAGE", "none.png", "--at", "SOMEBODY", "-o", "out"), "There is no"),
        (("track", "PAGE", "--at", "SOMEBODY", "-o", "TEXT"), "is a file"),
        (("track", "PAGE", "--at", "SOMEBODY", "-o", "out", "--model", "FOLDER"), "lacks config.json"),
        (("upscale", "PAGE", "-o", "out.png", "--scale", "9"), "scale"),
        (("upscale", "PAGE", "-o", "out.png", "--model", "none.pth"), "none.pth"),
        (("upscale", "PAGE", "-o", "out.png", "--model", "TEXT"), "no network's file"),
        (("upscale", "PAGE", "-o", "PAGE"), "is a source"),
        (("extend", "PAGE", "-o", "out.png"), "Nothing is added"),
        (("extend", "PAGE", "-o", "out.png", "--left", "9"), "No engine here"),
        (("storyboard", "none.png", "-o", "out"), "There is no"),
        (("storyboard", "EMPTY", "-o", "out"), "nothing"),
        (("storyboard", "EMPTY", "PAGE", "-o", "out"), "stands alone"),
        (("storyboard", "PAGE", "-o", "TEXT"), "file"),
    ],
)
def test_refusals_leave_nothing(
    irodori_home: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.txt").write_text("INT. A\n\nB")
    (tmp_path / "empty.txt").write_text(" \n")
    names = {"PAGE": small, "FOLDER": "folder", "TEXT": "text.txt", "EMPTY": "empty.txt", "SOMEBODY": SOMEBODY}
    before, kept = left(tmp_path), small.read_bytes()
    done = irodori("page", *(names.get(one, one) for one in arguments))
    assert done.exit_code in (1, 2), done.stderr
    assert told in done.stderr
    assert left(tmp_path) == before
    assert small.read_bytes() == kept
