"""What a run remembers: the manifest, and coloured pages until their volume is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import Busy
from host.library.colourer import PageResult
from host.library.manifest import FOLDER, Manifest, OutputRecord, VolumeRecord
from host.library.page_store import PageStore

if TYPE_CHECKING:
    from pathlib import Path


def record(place: str = "a", **facts: object) -> VolumeRecord:
    output = OutputRecord(
        path=f"{place}.cbz", size=1, sha256="0", pages=2, coloured=1, failed=(("2", "bad"),), written=2
    )
    return VolumeRecord(place=place, stamp="1", sha256="", order="o", outputs=(output,), **facts)  # type: ignore[arg-type]


def test_what_was_done_is_known_to_the_next_run(tmp_path: Path) -> None:
    with Manifest(tmp_path) as manifest:
        manifest.add(record("ä\udcff"))
        manifest.add(record("b", seconds=4.0, left_out=(("x", "it is damaged", True),)))
        manifest.add(record("b", seconds=6.0))
    with Manifest(tmp_path) as again:
        assert again.get("b") == record("b", seconds=6.0)
        assert again.get("ä\udcff") == record("ä\udcff")
        assert again.seconds_a_page == 3.0
        assert again.get("c") is None


def test_a_line_that_a_kill_cut_short_costs_that_volume_alone(tmp_path: Path) -> None:
    with Manifest(tmp_path) as manifest:
        manifest.add(record("a"))
        manifest.add(record("b"))
    path = tmp_path / FOLDER / "manifest.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    with Manifest(tmp_path) as manifest:
        assert manifest.get("a") is not None
        assert manifest.get("b") is None
        manifest.add(record("c"))
    with Manifest(tmp_path) as manifest:
        assert manifest.get("a") is not None
        assert manifest.get("c") is not None


@given(st.binary(max_size=300))
def test_any_bytes_are_a_manifest(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    output = tmp_path_factory.mktemp("out")
    (output / FOLDER).mkdir()
    (output / FOLDER / "manifest.jsonl").write_bytes(data)
    with Manifest(output) as manifest:
        manifest.add(record("a"))
        assert manifest.get("a") is not None
    with Manifest(output) as manifest:
        assert manifest.get("a") == record("a")


def test_two_runs_do_not_write_to_one_output(tmp_path: Path) -> None:
    with Manifest(tmp_path), pytest.raises(Busy, match="Another run"):
        Manifest(tmp_path)
    Manifest(tmp_path).__exit__()


RESULT = PageResult(verdict="coloured", image=b"\x89PNG\n\n{}", mime="image/png", direction="rtl", seconds=1.5)
KEY = "ab" + "0" * 62


def test_a_result_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    store = PageStore(tmp_path)
    assert store.get(KEY) is None
    store.put(KEY, RESULT)
    assert PageStore(tmp_path).get(KEY) == RESULT
    [path] = list(tmp_path.rglob("*.page"))
    data = path.read_bytes()
    for damaged in (data[:-1], data[:70], b"", data.replace(b"PNG", b"PNX")):
        path.write_bytes(damaged)
        assert store.get(KEY) is None
    store.put(KEY, RESULT)
    assert store.get(KEY) == RESULT
    store.drop([KEY, "cd" + "0" * 62])
    assert store.get(KEY) is None


def test_the_first_result_under_a_key_stays(tmp_path: Path) -> None:
    store = PageStore(tmp_path)
    store.put(KEY, RESULT)
    store.put(KEY, PageResult(verdict="coloured", image=b"other", mime="image/png"))
    assert store.get(KEY) == RESULT


@given(st.binary(max_size=200))
def test_any_bytes_are_a_result_or_none(data: bytes) -> None:
    found = PageResult.unpacked(data)
    assert found is None or PageResult.unpacked(found.packed()) == found


@pytest.mark.parametrize(
    ("facts", "output", "failures"),
    [
        ({}, {}, False),
        ({"fault": "no disk"}, {}, True),
        ({"left_out": (("x", "no picture", False),)}, {}, False),
        ({"left_out": (("x", "it is damaged", True),)}, {}, True),
        ({}, {"failed": (("2", "bad"),)}, True),
        ({}, {"written": 1}, True),
    ],
)
def test_a_volume_has_failures_where_anything_is_lost(facts: dict, output: dict, *, failures: bool) -> None:
    whole = {"path": "a.cbz", "size": 1, "sha256": "0", "pages": 2, "coloured": 1, "failed": (), "written": 2}
    volume = {"place": "a", "stamp": "1", "sha256": "", "order": "o", "outputs": (OutputRecord(**whole | output),)}
    assert VolumeRecord(**volume | facts).has_failures == failures
