"""The book of palettes over seen pages that are put there: who is shown, who is asked about, what a change touches."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from msgspec import structs

from engines.geometry import Size
from host.application import Application
from host.errors import BadRequest, NotFound
from host.palette_records import FigureAt, PaletteElement, PaletteFile, PaletteQuery, PaletteSet, PlaceSet
from host.palettes import book as module
from host.palettes.sightings import SeenColour
from host.paths import state_paths
from host.pipeline.decode import DecodedPage
from host.pipeline.records.masks import PageMaps, PageMasks
from host.store.sources import Source
from tests.host.palettes.people import AKI, BLUE, BOTAN, CHIE, EMBEDDER, RED, at, character, figure, page, palette

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host.palette_records import PaletteView, SeriesPalette
    from host.palettes.book import PaletteBook
    from host.palettes.sightings import SeenPage


@pytest.fixture
def book(irodori_home: Path) -> Iterator[PaletteBook]:
    with Application.open(state_paths(), lambda _: None) as application:
        yield application.palettes


def shown(book: PaletteBook, known: SeriesPalette | None, *pages: SeenPage) -> PaletteView:
    """Return the view of a series with this palette, on whose pages these were seen."""
    if known is not None:
        book._files.change("S", lambda _: known)
    for one in pages:
        book._sightings.put("S", one)
    return book.get(PaletteQuery(series="S"))


def reference(number: int, *figures: Any, name: str = "") -> SeenPage:
    return structs.replace(page(number, *figures), reference_id=f"r{number}", name=name)


def test_pages_of_everybody_are_counted_once_and_references_are_none(book: PaletteBook) -> None:
    known = palette(character("Aki", AKI), character("Bo", BOTAN))
    twice = page(2, figure(AKI, panel=0), figure(AKI, 0.7, panel=1))
    view = shown(book, known, page(1, figure(AKI), figure(BOTAN, 0.7)), twice, reference(9, figure(BOTAN)))
    assert [(one.character_id, one.pages, one.unsure) for one in view.seen] == [("aki", 2, []), ("bo", 1, [])]
    assert view.others == []
    assert view.palette == known
    assert [(one.series, one.characters, one.pages) for one in book.list()] == [("S", 2, 2)]


def test_who_is_surely_on_a_page_is_told_by_panel_as_the_elements_call_them(book: PaletteBook) -> None:
    hero = PaletteElement(element_id="h", name="Hero", character="aki")
    known = structs.replace(palette(character("Aki", AKI), character("Bo", BOTAN)), elements=[hero])
    seen = page(1, figure(AKI), figure(BOTAN, 0.6), figure(AKI, 0.8, panel=1), figure(CHIE, 0.3, panel=2))
    shown(book, known, seen)
    assert book.people("S", seen.pixels_sha256) == {0: ("Hero", "Bo"), 1: ("Hero",)}
    assert book.people("S", "f" * 64) == {}
    assert book.people("", seen.pixels_sha256) == {}


def test_who_may_be_somebody_is_asked_about_the_likest_first(book: PaletteBook) -> None:
    likely = [page(number, figure(AKI, unlike=0.1 + number / 100)) for number in range(1, 27)]
    view = shown(book, palette(character("Aki", AKI)), *likely)
    (aki,) = view.seen
    assert aki.pages == 0
    assert len(aki.unsure) == 24
    assert [one.sure for one in aki.unsure] == sorted((one.sure for one in aki.unsure), reverse=True)
    assert aki.unsure[0].figure == at(likely[0])
    assert (aki.unsure[0].pages, aki.unsure[0].hair) == (1, (90, 60, 40))
    assert 0.6 <= aki.unsure[-1].sure < aki.unsure[0].sure < 0.93


def test_who_is_nobody_s_is_shown_once_with_pages_those_of_references_first_then_the_most_seen(
    book: PaletteBook,
) -> None:
    often = [page(number, figure(BOTAN, 0.3 + number / 100)) for number in (1, 2, 3)]
    view = shown(book, None, *often, page(4, figure(CHIE)), reference(9, figure(AKI), name="Aki"))
    assert [(one.pages, one.name) for one in view.others] == [(1, "Aki"), (3, ""), (1, "")]
    assert view.others[0].figure == at(reference(9, figure(AKI)))
    assert view.others[1].figure.page in {one.pixels_sha256 for one in often}


def test_of_those_that_are_drawn_alike_the_largest_is_shown(book: PaletteBook) -> None:
    large = structs.replace(figure(AKI), box=(0.0, 0.0, 0.5, 1.0))
    view = shown(book, None, page(1, figure(AKI)), page(2, large), page(3, figure(AKI)))
    assert [(one.figure.page, one.pages) for one in view.others] == [(page(2).pixels_sha256, 3)]


def test_who_has_no_face_is_not_shown_and_of_many_so_many(book: PaletteBook, monkeypatch: pytest.MonkeyPatch) -> None:
    faceless = structs.replace(figure(AKI), has_face=False)
    unseen = structs.replace(figure(BOTAN, 0.7), face=b"")
    assert shown(book, None, page(1, faceless, unseen)).others == []
    monkeypatch.setattr(module, "_OTHERS_MAX", 1)
    assert len(shown(book, None, page(2, figure(AKI), figure(BOTAN, 0.7))).others) == 1
    monkeypatch.setattr(module, "_LOOKED_AT_MAX", 0)
    assert shown(book, None).others == []


def test_a_figure_shows_its_colours_and_the_surest_of_them(book: PaletteBook) -> None:
    coloured = structs.replace(figure(AKI), hair=SeenColour(RED, 0.25), skin=None, clothes=SeenColour(BLUE, 0.75))
    (one,) = shown(book, None, page(1, coloured)).others
    assert (one.hair, one.skin, one.clothes, one.sure, one.face) == (RED, None, BLUE, 0.75, b"face")
    plain = structs.replace(figure(BOTAN), hair=None)
    assert [one.sure for one in shown(book, None, page(2, plain)).others] == [0.75, 0.0]


def source(book: PaletteBook, seen: SeenPage) -> str:
    """Make a page known by its file, and return the file's digest."""
    encoded = f"{int(seen.pixels_sha256, 16) + 100:064x}"
    book._sources.put(encoded, Source(seen.pixels_sha256, Size(10, 10)))
    return encoded


