"""Names of strangers' files: what is read out of them, and what they are called on a disk."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from host.books import names


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("ページ.png".encode(), "ページ.png"),
        ("第1話/表紙.png".encode("cp932"), "第1話/表紙.png"),
        ("äöü.png".encode("cp437"), "äöü.png"),
        (b"caf\x82.png", "caf\u00e9.png"),  # cp932 would lack half a letter
        (b"M\x81\x94rchen.png", "M\u00fc\u00f6rchen.png"),  # no Japanese in it
        (b"M\x88\xeadchen.png", "M\u00ea\u03a9dchen.png"),  # a lone kanji between Latin letters is an accent
        (b"plain.png", "plain.png"),
    ],
)
def test_a_name_is_read_as_who_packed_it_wrote_it(raw: bytes, text: str) -> None:
    assert names.decode_name(raw) == text


def test_a_name_of_the_file_system_that_is_no_text_is_decoded_as_one_of_an_archive() -> None:
    raw = "表紙.png".encode("cp932")
    assert names.plain_name(os.fsdecode(raw)) == "表紙.png"
    assert names.plain_name("表紙.png") == "表紙.png"
    assert names.plain_name("\ud7ff\ue000") == "\ud7ff\ue000"  # the letters beside the surrogates


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a/b.png", "a/b.png"),
        ("a\\b.png", "a/b.png"),
        ("/etc/./x/../y.png", "etc/x/y.png"),
        ("C:\\pages\\1.png", "pages/1.png"),
        ("C:", "C:"),  # nothing else would be left
        ("CC:/1.png", "CC:/1.png"),
        (".hidden: 1.png", ".hidden: 1.png"),
        ("a\0b\x1f\ud800.png", "a_b__.png"),
        ("../..", None),
        ("", None),
    ],
)
def test_a_safe_name_leads_nowhere_else(name: str, safe: str | None) -> None:
    assert names.safe_name(name) == safe


@pytest.mark.parametrize(
    ("name", "is_litter"),
    [
        ("__MACOSX/._1.png", True),
        ("pages/.DS_Store", True),
        ("pages/Thumbs.db", True),
        ("._1.png", True),
        (".Trashes/1.png", True),
        (".git/1.png", True),
        (".irodori-abc.part", True),
        ("pages/git/1.png", False),
        (".gitignore", False),
        ("thumbs.db.png", False),
        ("pages.ds_store/1.png", False),
    ],
)
def test_what_systems_leave_behind_is_litter(name: str, *, is_litter: bool) -> None:
    assert names.is_litter(name) is is_litter


def test_names_that_a_disk_may_take_for_one_are_one(tmp_path: Path) -> None:
    composed = "É.png"
    assert names.same_name(unicodedata.normalize("NFD", composed)) == names.same_name(composed.lower())
    assert names.same_name("STRASSE") == names.same_name("straße")
    assert names.same_name("a") != names.same_name("b")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names.same_place(tmp_path / "link" / "A.png") == names.same_place(tmp_path / "real" / "a.PNG")


@pytest.mark.parametrize(
    ("given", "apart"),
    [
        (["1.png", "1.png", "1.PNG"], ["1.png", "1 (2).png", "1 (3).PNG"]),
        (["1.png", "1 (2).png", "1.png"], ["1.png", "1 (2).png", "1 (3).png"]),
        (["a/1", "b/1", "a/1"], ["a/1", "b/1", "a/1 (2)"]),
    ],
)
def test_names_are_told_apart_by_numbers_before_their_suffixes(given: list[str], apart: list[str]) -> None:
    assert names.told_apart(given) == apart


def test_names_without_suffixes_are_numbered_at_their_ends_and_others_are_left_to_them() -> None:
    assert names.told_apart(["v1.5", "v1.5"], suffixes=False) == ["v1.5", "v1.5 (2)"]
    assert names.told_apart(["a.png", "a.png"], others=["A.PNG", "a (3).png"]) == ["a (2).png", "a (4).png"]


@pytest.mark.parametrize(
    ("taken", "found"),
    [([], "a.tar.gz"), (["a.tar.gz"], "a.tar (2).gz"), (["a.tar.gz", "a.tar (2).gz", "a.tar (4).gz"], "a.tar (3).gz")],
)
def test_the_first_number_that_is_free_is_taken(taken: list[str], found: str) -> None:
    assert names.numbered(Path("x/a.tar.gz"), {Path("x") / one for one in taken}.__contains__) == Path("x") / found


@pytest.mark.parametrize(
    ("pages", "beside", "found"),
    [
        (["1.jpg", "a/2.webp"], "", [("1.png", "1.jpg"), ("a/2.png", "a/2.webp")]),
        (["1.gif", "1.jpg"], "", [("1.gif.png", "1.gif"), ("1.jpg.png", "1.jpg")]),
        (["1.gif", "1.JPG"], "", [("1.gif.png", "1.gif"), ("1.JPG.png", "1.JPG")]),
        (["1.gif", "1.jpg", "1.gif.png"], "", [("1.gif.png", "1.gif"), ("1.jpg.png", "1.jpg"), ("1.gif (2).png",) * 2]),
        (["1.png", "1.png/2.jpg"], "", [("1 (2).png",) * 2, ("1.png/2.png", "1.png/2.jpg")]),
        (["1.jpg", "1.png.json/2.jpg"], ".json", [("1.jpg.png", "1.jpg"), ("1.png.json/2.png", "1.png.json/2.jpg")]),
    ],
)  # fmt: skip
def test_each_page_has_paths_of_its_own(pages: list[str], beside: str, found: list[tuple[str, str]]) -> None:
    assert names.targets(pages, ".png", beside) == dict(zip(pages, found, strict=True))


def test_a_part_that_is_too_long_keeps_its_beginning_and_suffix() -> None:
    fits, long = "x" * 196 + ".png", "x" * 197 + ".png"
    assert names.on_disk(f"{fits}/a") == f"{fits}/a"
    assert names.on_disk(f"a/{long}") == f"a/{'x' * 180}~{names.on_disk(long)[181:189]}.png"
    assert names.on_disk(long) != names.on_disk("x" * 198 + ".png")
    assert names.on_disk("あ" * 70 + ".png").startswith("あ" * 60 + "~")
    assert names.on_disk("x" * 200 + ".123456789").endswith(".123456789")
    assert "." not in names.on_disk("x" * 200 + ".1234567890")


def test_a_terminal_shows_a_name_as_it_is() -> None:
    assert names.printable("第1話\u3000[b] é") == "第1話\u3000[b] é"
    assert names.printable("\x1b[2J\u202e\udc83\n") == "\\x1b[2J\\u202e\\udc83\\n"


def test_a_path_of_thousands_of_folders_is_one_that_disks_take() -> None:
    deep = "d/" * 30_000
    first, second, other = (names.on_disk(f"{deep}{end}") for end in ("1.png", "2.png", "e/1.png"))
    for path in (first, second, other):
        assert len(path) <= 800
        assert path.startswith("d/d/")
    assert first.removesuffix("1.png") == second.removesuffix("2.png")
    assert len({first, second, other}) == 3


@pytest.mark.parametrize("folders", [3, 4, 5, 30])
def test_long_folders_are_shortened_from_within(folders: int) -> None:
    name = "/".join([f"{number}{'f' * 180}" for number in range(folders)] + ["1.png"])
    path = names.on_disk(name)
    assert len(path) <= 800
    assert (path == name) == (folders <= 4)
    assert path.startswith("0fff")
    assert path.endswith("/1.png")
