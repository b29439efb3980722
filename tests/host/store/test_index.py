"""Pictures by what is on them: the vectors' index, its file, and two hosts that write it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.locks import ProcessLock
from host.store import index as index_module
from host.store.index import PictureIndex
from host.store.index_file import Crop, IndexBroken, IndexedPicture, decode_index, encode_index
from host.store.vectors import MANY_ROWS, FaissIndex, NumpyIndex, VectorIndex, make_vector_index

pytestmark = pytest.mark.slow

EMBEDDER = ("toy", "1")
WIDTH = 8


def unit(seed: int, rows: int = 1) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, WIDTH)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def picture(number: int, crops: int = 3, recipe: str = "") -> IndexedPicture:
    kinds = ("page", *("panel" for _ in range(crops - 1)))
    rows = unit(number, crops)
    return IndexedPicture(
        id=f"p{number}", crops=tuple(Crop(kind, (0, 0, 9, 9)) for kind in kinds), vectors=rows.tobytes(), recipe=recipe
    )


@pytest.mark.parametrize("kind", [NumpyIndex, FaissIndex])
def test_the_nearest_rows_come_first_and_rows_can_be_taken_out(kind: type[NumpyIndex | FaissIndex]) -> None:
    rows, index = unit(1, 20), kind(WIDTH)
    index.add(np.arange(100, 120), rows)
    likeness, ids = index.search(rows[3:5], 4)
    assert ids[:, 0].tolist() == [103, 104]
    assert likeness[:, 0] == pytest.approx([1, 1], abs=1e-6)
    assert (np.diff(likeness, axis=1) <= 0).all()
    index.remove(np.array([103, 999]))
    assert len(index) == 19
    assert 103 not in index.search(rows[3:4], 19)[1]


def test_both_kinds_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, queries = unit(2, 60), unit(3, 7)
    both: list[VectorIndex] = [NumpyIndex(WIDTH), FaissIndex(WIDTH)]
    for one in both:
        one.add(np.arange(60), rows)
    (first, first_ids), (second, second_ids) = (one.search(queries, 30) for one in both)
    assert (first_ids == second_ids).all()
    assert np.allclose(first, second, atol=1e-6)
    assert isinstance(make_vector_index(WIDTH, MANY_ROWS), FaissIndex)
    monkeypatch.setattr("host.store.vectors.find_spec", lambda _: None)
    assert isinstance(make_vector_index(WIDTH, MANY_ROWS), NumpyIndex)


def test_few_rows_do_not_bring_faiss_into_memory() -> None:
    code = (
        "import sys, numpy as np\n"
        "from host.store.vectors import MANY_ROWS, make_vector_index\n"
        "index = make_vector_index(8, MANY_ROWS - 1)\n"
        "index.add(np.arange(3), np.eye(3, 8, dtype=np.float32))\n"
        "index.search(np.eye(1, 8, dtype=np.float32), 2)\n"
        "sys.exit('faiss' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0


def test_an_index_that_grows_is_handed_to_faiss_with_all_that_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("host.store.index.MANY_ROWS", 12)
    monkeypatch.setattr("host.store.vectors.MANY_ROWS", 12)
    index = PictureIndex(tmp_path / "a.index", EMBEDDER)
    kinds = []
    for number in range(6):
        index.add(picture(number))
        kinds.append(type(index._vectors))
    assert kinds[0] is NumpyIndex
    assert kinds[-1] is FaissIndex
    assert set(index.likeness(unit(2, 3), ("page", "panel", "character"))) == {f"p{number}" for number in range(6)}


def test_a_picture_is_as_like_as_its_likest_crop_of_that_kind(tmp_path: Path) -> None:
    index = PictureIndex(tmp_path / "a.index", EMBEDDER)
    for number in range(5):
        index.add(picture(number))
    own = unit(2, 3)
    likeness = index.likeness(own, ("page", "panel", "character"))
    assert likeness["p2"][:2] == pytest.approx([1, 1], abs=1e-6)
    assert likeness["p2"][2] == -1
    assert likeness["p1"][0] == pytest.approx(float(own[0] @ unit(1, 3)[0]), abs=1e-6)
    assert index.likeness(own[1:2])["p2"][0] == pytest.approx(1, abs=1e-6)
    again = picture(2)
    index.add(IndexedPicture(id="p2", crops=again.crops, vectors=unit(77, 3).tobytes()))
    assert index.likeness(own[:1])["p2"][0] < 0.99
    index.remove(["p1", "nobody"])
    assert set(index.likeness(own[:1])) == {"p0", "p2", "p3", "p4"}


def test_what_was_added_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = PictureIndex(tmp_path / "a.index", EMBEDDER)
    first.add(picture(1, recipe="r"))
    later = PictureIndex(tmp_path / "a.index", EMBEDDER)
    assert later.picture("p1") == picture(1, recipe="r")
    assert later.of_recipe("r") == {"p1"}
    assert later.of_recipe("other") == frozenset()
    first.add(picture(2))
    assert later.picture("p2") is not None
    assert later.likeness(unit(2))["p2"][0] == pytest.approx(1, abs=1e-6)


def test_the_file_is_the_same_with_and_without_faiss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("faiss", "numpy"):
        if name == "numpy":
            monkeypatch.setattr("host.store.vectors.find_spec", lambda _: None)
        index = PictureIndex(tmp_path / name, EMBEDDER)
        for number in (3, 1, 2):
            index.add(picture(number))
        index.remove(["p1"])
    assert (tmp_path / "faiss").read_bytes() == (tmp_path / "numpy").read_bytes()


@pytest.mark.parametrize("harm", ["cut", "flipped", "empty", "text"])
def test_a_broken_file_is_begun_anew(tmp_path: Path, harm: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.index"
    PictureIndex(path, EMBEDDER).add(picture(1))
    whole = path.read_bytes()
    flipped = whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]
    path.write_bytes({"cut": whole[:-5], "flipped": flipped, "empty": b"", "text": b"not an index"}[harm])
    index = PictureIndex(path, EMBEDDER)
    assert index.picture("p1") is None
    assert "begun anew" in caplog.text
    index.add(picture(2))
    assert PictureIndex(path, EMBEDDER).picture("p2") is not None


def test_an_index_of_another_embedder_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.index"
    PictureIndex(path, EMBEDDER).add(picture(1))
    assert PictureIndex(path, ("toy", "2")).picture("p1") is None
    with pytest.raises(IndexBroken, match="toy 1"):
        decode_index(path.read_bytes(), ("other", "1"))


def test_the_oldest_pictures_go_where_there_are_very_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_PICTURES_MAX", 4)
    index = PictureIndex(tmp_path / "a.index", EMBEDDER)
    for number in range(7):
        index.add(picture(number))
    assert set(index.likeness(unit(0))) == {"p3", "p4", "p5", "p6"}
    decoded, width = decode_index((tmp_path / "a.index").read_bytes(), EMBEDDER)
    assert (list(decoded), width) == (["p3", "p4", "p5", "p6"], WIDTH)


def test_an_index_that_cannot_be_written_serves_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "_LOCK_TIMEOUT_S", 0.05)
    path = tmp_path / "a.index"
    other = ProcessLock(path.with_suffix(".lock"))
    assert other.try_acquire()
    index = PictureIndex(path, EMBEDDER)
    index.add(picture(1))
    assert index.picture("p1") is not None
    assert not path.exists()
    other.close()
    index.add(picture(2))
    assert set(decode_index(path.read_bytes(), EMBEDDER)[0]) == {"p1", "p2"}


WRITER = """
import sys
from pathlib import Path
from host.store.index import PictureIndex
from tests.host.store.test_index import EMBEDDER, picture
index = PictureIndex(Path(sys.argv[1]), EMBEDDER)
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 12):
    index.add(picture(number))