def test_a_change_names_the_pages_whose_figures_it_dresses_otherwise(book: PaletteBook) -> None:
    seen = page(1, figure(AKI)), page(2, figure(BOTAN)), page(3, figure(AKI)), reference(9, figure(AKI))
    shown(book, palette(character("Aki", AKI), character("Bo", BOTAN)), *seen)
    known = [source(book, one) for one in seen[:3]]
    view = book.set(PaletteSet(series="S", character_id="aki", hair=RED))
    assert (view.touched, view.pages, view.about) == (2, [known[0], known[2]], "aki")
    assert view.undo
    view = book.undo(PaletteQuery(series="S"))
    assert (view.touched, view.pages, view.palette.characters[0].hair) == (2, [known[0], known[2]], None)
    assert book.set(PaletteSet(series="S", character_id="bo", name="Botan")).touched == 0
    view = book.set(PaletteSet(series="S", character_id="aki", remove=True))
    assert (view.about, [one.name for one in view.palette.characters]) == ("", ["Botan"])


def test_a_figure_is_named_by_its_page_s_file_or_pixels_and_any_point_of_it(book: PaletteBook) -> None:
    seen = page(1, figure(AKI, 0.25), figure(BOTAN, 0.7, panel=1))
    shown(book, palette(character("Aki", AKI)), seen)
    for name in (seen.pixels_sha256, source(book, seen)):
        view = book.set(PaletteSet(series="S", figure=FigureAt(page=name, point=(0.2, 0.3)), hair=RED))
        assert view.about == "aki"
    view = book.set(PaletteSet(series="S", figure=at(seen, 1), name="Bo"))
    assert [one.name for one in view.palette.characters] == ["Aki", "Bo"]
    assert view.about == view.palette.characters[1].character_id
    refused = PaletteSet(series="S", character_id="aki", is_not=at(seen))
    view = book.set(refused)
    assert view.seen[0].pages == 0


@pytest.mark.parametrize(
    "place", [FigureAt(page="f" * 64, point=(0.2, 0.3)), FigureAt(page=f"{1:064x}", point=(0.9, 0.9))]
)
def test_where_nobody_is_nobody_is_named(place: FigureAt, book: PaletteBook) -> None:
    shown(book, None, page(1, figure(AKI)))
    with pytest.raises(NotFound) as told:
        book.set(PaletteSet(series="S", figure=place, hair=RED))
    assert told.value.message == "Nobody was found at this place of the page."
    assert told.value.hint == "Correct the colour of this place alone."


def test_a_figure_is_somebody_or_is_not(book: PaletteBook) -> None:
    here = at(page(1, figure(AKI)))
    with pytest.raises(BadRequest) as told:
        book.set(PaletteSet(series="S", figure=here, is_not=here))
    assert (told.value.message, told.value.hint) == ("A figure is somebody or is not.", "Leave figure or is_not out.")


