"""`irodori meta|runmeta validate` and `irodori annotations export|import`, as one runs them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engines.geometry import Box, Size
from host.annotations.annotations import Annotations
from host.annotations.coco import read_coco
from host.annotations.manga109 import read_manga109
from host.cli.app import app
from host.pipeline.records.page_meta import Balloon, Character, Face, MaskRecord, PageMeta, Panel, TextBlock
from host.pipeline.records.run_meta import EngineRecord, PlanRecord, RunMeta, Verdicts
from host.pipeline.records.validation import BYTES_MAX, check_page_meta, check_run_meta

pytestmark = pytest.mark.slow

DIGEST = "0" * 64


def irodori(*arguments: object):
    return CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "200"})


def page_meta() -> dict:
    meta = PageMeta(
        size=Size(200, 100),
        pixels_sha256=DIGEST,
        kind="story",
        direction="rtl",
        panels=(Panel(box=Box(50, 0, 100, 90), order=0, score=0.9), Panel(box=Box(0, 0, 50, 90), order=1, score=0.8)),
        balloons=(Balloon(box=Box(55, 5, 70, 30), order=0, panel=0),),
        text=(TextBlock(box=Box(57, 8, 68, 28), balloon=0),),
        characters=(Character(box=Box(5, 20, 40, 90), index=0, panel=1),),
        faces=(Face(box=Box(10, 25, 20, 35), panel=1, character=0),),
        masks={"protect": MaskRecord(sha256=DIGEST, coverage=0.25)},
    )
    return meta.model_dump(mode="json")


def run_meta() -> dict:
    record = RunMeta(
        pipeline_version="1", pixels_sha256=DIGEST, size=Size(20, 10), kind="story", direction="auto",
        keep_coloured=True, result_sha256=DIGEST, mime="image/png",
        engine=EngineRecord(id="compact", version="1", weights={"a.onnx": DIGEST}),
        plan=PlanRecord(seed=3, strength_01=1.0, steps=0, quality="standard", prompt="", negative_prompt="", stages=(),
                        loras=(), engine_options={}),
        director={}, references=(), shift_px=(0.0, 0.0), duration_ms={"pass1": 1.5}, peak_memory_mib=100.0, retries=0,
        verdicts=Verdicts(line_dice=1.0, protected_changed=0, protected_share=0.1, coloured_share=0.5, chroma_mean=0.05,
                          spill=0.0),
    )  # fmt: skip
    return record.model_dump(mode="json")


def written(folder: Path, name: str, content: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / name).write_bytes(data)
    return folder / name


def changed(record: dict, path: list, value: object) -> dict:
    record = json.loads(json.dumps(record))
    inner = record
    for part in path[:-1]:
        inner = inner[part]
    if value is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return record


@pytest.mark.parametrize(("kind", "record"), [("meta", page_meta()), ("runmeta", run_meta())])
def test_valid_records_are_told_one_by_one(tmp_path: Path, kind: str, record: dict) -> None:
    files = [written(tmp_path, f"{number}.json", record) for number in range(2)]
    done = irodori(kind, "validate", *files)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [f"{file}: valid" for file in files]


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (["panels", 1, "score"], 1.5, "panels[1].score: is 1.5; give a number of at most 1"),
        (["panels", 1, "score"], "high", "panels[1].score: is 'high'; give a number"),
        (["panels", 0, "order"], -1, "panels[0].order: is -1; give a number of at least 0"),
        (["panels", 0, "order"], 1, "panels: have the order 1 2 times; give each its own"),
        (["panels", 0, "box"], [1, 2, 3], "panels[0].box[3]: is missing; add it"),
        (["panels", 0, "box"], [50, 0, 101, 90], "panels[0].box: leaves the page, [50, 0, 101, 90]; keep it within"),
        (["panels", 0, "box"], [50, 0, 50, 90], "panels[0].box: is empty, [50, 0, 50, 90]; give left, top, right"),
        (["panels", 0, "colour"], 1, "panels[0].colour: is not known here; remove it, or check its spelling"),
        (["panels", 0, "a\x1b[2J\nb"], 1, r"panels[0].a\x1b[2J\nb: is not known here; remove it"),
        (["pixels_sha256"], "abc", "pixels_sha256: is 'abc'; give a SHA-256: 64 hexadecimal digits in lower case"),
        (["pixels_sha256"], ..., "pixels_sha256: is missing; add it"),
        (["kind"], "novel", "kind: is 'novel'; give one of 'story', 'splash'"),
        (["size"], [0, 5], "size: is 0 x 5; give a height and a width of at least 1 pixel"),
        (["balloons", 0, "panel"], 7, "balloons[0].panel: is 7, which the page does not have; there is 0, 1"),
        (["text", 0, "balloon"], 7, "text[0].balloon: is 7, which the page does not have; there is 0"),
        (["faces", 0, "character"], 7, "faces[0].character: is 7, which the page does not have; there is 0"),
        (["masks", "sky"], {}, "masks.sky"),
        (["masks", "protect", "coverage"], None, "masks.protect.coverage: is nothing (null); give a number"),
        (["schema_version"], 1, "schema_version: is 1, this version of Irodori reads 2; make the record anew"),
        (["signals"], [], "signals: is a list of 0; give an object"),
    ],
)
def test_what_is_wrong_with_a_page_s_record_is_named_with_the_mend(
    tmp_path: Path, path: list, value: object, line: str
) -> None:
    file = written(tmp_path, "wrong.meta.json", changed(page_meta(), path, value))
    good = written(tmp_path, "good.meta.json", page_meta())
    done = irodori("meta", "validate", file, good)
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert any(one.startswith(f"{file}: {line}") for one in lines), lines
    assert lines[-1] == f"{good}: valid"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (["verdicts", "line_dice"], 2, "verdicts.line_dice: is 2; give a number of at most 1"),
        (["duration_ms", "nap"], 2, "duration_ms.nap"),
        (["engine"], ..., "engine: is missing; add it"),
        (["schema_version"], "3", "schema_version: is '3', this version of Irodori reads 2; colour the page anew"),
    ],
)
def test_what_is_wrong_with_a_picture_s_record_is_named_with_the_mend(
    tmp_path: Path, path: list, value: object, line: str
) -> None:
    file = written(tmp_path, "wrong.runmeta.json", changed(run_meta(), path, value))
    done = irodori("runmeta", "validate", file)
    assert done.exit_code == 1
    assert done.stdout.startswith(f"{file}: {line}")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no JSON"),
        (b"\x89PNG\r\n", "no JSON"),
        (b"[" * 200_000, "recursion limit"),
        (b'{"a":' * 200_000, "recursion limit"),
        (b'{"size": NaN}', "no JSON"),
        (b"[1, 2]", "is no JSON object"),
        (json.dumps(page_meta()).replace("0.25", "1e999").encode(), "masks.protect.coverage: is inf; give a"),
        (json.dumps(page_meta()).replace("0.25", "9" * 9000).encode(), "out of range"),
        (b" " * (BYTES_MAX + 1), "has over 16 MiB"),
    ],
    ids=["empty", "picture", "deep list", "deep object", "nan", "list", "infinite", "digits", "huge"],
)
def test_hostile_files_are_refused_in_a_line(tmp_path: Path, data: bytes, words: str) -> None:
    file = written(tmp_path, "hostile.json", data)
    done = irodori("meta", "validate", file)
    assert done.exit_code == 1
    assert words in done.stdout
    assert len(done.stdout) < 500


def test_a_record_of_the_other_kind_is_recognised(tmp_path: Path) -> None:
    page, run = written(tmp_path, "page.json", page_meta()), written(tmp_path, "run.json", run_meta())
    assert "check it with `irodori meta validate`" in irodori("runmeta", "validate", page).stdout
    done = irodori("meta", "validate", run)
    assert done.exit_code == 1
    assert done.stdout == f"{run}: the document: is a picture's record; check it with `irodori runmeta validate`\n"


def test_a_folder_is_no_record_and_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    done = irodori("meta", "validate", tmp_path)
    assert (done.exit_code, "is no file" in done.stdout) == (1, True)
    good = written(tmp_path, "good.json", page_meta())
    done = irodori("meta", "validate", good, tmp_path / "none.json")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "There is no" in done.stderr


def test_faults_without_end_are_cut_short(tmp_path: Path) -> None:
    record = page_meta() | {"panels": [{"box": 1}] * 3000}
    done = irodori("meta", "validate", written(tmp_path, "many.json", record))
    assert len(done.stdout.splitlines()) == 51
    assert done.stdout.splitlines()[-1].endswith("more")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(page_meta())), JSON)
def test_any_value_in_a_page_s_record_is_valid_or_a_fault_in_words(field, value) -> None:
    faults = check_page_meta(json.dumps(page_meta() | {field: value}).encode())
    assert all(fault.field and fault.what and fault.mend for fault in faults)
    assert all("\n" not in str(fault) for fault in faults)


@given(st.sampled_from(sorted(run_meta())), JSON)
def test_any_value_in_a_picture_s_record_is_valid_or_a_fault_in_words(field, value) -> None:
    faults = check_run_meta(json.dumps(run_meta() | {field: value}).encode())
    assert all(fault.field and fault.what and fault.mend for fault in faults)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_fault(data) -> None:
    assert check_page_meta(data)


@pytest.mark.parametrize(("form", "read"), [("coco", read_coco), ("manga109", read_manga109)])
def test_pages_go_out_and_come_in_again(tmp_path: Path, form: str, read) -> None:
    for number in ("10", "9"):
        written(tmp_path / "in", f"{number}.meta.json", page_meta() | {"pixels_sha256": number[0] * 64})
    out = tmp_path / "book"
    files = sorted((tmp_path / "in").iterdir())
    done = irodori("annotations", "export", *files, "--format", form, "-o", out, "--title", "A book")
    assert done.exit_code == 0, done.stderr
    book = read(out.read_bytes()).annotations
    assert book.title == "A book"
    assert [page.number for page in book.pages] == [1, 2]
    if form == "coco":
        assert [page.name for page in book.pages] == ["9", "10"]
    face = next(box for box in book.pages[0].boxes if box.label == "face")
    figures = [[box.character for box in page.boxes if box.label == "character"] for page in book.pages]
    assert [face.character] == figures[0]
    assert figures[0] != figures[1]
    assert ("2 of class 'balloon' left out" in done.stderr) == (form == "manga109")

    back = irodori("annotations", "import", out, "-o", tmp_path / "back")
    assert back.exit_code == 0, back.stderr
    pages = sorted((tmp_path / "back").iterdir())
    assert len(pages) == 2
    assert Annotations.model_validate_json(pages[0].read_bytes()).characters == book.characters
    again = tmp_path / "again"
    assert irodori("annotations", "export", *pages, "--format", form, "-o", again).exit_code == 0
    assert again.read_bytes() == out.read_bytes()


def test_names_of_pictures_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    names = ["../../out.png", "/etc/out.png", "a/1.png", "a/1.jpg", "a\\1.png", "..", "C:\\x.png"]
    coco = {
        "images": [{"id": n, "file_name": name, "width": 9, "height": 9} for n, name in enumerate(names)],
        "annotations": [],
        "categories": [],
    }
    done = irodori("annotations", "import", written(tmp_path, "coco.json", coco), "-o", tmp_path / "deep" / "out")
    assert done.exit_code == 0, done.stderr
    outside = [path for path in tmp_path.rglob("*.json") if tmp_path / "deep" / "out" not in path.parents]
    assert outside == [tmp_path / "coco.json"]
    assert len(list((tmp_path / "deep" / "out").rglob("*.annotations.json"))) == len(names)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{}", "no COCO file"),
        (b"<book><pages><page/></pages></book>", "index is missing"),
        (b'<!DOCTYPE b [<!ENTITY a "b">]><book/>', "document type or entities"),
        (b"\x00", "no JSON"),
    ],
)
def test_files_that_cannot_be_imported_are_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    file = written(tmp_path, "theirs", content)
    done = irodori("annotations", "import", file, "-o", tmp_path / "out")
    assert done.exit_code == 2
    assert f"Error: {file}: " in done.stderr
    assert words in done.stderr
    assert not (tmp_path / "out").exists()


def test_files_over_the_limits_are_refused_unread(tmp_path: Path) -> None:
    for name, start, mib in (("a.xml", b"<book>", 9), ("a.json", b"{}", 33)):
        with (tmp_path / name).open("wb") as file:
            file.write(start)
            file.truncate(mib << 20)
        done = irodori("annotations", "import", tmp_path / name, "-o", tmp_path / "out")
        assert done.exit_code == 2
        assert f"over {mib - 1} MiB" in done.stderr


@pytest.mark.parametrize("content", [b"{}", b"[]", b"nonsense", json.dumps(changed(page_meta(), ["kind"], 3)).encode()])
def test_files_that_cannot_be_exported_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = written(tmp_path, "1.meta.json", content)
    done = irodori("annotations", "export", file, "--format", "coco", "-o", tmp_path / "out.json")
    assert done.exit_code == 2
    assert f"Error: {file}: " in done.stderr
    assert not (tmp_path / "out.json").exists()


def test_an_export_never_writes_over_what_it_reads(tmp_path: Path) -> None:
    file = written(tmp_path, "1.meta.json", page_meta())
    done = irodori("annotations", "export", file, "--format", "coco", "-o", file)
    assert done.exit_code == 2
    assert json.loads(file.read_bytes()) == page_meta()
