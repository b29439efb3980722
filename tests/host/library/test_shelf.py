from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.errors import BadRequest
from host.library.shelf import find_volumes
from tests.host.library.shelves import make_cbz, picture


def places(*roots: Path, output: Path) -> list[str]:
    return [source.place for source in find_volumes(roots, output).sources]


def test_files_by_content_and_folders_of_pictures_are_volumes(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    make_cbz(shelf / "A" / "v10.cbz", {"1.png": b"x"})
    make_cbz(shelf / "A" / "v9.dat", {"1.png": b"x"})
    (shelf / "B" / "ch1" / "extra").mkdir(parents=True)
    (shelf / "B" / "ch1" / "1.png").write_bytes(b"x")
    (shelf / "B" / "ch1" / "extra" / "2.png").write_bytes(b"x")
    (shelf / "B" / "ch2").mkdir()
    (shelf / "B" / "ch2" / "1.jpg").write_bytes(b"x")
    (shelf / "notes.txt").write_text("x")
    (shelf / "loop").symlink_to("/")
    found = find_volumes([shelf], tmp_path / "out")
    assert [(one.place, one.series, one.is_folder) for one in found.sources] == [
        ("A/v9", "A", False), ("A/v10", "A", False), ("B/ch1", "B", True), ("B/ch2", "B", True)
    ]  # fmt: skip


def test_what_is_coloured_already_is_no_volume_of_the_shelf(tmp_path: Path) -> None:
    make_cbz(tmp_path / "v.cbz", {"1.png": b"x"})
    make_cbz(tmp_path / "out" / "v.cbz", {"1.png": b"x"})
    assert places(tmp_path, output=tmp_path / "out") == ["v"]
    with pytest.raises(BadRequest, match="shelf itself"):
        find_volumes([tmp_path], tmp_path)
    with pytest.raises(BadRequest, match="There is no"):
        find_volumes([tmp_path / "nothing"], tmp_path / "out")


def test_volumes_that_would_take_one_place_get_two(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    for name in ("v.cbz", "v.cbr", "V.zip", "s/1.cbz"):
        make_cbz(shelf / name, {"1.png": b"x"})
    (shelf / "s" / "0.png").write_bytes(b"x")
    found = places(shelf, output=tmp_path / "out")
    assert sorted(found) == ["V.zip", "s/1", "s/s", "v.cbr", "v.cbz"]


def test_several_shelves_stand_side_by_side(tmp_path: Path) -> None:
    for root in ("a/x", "b/x"):
        make_cbz(tmp_path / root / "v.cbz", {"1.png": b"x"})
    assert places(tmp_path / "a" / "x", tmp_path / "b" / "x", output=tmp_path / "o") == ["x/v", "x (2)/v"]


def test_a_change_of_a_volume_changes_its_stamp(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    (shelf / "ch").mkdir(parents=True)
    (shelf / "ch" / "1.png").write_bytes(picture(1))
    [before] = find_volumes([shelf], tmp_path / "o").sources
    (shelf / "ch" / "2.png").write_bytes(picture(2))
    [after] = find_volumes([shelf], tmp_path / "o").sources
    assert before.stamp != after.stamp
    assert (before.bytes, after.bytes) == (len(picture(1)), len(picture(1)) + len(picture(2)))


NAMES = st.lists(st.sampled_from(["a", "A", "b", "a.cbz", "1", "a (2)"]), min_size=1, max_size=3).map("/".join)


@given(st.lists(st.tuples(NAMES, st.sampled_from([".cbz", ".pdf", "/p.png"])), min_size=1, max_size=8, unique=True))
def test_no_volume_s_place_is_another_s_or_holds_it(
    tmp_path_factory: pytest.TempPathFactory, volumes: list[tuple[str, str]]
) -> None:
    shelf = tmp_path_factory.mktemp("shelf")
    for name, suffix in volumes:
        path = shelf / f"{name}{suffix}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"PK\x03\x04")
        except OSError:  # a folder where a file is
            continue
    found = [place.casefold() for place in places(shelf, output=shelf / "out")]
    assert len(set(found)) == len(found)
    holders = {str(parent) for place in found for parent in PurePosixPath(place).parents}
    assert not holders & set(found)
