"""`irodori palette`: what it shows, what it changes, and what it says where it cannot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from host.application import Application
from host.cli.app import app
from host.palettes.files import PaletteFiles
from host.palettes.sightings import Sightings
from host.paths import state_paths
from host.pipeline.decode import decode_page
from tests.host.palettes.people import AKI, BOTAN, RED, character, palette

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kept(irodori_home: Path) -> None:
    PaletteFiles(state_paths().palettes).change(
        "S", lambda _: palette(character("Aki", AKI, RED), character("Bo", BOTAN))
    )


def irodori(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["palette", *map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})
    return done.exit_code, done.output


@pytest.mark.usefixtures("kept")
def test_palettes_and_their_characters_are_shown() -> None:
    assert "S" in irodori("list")[1]
    status, text = irodori("show", "S")
    assert status == 0
    assert "#c83c3c reader" in text
    assert json.loads(irodori("show", "S", "--json")[1])["characters"][0]["name"] == "Aki"


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_colours_are_set_let_go_and_taken_back() -> None:
    files = PaletteFiles(state_paths().palettes)
    status, text = irodori("set", "S", "aki", "--hair", "#010203", "--eyes", "0a0b0c", "--name", "Aki T.")
    assert (status, text) == (0, "0 pages touched: colour them again to see it.\n")
    one = files.get("S").characters[0]
    assert (one.name, one.hair and one.hair.rgb, one.eyes and one.eyes.rgb) == ("Aki T.", (1, 2, 3), (10, 11, 12))
    assert irodori("set", "S", "Aki T.", "--clear", "hair")[0] == 0
    assert files.get("S").characters[0].hair is None
    assert irodori("undo", "S")[0] == 0
    assert files.get("S").characters[0].hair is not None
    assert irodori("merge", "S", "Aki T.", "Bo")[0] == 0
    assert len(files.get("S").characters) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_a_place_is_named_with_the_pages_that_show_it(pages: Path) -> None:
    page = pages / "night-en.webp"
    shown = decode_page(page.read_bytes()).pixels_sha256
    assert irodori("place", "S", "Harbour", "--mood", "dusk", "--page", page)[1].endswith("Harbour: dusk, 1 page\n")
    [harbour] = PaletteFiles(state_paths().palettes).get("S").places
    assert (harbour.name, harbour.mood, harbour.shown) == ("Harbour", "dusk", [shown])
    assert irodori("place", "S", "Harbour", "--name", "Old harbour", "--not-page", page)[0] == 0
    assert "Old harbour: dusk, on 0 page(s)" in irodori("show", "S")[1]
    assert irodori("place", "S", harbour.place_id, "--remove") == (0, "")
    assert PaletteFiles(state_paths().palettes).get("S").places == []


@pytest.mark.usefixtures("kept")
def test_an_element_is_named_with_its_word_and_pictures(pages: Path) -> None:
    asked = ("element", "S", "Aki", "--trigger", "@Hero", "--description", "a red coat")
    status, text = irodori(*asked, "-p", pages / "reference-warm.webp")
    assert (status, text.endswith(" Aki @Hero: character, a red coat, 1 picture\n")) == (0, True)
    [hero] = PaletteFiles(state_paths().palettes).get("S").elements
    assert len(hero.pictures) == 1
    assert irodori("element", "S", "Aki", "--kind", "thing", "--name", "Sword")[0] == 0
    assert "Sword @Hero: thing, a red coat, 1 picture(s)" in irodori("show", "S")[1]
    for words, what in ((("Kon", "--trigger", "@HERO"), "has the trigger"), (("Kon", "--trigger", "Kon"), "@Hero")):
        status, text = irodori("element", "S", *words)
        assert (status, what in text) == (2, True), text
    assert irodori("element", "S", "nobody", "--remove")[0] != 0
    assert irodori("element", "S", hero.element_id, "--remove") == (0, "")


@pytest.mark.usefixtures("kept")
def test_a_list_of_elements_is_taken_in_and_one_of_them_is_a_character(pages: Path, tmp_path: Path) -> None:
    (tmp_path / "aki.webp").write_bytes((pages / "reference-warm.webp").read_bytes())
    hero = {"name": "Hero", "trigger": "@Hero", "description": "a red coat", "pictures": ["aki.webp"]}
    file = tmp_path / "elements.json"
    file.write_text(json.dumps({"series": "S", "elements": [hero, {"name": "Town", "kind": "place"}]}))
    status, text = irodori("elements", file)
    assert (status, text.count("\n")) == (0, 2), text
    first, second = PaletteFiles(state_paths().palettes).get("S").elements
    assert (first.name, first.trigger, len(first.pictures), second.kind) == ("Hero", "@Hero", 1, "place")

    somebody = PaletteFiles(state_paths().palettes).get("S").characters[0]
    status, text = irodori("element", "S", "Hero", "--character", somebody.character_id)
    assert (status, f"is {somebody.name or somebody.character_id}" in text) == (0, True), text
    file.write_text(json.dumps({"elements": [hero | {"description": "a blue coat"}]}))
    assert irodori("elements", file, "--series", "S")[0] == 0
    again = PaletteFiles(state_paths().palettes).get("S").elements
    assert [(one.name, one.description, one.character) for one in again] == [
        ("Hero", "a blue coat", somebody.character_id), ("Town", "", ""),
    ]  # fmt: skip
    assert "Of which series" in irodori("elements", file)[1]
    file.write_text("{}")
    assert "no element" in irodori("elements", file, "--series", "S")[1]
    assert "no character" in irodori("element", "S", "Hero", "--character", "stranger")[1]


@pytest.mark.usefixtures("kept")
def test_a_file_moves_a_palette_to_another_series(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    assert irodori("export", "S", "-o", file)[0] == 0
    assert irodori("import", file, "--series", "T")[0] == 0
    files = PaletteFiles(state_paths().palettes)
    assert files.get("T").characters == files.get("S").characters


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "S", "nobody", "--hair", "#010203"), "no character 'nobody'"),
        (("set", "S", "aki", "--hair", "red"), "'red' is no colour"),
        (("set", "S", "aki", "--clear", "beard"), "'beard' is no part"),
        (("set", "S", "--hair", "#010203"), "about nobody"),
        (("set", "S", "--at", "0.1,0.2"), "a page and a point"),
        (("export", "T", "-o", "t.json"), "has no palette"),
        (("undo", "T"), "no change to take back"),
        (("place", "S", "nowhere", "--remove"), "no place 'nowhere'"),
        (("place", "S", "here", "--page", "no-such.png"), "cannot be read"),
        (("import", "no-such.json"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(arguments: tuple[str, ...], words: str) -> None:
    status, text = irodori(*arguments)
    assert status == 2
    assert words in text


@pytest.mark.slow
def test_a_figure_of_a_page_that_was_never_coloured_can_be_named(irodori_home: Path, pages: Path) -> None:
    path = pages / "figures-en.webp"
    with Application.open(state_paths(), lambda _: None) as application:
        application.palettes.see("T", decode_page(path.read_bytes()))
        [seen] = Sightings(application.store.database).get("T").values()
    assert seen.embedder == " ".join(application.embedder.identity)
    x, y = seen.figures[0].point
    status, text = irodori("set", "S", "--page", path, "--at", f"{x},{y}", "--name", "Aki", "--hair", "#010203")
    assert status == 0, text
    [one] = PaletteFiles(state_paths().palettes).get("S").characters
    assert (one.name, one.hair and one.hair.rgb, one.looks) == ("Aki", (1, 2, 3), [seen.figures[0].look])
    status, text = irodori("set", "S", "--page", path, "--at", "0,0", "--hair", "#010203")
    assert status == 2
    assert "Nobody was found" in text


def test_what_was_coloured_is_listed_and_forgotten(irodori_home: Path) -> None:
    assert CliRunner().invoke(app, ["history", "list"]).exit_code == 0
    assert CliRunner().invoke(app, ["history", "forget", "S"]).output == "0 pages forgotten\n"
    assert CliRunner().invoke(app, ["history", "forget"]).exit_code == 2
    assert CliRunner().invoke(app, ["history", "forget", "S", "--all"]).exit_code == 2
