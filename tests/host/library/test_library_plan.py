"""What a run will do: which volumes are done, how long the others take, how much disk."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.library import plan as module
from host.library.manifest import OutputRecord, VolumeRecord
from host.library.plan import Plan, PlannedVolume, counted, make_plan, size_of
from host.library.shelf import Source
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def source(folder: Path, place: str = "v", *, is_folder: bool = False) -> Source:
    path = folder / f"{place}.cbz"
    make_cbz(path, {"1.png": picture(1), "2.png": picture(2)})
    return Source(path, place, "", 1000, "stamp", folder / "out", is_folder)


def planned(
    folder: Path, *sources: Source, known: Mapping[str, VolumeRecord] | None = None, measured: float | None = None,
    workers: int = 1, kind: Any = "png", retry: bool = False, told: Any = None,
) -> Plan:  # fmt: skip
    manifest: Any = SimpleNamespace(get=(known or {}).get, seconds_a_page=measured)
    more = {"told": told} if told else {}
    orders = lambda source, series: f"order {'+'.join(series)}"  # noqa: E731
    return make_plan(sources, folder / "out", manifest, orders, workers, kind, retry=retry, **more)


@pytest.mark.parametrize(
    ("measured", "workers", "seconds"), [(None, 1, 8.0), (None, 2, 4.0), (0.5, 1, 2.0), (0.5, 4, 0.5), (0.5, 0, 2.0)]
)
def test_a_page_takes_what_was_measured_else_two_seconds_of_a_worker(
    measured: float | None, workers: int, seconds: float, tmp_path: Path
) -> None:
    plan = planned(tmp_path, source(tmp_path, "v"), source(tmp_path, "w"), measured=measured, workers=workers)
    assert (plan.pages, plan.seconds, plan.is_guess) == (4, seconds, measured is None)


@pytest.mark.parametrize(
    ("kind", "growth"), [("png", 8), ("webp_lossless", 5), ("jxl", 5), ("jpeg", 2.5), ("webp", 1.5), ("avif", 1.5)]
)
def test_the_disk_grows_by_what_pages_are_written_as(
    kind: str, growth: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: asked.append(path) or SimpleNamespace(free=77))
    unreadable = source(tmp_path, "w")
    unreadable.path.write_bytes(b"PK\3\4")
    plan = planned(tmp_path, source(tmp_path), unreadable, kind=kind)
    assert (plan.disk_bytes, plan.free_bytes) == (1000 * growth, 77)
    assert asked == [tmp_path]  # the nearest folder that is there
    (tmp_path / "out").mkdir()
    planned(tmp_path, unreadable)
    assert asked[1] == tmp_path / "out"


def test_after_every_volume_it_is_told_how_many_were_looked_at(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    planned(tmp_path, source(tmp_path, "v"), source(tmp_path, "w"), told=lambda *count: told.append(count))
    assert told == [(1, 2), (2, 2)]


RECORD = VolumeRecord(place="v", stamp="stamp", sha256="", order="order A", series=("A",))
FAILED = OutputRecord(path="", pages=1, failed=(("1.png", "torn"),))
WANTING = OutputRecord(path="", pages=1, coloured=1, undone=1)


@pytest.mark.parametrize(
    ("changes", "retry", "is_done"),
    [
        ({}, False, True),
        ({"fault": "It was torn."}, False, False),
        ({"outputs": (FAILED,)}, False, True),
        ({"outputs": (FAILED,)}, True, False),
        ({}, True, True),
        ({"outputs": (WANTING,)}, False, True),
        ({"outputs": (WANTING,)}, True, False),
        ({"order": "order B"}, False, False),
        ({"series": ("B",)}, False, False),
        ({"stamp": "other"}, False, False),
        ({"stamp": "other", "sha256": "own"}, False, True),
        ({"stamp": "other", "sha256": "0" * 64}, False, False),
        ({"outputs": (OutputRecord(path="v.cbz", size=3),)}, False, True),
        ({"outputs": (OutputRecord(path="v.cbz", size=4),)}, False, False),
        ({"outputs": (OutputRecord(path="gone.cbz", size=3),)}, False, False),
        ({"outputs": (OutputRecord(path="v.cbz", size=3), OutputRecord(path="gone.cbz", size=3))}, False, False),
        ({"outputs": (OutputRecord(path="", size=9),)}, False, True),
    ],
)
def test_a_volume_is_done_that_is_what_it_was_asked_for_alike_and_stands_where_it_was_put(
    changes: dict[str, Any], retry: bool, is_done: bool, tmp_path: Path
) -> None:
    one = source(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "v.cbz").write_bytes(b"abc")
    if changes.get("sha256") == "own":
        changes = changes | {"sha256": hashlib.sha256(one.path.read_bytes()).hexdigest()}
    record = replace(RECORD, **changes)
    plan = planned(tmp_path, one, known={"v": record}, retry=retry)
    assert plan.volumes[0].done is (record if is_done else None)
    assert len(plan.to_do) == (0 if is_done else 1)
    assert plan.pages == (0 if is_done else 2)


def test_a_folder_that_changed_and_a_file_that_is_gone_are_others(tmp_path: Path) -> None:
    one = source(tmp_path)
    digest = hashlib.sha256(one.path.read_bytes()).hexdigest()
    changed = replace(RECORD, stamp="other", sha256=digest)
    assert planned(tmp_path, replace(one, is_folder=True), known={"v": changed}).to_do
    one.path.unlink()
    assert planned(tmp_path, one, known={"v": changed}).to_do


def test_a_size_is_of_a_file_or_of_all_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "1").write_bytes(b"12")
    (tmp_path / "a" / "b" / "2").write_bytes(b"345")
    assert [size_of(tmp_path / name) for name in ("a", "a/1", "a/b", "none")] == [5, 2, 3, -1]


def test_what_cannot_be_read_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = source(tmp_path)
    assert counted(one) == PlannedVolume(one, 2)
    one.path.write_bytes(b"PK\3\4")
    assert counted(one).pages == 0
    assert counted(one).fault

    def refused(_: Source) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "open_source", refused)
    assert counted(one) == PlannedVolume(one, fault="It cannot be read: Permission denied.")
