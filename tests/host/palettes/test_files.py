"""Palettes on the disk: readable, taken back step by step, and by their versions where somebody broke them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from host.errors import BadRequest, NotFound, TooLarge
from host.palette_records import SeriesPalette
from host.palettes import schemas
from host.palettes.files import BYTES_MAX, VERSIONS_KEPT, PaletteFiles, decode, encode
from tests.host.palettes.people import AKI, RED, character, palette

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> PaletteFiles:
    return PaletteFiles(tmp_path / "palettes")


def moods(files: PaletteFiles, *moods_: str) -> None:
    for mood in moods_:
        files.change("S", lambda one, mood=mood: structs.replace(one, mood=mood))  # type: ignore[misc]


def test_a_series_without_a_palette_has_an_empty_one_and_nothing_is_written(
    files: PaletteFiles, tmp_path: Path
) -> None:
    assert files.get("S") == SeriesPalette(version=1, series="S")
    assert not files.has("S")
    assert list(tmp_path.iterdir()) == []


def test_changes_are_taken_back_one_by_one(files: PaletteFiles) -> None:
    moods(files, "dawn", "noon", "noon", "dusk")
    assert files.undo("S")[1].mood == "noon"
    assert files.undo("S")[1].mood == "dawn"
    moods(files, "night")
    assert [files.undo("S")[1].mood for _ in range(2)] == ["dawn", ""]
    with pytest.raises(NotFound, match="take back"):
        files.undo("S")
    assert not files.can_undo("S")


def test_only_so_many_versions_are_kept(files: PaletteFiles, tmp_path: Path) -> None:
    moods(files, *(f"{number}" for number in range(VERSIONS_KEPT + 7)))
    assert len(list(tmp_path.rglob("0*.json"))) == VERSIONS_KEPT
    assert files.undo("S")[1].mood == f"{VERSIONS_KEPT + 5}"


def test_the_file_is_json_that_a_person_can_read(files: PaletteFiles, tmp_path: Path) -> None:
    files.change("S", lambda _: palette(character("Aki", AKI, RED)))
    (path,) = tmp_path.rglob("palette.json")
    facts = json.loads(path.read_text("utf-8"))
    assert facts["version"] == 1
    assert facts["characters"][0]["hair"] == {"rgb": list(RED), "origin": "reader"}
    assert path.read_text("utf-8").count("\n") > 10


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"[" * 100_000, b'{"a":' * 100_000, b'{"version": 1, "series": "\xff"}',
        b'{"version": 2, "series": "S"}', b'{"version": 1, "series": 5}', b" " * (BYTES_MAX + 1),
    ],
)  # fmt: skip
def test_where_a_file_is_broken_the_newest_version_is_in_force_and_the_file_is_kept_aside(
    files: PaletteFiles, tmp_path: Path, content: bytes
) -> None:
    moods(files, "dawn", "noon", "dusk")
    (path,) = tmp_path.rglob("palette.json")
    path.write_bytes(content)
    (path.parent / "00000003.json").write_bytes(content)
    assert files.get("S").mood == "dawn"
    assert [one.mood for one in files.every()] == ["dawn"]
    assert path.read_bytes() == content
    moods(files, "night")
    assert files.get("S").mood == "night"
    assert (path.parent / "palette.broken.json").read_bytes() == content
    assert [files.undo("S")[1].mood for _ in range(2)] == ["dawn", "dawn"]


def test_the_last_change_of_a_broken_file_can_be_taken_back(files: PaletteFiles, tmp_path: Path) -> None:
    moods(files, "dawn", "noon")
    (path,) = tmp_path.rglob("palette.json")
    path.write_text("{")
    assert files.undo("S")[1].mood == "dawn"
    assert files.get("S").mood == "dawn"
    assert (path.parent / "palette.broken.json").read_text() == "{"


def test_a_palette_that_would_be_too_large_to_be_read_is_not_written(
    files: PaletteFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    moods(files, "dawn")
    monkeypatch.setattr("host.palettes.files.BYTES_MAX", 500)
    with pytest.raises(TooLarge):
        moods(files, "x" * 500)
    assert files.get("S").mood == "dawn"


def test_a_home_that_takes_no_folder_has_no_palettes(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    files = PaletteFiles(tmp_path / "data" / "palettes")
    assert files.get("S").characters == []
    assert files.every() == []


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to(path.name)])
def test_what_is_no_file_is_never_opened(files: PaletteFiles, tmp_path: Path, make: Callable[[Path], None]) -> None:
    moods(files, "dawn", "noon")
    (path,) = tmp_path.rglob("palette.json")
    path.unlink()
    make(path)
    assert files.get("S").mood == "dawn"
    moods(files, "night")
    assert files.get("S").mood == "night"


def test_what_fails_while_it_changes_leaves_all_as_it_was(files: PaletteFiles, tmp_path: Path) -> None:
    moods(files, "dawn")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.json")}

    def fails(_: SeriesPalette) -> SeriesPalette:
        raise BadRequest("no")

    with pytest.raises(BadRequest):
        files.change("S", fails)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.json")} == before
    moods(files, "noon")  # the lock was given back


def test_series_are_told_apart_whatever_they_are_called(files: PaletteFiles) -> None:
    names = ["a/../b", "\ud83d", "x" * 4000, "頁"]
    for name in names[:1] + names[2:]:
        files.change(name, lambda one: structs.replace(one, mood="m"))
    assert [one.series for one in files.every()] == sorted(["a/../b", "x" * 4000, "頁"])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "valid"),
        (b"[]", "valid"),
        (b"\xff\xfe", "valid"),
        (b'{"version": 2, "series": ""}', "version"),
        (b'{"version": 1, "series": "", "characters": [{"character_id": "a"}, {"character_id": "a"}]}', "one id"),
        (b'{"version": 1, "series": "", "characters": [{"character_id": "a", "hair": {"rgb": [1]}}]}', "hair"),
    ],
)
def test_what_is_no_palette_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        decode(data)


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        decode(b" " * (BYTES_MAX + 1))


@given(st.text(max_size=20), st.binary(max_size=40), st.tuples(*[st.integers(0, 255)] * 3))
def test_a_palette_comes_back_from_its_file_as_it_was(name: str, face: bytes, rgb: tuple[int, int, int]) -> None:
    name = name.encode("utf-8", "replace").decode()
    whole = palette(structs.replace(character("Aki", AKI, rgb), name=name, face=face))
    assert decode(encode(whole)) == whole


def test_the_schema_is_current() -> None:
    assert schemas.stale() == []
    assert msgspec.json.schema(SeriesPalette)["$ref"].endswith("SeriesPalette")