"""


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "a.index"), str(first)],
            cwd=root, env=os.environ | {"PYTHONPATH": str(root)},
        )
        for first in (0, 100)
    ]  # fmt: skip
    assert [writer.wait(60) for writer in writers] == [0, 0]
    wanted = {f"p{number}" for first in (0, 100) for number in range(first, first + 12)}
    assert set(PictureIndex(tmp_path / "a.index", EMBEDDER).likeness(unit(0))) == wanted
    assert [path.name for path in tmp_path.iterdir() if path.suffix not in (".index", ".lock")] == []


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_an_index_or_refused(raw: bytes) -> None:
    with pytest.raises(IndexBroken):
        decode_index(raw, EMBEDDER)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400), st.integers(0, 255))
def test_one_changed_byte_is_seen(place: int, value: int) -> None:
    whole = encode_index({"p1": picture(1), "p2": picture(2)}, EMBEDDER, WIDTH)
    place %= len(whole)
    if whole[place] == value:
        return
    with pytest.raises(IndexBroken):
        decode_index(whole[:place] + bytes([value]) + whole[place + 1 :], EMBEDDER)


def test_what_another_process_adds_meanwhile_stays(tmp_path: Path) -> None:
    one, other = (PictureIndex(tmp_path / "a.index", EMBEDDER) for _ in range(2))
    one.add(picture(1))
    other.add(picture(2))
    one.add(picture(3))
    later = PictureIndex(tmp_path / "a.index", EMBEDDER)
    assert [later.picture(f"p{number}") for number in (1, 2, 3)] == [picture(number) for number in (1, 2, 3)]


def test_a_file_of_the_first_format_is_written_and_read_for_ever() -> None:
    """The bytes of the cache's files are a promise: another form is another `FORMAT`."""
    one = IndexedPicture(
        id="a", crops=(Crop("page", (0, 0, 9, 8)), Crop("panel", (1, 2, 3, 4))), vectors=bytes(range(16)), recipe="r",
        result_sha256="s",
    )  # fmt: skip
    kept = (
        b"\x84\xa6format\x01\xa8embedder\x92\xa3toy\xa11\xa5width\x02\xa8pictures\x91\x85\xa2id\xa1a\xa5crops\x92"
        b"\x92\xa4page\x94\x00\x00\t\x08\x92\xa5panel\x94\x01\x02\x03\x04\xa7vectors\xc4\x10" + bytes(range(16))
        + b"\xa6recipe\xa1r\xadresult_sha256\xa1s"
    )  # fmt: skip
    whole = hashlib.sha256(kept).digest() + kept
    assert encode_index({"a": one}, EMBEDDER, 2) == whole
    assert decode_index(whole, EMBEDDER) == ({"a": one}, 2)