def test_a_place_s_pages_are_named_by_their_pixels_and_told_by_their_files(book: PaletteBook) -> None:
    seen = page(1), page(2)
    first, second = (source(book, one) for one in seen)
    view = book.set(PaletteSet(series="S", place=PlaceSet(name="Roof", shows=[first, "e" * 64, second])))
    (place,) = view.palette.places
    assert place.shown == [seen[0].pixels_sha256, "e" * 64, seen[1].pixels_sha256]
    assert [(one.place_id, one.pages) for one in view.places] == [(place.place_id, [first, second])]
    change = PlaceSet(place_id=place.place_id, shows_not=[second, "e" * 64])
    assert book.set(PaletteSet(series="S", place=change)).palette.places[0].shown == [seen[0].pixels_sha256]


def test_a_palette_goes_out_and_comes_in_under_another_name(book: PaletteBook) -> None:
    with pytest.raises(NotFound) as told:
        book.export(PaletteQuery(series="x" * 200))
    assert told.value.message == f"The series {'x' * 128!r} has no palette."
    assert told.value.hint == "Name somebody in it first."
    shown(book, palette(character("Aki", AKI, RED)))
    file = book.export(PaletteQuery(series="S"))
    assert file.series == "S"
    view = book.take_in(PaletteFile(series="T", json=file.json))
    assert (view.palette.series, view.palette.characters[0].name) == ("T", "Aki")
    assert book.export(PaletteQuery(series="T")).series == "T"


def looking(book: PaletteBook, monkeypatch: pytest.MonkeyPatch, kind: str = "story") -> list[tuple[Any, ...]]:
    """Let a page be read as one of this kind; return what its figures were looked for in."""
    looked: list[tuple[Any, ...]] = []

    def look_at(grey: Any, pixels: str, meta: Any, characters: Any, embedder: Any, named: str, rgb: Any) -> SeenPage:
        looked.append((pixels, named, characters.max(), rgb is not None))
        return structs.replace(page(1, figure(AKI)), pixels_sha256=pixels)

    nothing, nobody = np.zeros((8, 8), np.bool_), np.zeros((8, 8), np.uint8)
    reading = SimpleNamespace(
        meta=SimpleNamespace(kind=kind),
        masks=PageMasks(balloons=nothing, lettering=nothing, gutters=nothing),
        maps=PageMaps(panels=nobody, characters=nobody + 7, depth=nobody, tone=nobody),
    )
    name, version = EMBEDDER.split()
    monkeypatch.setattr("host.palettes.look.look_at", look_at)
    monkeypatch.setattr(book, "_embedder", lambda: SimpleNamespace(info=SimpleNamespace(id=name, version=version)))
    monkeypatch.setattr(book, "_reader", lambda: SimpleNamespace(read=lambda page, direction, chapter: reading))
    return looked


@pytest.mark.parametrize(("kind", "in_colour"), [("story", False), ("already_coloured", True)])
def test_a_page_is_looked_at_once_in_colour_where_it_has_its_own(
    kind: str, in_colour: bool, book: PaletteBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = looking(book, monkeypatch, kind)
    decoded = DecodedPage(np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8), "c" * 64)
    for _ in range(2):
        book.see("S", decoded)
    assert looked == [("c" * 64, EMBEDDER, 7, in_colour)]
    assert list(book._sightings.get("S")) == ["c" * 64]


def test_references_of_the_series_are_looked_at_once_in_colour_by_who_they_show(
    book: PaletteBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = looking(book, monkeypatch)
    listed = [
        SimpleNamespace(reference_id="a", character="Aki", name="one.png"),
        SimpleNamespace(reference_id="b", character="", name="n" * 300),
        SimpleNamespace(reference_id="gone", character="", name=""),
    ]

    def pixels(reference_id: str) -> Any:
        if reference_id == "gone":
            raise NotFound("It is gone.", "")
        return np.full((8, 8, 3), len(looked), np.uint8)

    monkeypatch.setattr(book, "_references", SimpleNamespace(list=lambda series: listed, pixels=pixels))
    for _ in range(2):
        book.get(PaletteQuery(series="S"))
    assert [one[3] for one in looked] == [True, True]
    seen = {one.reference_id: one.name for one in book._sightings.get("S").values()}
    assert seen == {"a": "Aki", "b": "n" * 200}
    book.get(PaletteQuery(series=""))
    assert len(looked) == 2
    book.forget_sightings("S")
    assert book._sightings.get("S") == {}
