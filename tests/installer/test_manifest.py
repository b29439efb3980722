"""The file that tells a browser where the host is, flaw by flaw; and that it is written whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from host.paths import EXTENSION_IDS, GECKO_ID, HOST_NAME
from installer.manifest import FILE_NAME, compose, flaws, is_ours, read, write

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = f"chrome-extension://{EXTENSION_IDS[0]}/"


@pytest.fixture
def launcher(tmp_path: Path) -> Path:
    return tmp_path / "irodori-native-host"


def test_who_may_call_is_named_as_each_family_wants_it(launcher: Path) -> None:
    chromium = compose("chromium", launcher, ("b" * 32,))
    assert chromium["allowed_origins"] == [f"chrome-extension://{one}/" for one in (*EXTENSION_IDS, "b" * 32)]
    assert "allowed_extensions" not in chromium
    gecko = compose("gecko", launcher, ("b" * 32,))
    assert gecko["allowed_extensions"] == [GECKO_ID]
    assert "allowed_origins" not in gecko
    for family, made in (("chromium", chromium), ("gecko", gecko)):
        assert (made["name"], made["path"], made["type"]) == (HOST_NAME, str(launcher), "stdio")
        assert flaws(made, family, FILE_NAME) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("family", "changes", "words"),
    [
        ("chromium", {"name": "other"}, ['its name is "other"']),
        ("chromium", {"description": ""}, ["its description is empty"]),
        ("chromium", {"type": "pipe"}, ['its type is "pipe", not "stdio"']),
        ("chromium", {"path": "irodori-native-host"}, ['its path "irodori-native-host" is not absolute']),
        ("chromium", {"path": ""}, ["is not absolute"]),
        ("chromium", {"allowed_origins": []}, [f"allowed_origins lacks {ORIGIN}"]),
        ("chromium", {"allowed_origins": ORIGIN}, [f"allowed_origins lacks {ORIGIN}"]),
        ("chromium", {"allowed_origins": [ORIGIN, "chrome-extension://*/"]}, ["no wildcard"]),
        ("chromium", {"allowed_origins": [ORIGIN, ORIGIN[:-1]]}, ["slash at the end"]),
        ("chromium", {"allowed_origins": [ORIGIN, "https://a/"]}, ["it must read chrome-extension://ID/"]),
        ("chromium", {"allowed_origins": [ORIGIN, 5]}, ["allowed_origins has 5"]),
        ("gecko", {"allowed_extensions": [ORIGIN]}, [f"allowed_extensions lacks {GECKO_ID}"]),
        ("gecko", {"allowed_extensions": [GECKO_ID, "other@*"]}, []),
        ("chromium", {"type": "", "description": None}, ["description", "type"]),
    ],
)
def test_each_flaw_is_named_once(family: Any, changes: dict[str, Any], words: list[str], launcher: Path) -> None:
    found = flaws(compose(family, launcher) | changes, family, FILE_NAME)
    assert len(found) == len(words)
    assert all(word in told for word, told in zip(words, found, strict=True))


def test_a_file_of_another_name_is_a_flaw(launcher: Path) -> None:
    [told] = flaws(compose("chromium", launcher), "chromium", "other.json")
    assert "other.json" in told


def test_what_is_written_is_read_again_and_anybody_may_read_it(tmp_path: Path, launcher: Path) -> None:
    path = tmp_path / FILE_NAME
    assert read(path) is None
    assert not is_ours(path)
    write(path, compose("gecko", launcher))
    assert read(path) == compose("gecko", launcher)
    assert path.read_text("utf-8").endswith("}\n")
    assert path.stat().st_mode & 0o777 == 0o644
    assert is_ours(path)
    assert [one.name for one in tmp_path.iterdir()] == [FILE_NAME]


def test_a_failed_write_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_text("before")
    with pytest.raises(TypeError):
        write(path, {"path": object()})
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [(FILE_NAME, "before")]


@pytest.mark.parametrize(
    ("text", "ours"),
    [('{"name": ', True), ("[]", True), (json.dumps({"name": HOST_NAME}), True), ('{"name": "b"}', False)],
)
def test_a_broken_file_of_our_name_is_ours_and_another_program_s_is_not(tmp_path: Path, text: str, ours: bool) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert is_ours(tmp_path / FILE_NAME) is ours
