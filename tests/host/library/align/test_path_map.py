"""Paths of other systems, as this one has them."""

from __future__ import annotations

import pytest

from host.errors import BadRequest
from host.library.align.path_map import PathMap, normalized

RULES = PathMap.read(("e:\\comics\\=/srv/x/", "/srv=Z:\\s", "\\\\nas\\books=/nas"))


@pytest.mark.parametrize("text", ["", "=", "a", "a=", "=b"])
def test_a_rule_has_two_sides(text: str) -> None:
    with pytest.raises(BadRequest, match="maps no path"):
        PathMap.read(("/a=/b", text))


def test_rules_are_kept_in_their_order_without_their_ends() -> None:
    assert RULES.rules == (("e:\\comics", "/srv/x"), ("/srv", "Z:\\s"), ("\\\\nas\\books", "/nas"))
    assert PathMap.read(("/a=/b=c",)).rules == (("/a", "/b=c"),)


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("E:\\Comics\\a b\\1.jpg", "/srv/x/a b/1.jpg"),
        ("e:/comics", "/srv/x"),
        ("E:\\Comicsbook\\1.jpg", "E:\\Comicsbook\\1.jpg"),
        ("/srv/a/1.jpg", "Z:\\s\\a\\1.jpg"),
        ("/SRV/a", "/SRV/a"),  # case counts where there is no drive
        ("\\\\NAS\\Books\\a", "/nas/a"),
        ("/srvx/1.jpg", "/srvx/1.jpg"),
        ("x/srv/1.jpg", "x/srv/1.jpg"),
        ("", ""),
    ],
)
def test_the_first_rule_that_a_path_begins_with_counts(path: str, there: str) -> None:
    assert RULES.there(path) == there


@pytest.mark.parametrize(
    ("path", "windows", "here"),
    [
        ("F:\\a b\\1.jpg", False, "/mnt/f/a b/1.jpg"),
        ("F:\\a\\1.jpg", True, "F:\\a\\1.jpg"),
        ("/mnt/f/a/1.jpg", True, "F:\\a\\1.jpg"),
        ("/mnt/f", True, "F:\\"),
        ("/mnt/f/a/1.jpg", False, "/mnt/f/a/1.jpg"),
        ("/mnt/data/1.jpg", True, "/mnt/data/1.jpg"),
        ("E:\\comics\\1.jpg", True, "/srv/x/1.jpg"),  # rules go before
        ("a/b.jpg", False, "a/b.jpg"),
    ],
)
def test_without_a_rule_a_drive_is_where_it_is_mounted_and_back(path: str, here: str, *, windows: bool) -> None:
    assert RULES.here(path, windows=windows) == here


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("E:\\A\\..\\b\\1.JPG", "/mnt/e/b/1.jpg"),
        ("/mnt/e/B/./1.jpg", "/mnt/e/b/1.jpg"),
        ("/a//B/", "/a/B"),
        ("/a/../../b", "/b"),
        ("a\\b", "a/b"),
        ("./a/../..", ""),
        ("/", "/"),
    ],
)
def test_two_spellings_of_a_path_share_what_does_count(path: str, normal: str) -> None:
    assert normalized(path) == normal
