"""Whom a job dresses in what, and what it notes of its pages."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from msgspec import structs

from engines.base import EngineUnavailable
from host.corrections import Corrections, FigurePalette, PageWords
from host.palette_records import PalettePlace, PartColour
from host.palettes.cast import Casts, JobCast, Wardrobe
from host.palettes.sightings import SeenPage
from tests.host.palettes.people import EMBEDDER, character, figure, page, palette

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 200, 30)
NAME, VERSION = EMBEDDER.split(" ", 1)


class Sightings:
    def __init__(self, *pages):
        self.pages, self.adopted = {one.pixels_sha256: one for one in pages}, []

    def get(self, series, keys):
        assert series == "S"
        return {key: self.pages[key] for key in keys if key in self.pages}

    def put(self, series, seen):
        assert series == "S"
        self.pages[seen.pixels_sha256] = seen

    def adopt(self, series, keys):
        self.adopted.append((series, list(keys)))


def broken():
    raise EngineUnavailable("no embedder", "install one")


def cast(*characters, sightings=None, opener=broken):
    return JobCast("S", palette(*characters), sightings or Sightings(), (NAME, VERSION), opener)


def from_page(rgb):
    return PartColour(rgb=rgb, origin="page")


def by_reader(rgb):
    return PartColour(rgb=rgb, origin="reader")


def test_only_colours_that_the_reader_set_are_worn():
    people = [
        character("a", 0, RED),
        character("b", 1, skin=by_reader(BLUE), eyes=by_reader(RED), clothes=by_reader(GREEN)),
        character("c", 2, skin=from_page(BLUE)),
        character("d", 3, eyes=by_reader(GREEN)),
    ]
    wardrobe = Wardrobe(palette(*people), EMBEDDER)
    assert wardrobe.colours == {
        people[0].character_id: {"hair": RED},
        people[1].character_id: {"skin": BLUE, "clothes": GREEN},
    }
    assert len(wardrobe.known) == 4
    assert Wardrobe(palette(people[2]), EMBEDDER).known == ()


def test_who_is_surely_somebody_wears_that_ones_colours():
    wardrobe = Wardrobe(palette(character("a", 0, RED), character("b", 1)), EMBEDDER)
    one, other, stranger = figure(0, 0.2), figure(1, 0.5), figure(5, 0.8)
    assert wardrobe.dress(page(1, one, other, stranger)) == (FigurePalette(point=one.point, hair=RED),)
    assert wardrobe.dress(page(1)) == ()
    assert Wardrobe(palette(character("b", 1)), EMBEDDER).dress(page(1, other)) == ()


def test_pages_that_were_seen_by_the_same_eyes_are_known():
    mine, foreign = page(1, figure(0)), page(2, figure(0), embedder="other 1")
    job = cast(character("a", 0, RED), sightings=Sightings(mine, foreign))
    never = "f" * 64
    known = job.known([mine.pixels_sha256, foreign.pixels_sha256, never])
    worn = (FigurePalette(point=mine.figures[0].point, hair=RED),)
    assert known == {mine.pixels_sha256: Corrections(palettes=worn)}


def test_engines_that_read_words_hear_of_places_whoever_is_dressed():
    harbour = PalettePlace(place_id="h", name="Harbour", mood="dusk", shown=["x"])
    said = (PageWords(text="Harbour, dusk"),)
    for characters in ((), (character("a", 0, RED),)):
        of_series = structs.replace(palette(*characters), places=[harbour])
        shown = Sightings(structs.replace(page(1), pixels_sha256="x"))
        casts = Casts(SimpleNamespace(get=lambda _, it=of_series: it), shown, lambda: (NAME, VERSION), broken)
        assert casts.open("S", reads_words=True).known(["x"]) == {"x": Corrections(words=said)}
        assert casts.open("S", reads_words=True).words("y") == ()
        assert casts.open("S").known(["x"]) == {"x": Corrections()}


def test_a_cast_that_dresses_nobody_knows_every_page():
    job = cast(character("a", 0))
    assert job.digest == ""
    assert job.known(["x", "y"]) == {"x": Corrections(), "y": Corrections()}
    assert job.dress(None, None, None) == ()
    sightings = Sightings()
    cast(character("a", 0), sightings=sightings).pass_over("x")
    assert sightings.pages == {}


def test_palettes_that_dress_otherwise_have_other_digests():
    digests = [cast(*people).digest for people in ([character("a", 0, RED)], [character("a", 0, BLUE)])]
    assert len({*digests, ""}) == 3
    assert cast(character("a", 0, RED)).digest == digests[0]
    assert all(len(one) == 64 for one in digests)


def test_a_page_that_was_seen_is_dressed_without_a_look():
    seen = page(1, figure(0))
    job = cast(character("a", 0, RED), sightings=Sightings(seen))
    worn = job.dress(SimpleNamespace(pixels_sha256=seen.pixels_sha256, grey=None), None, None)
    assert worn == (FigurePalette(point=seen.figures[0].point, hair=RED),)


@pytest.mark.parametrize("there", [True, False])
def test_a_page_that_cannot_be_looked_at_wears_nothing_and_says_so(there, caplog, monkeypatch):
    seen = page(1, figure(0), embedder="other 1")
    sightings = Sightings(seen) if there else Sightings()
    before = dict(sightings.pages)
    job = cast(character("a", 0, RED), sightings=sightings)
    asked = SimpleNamespace(pixels_sha256=seen.pixels_sha256, grey=None)
    assert job.dress(asked, None, None) == ()
    assert "the palette is not laid on a page: no embedder" in caplog.text
    job.learn(asked, None, None, None, None)
    assert "who is on a page was not noted: no embedder" in caplog.text
    assert sightings.pages == before


@pytest.mark.parametrize("known", ["nothing", "foreign"])
def test_a_page_that_is_looked_at_is_noted_and_dressed(known, monkeypatch):
    seen = page(1, figure(0))
    sightings = Sightings(page(1, figure(0), embedder="other 1")) if known == "foreign" else Sightings()
    looks = []

    def look_at(*asked):
        looks.append(asked)
        return seen

    monkeypatch.setattr("host.palettes.look.look_at", look_at)
    job = cast(character("a", 0, RED), sightings=sightings, opener=lambda: "embedder")
    asked = SimpleNamespace(pixels_sha256=seen.pixels_sha256, grey="grey")
    assert job.dress(asked, "meta", "characters") == (FigurePalette(point=seen.figures[0].point, hair=RED),)
    assert sightings.pages == {seen.pixels_sha256: seen}
    job.learn(asked, "meta", "characters", "rgb", "parts")
    first = ("grey", seen.pixels_sha256, "meta", "characters", "embedder", EMBEDDER)
    assert looks == [(*first, None, None), (*first, "rgb", "parts")]


def test_a_page_that_stays_as_it_is_shows_nobody():
    sightings = Sightings()
    cast(character("a", 0, RED), sightings=sightings).pass_over("x")
    assert sightings.pages == {"x": SeenPage(pixels_sha256="x", embedder=EMBEDDER)}


def test_pages_that_were_made_before_are_taken_over():
    sightings = Sightings()
    cast(sightings=sightings).recall(["x", "y"])
    assert sightings.adopted == [("S", ["x", "y"])]


def test_a_job_of_a_series_gets_its_cast_and_one_of_none_gets_none():
    files = SimpleNamespace(get=lambda series: palette(character("a", 0, RED)))
    casts = Casts(files, Sightings(), lambda: (NAME, VERSION), nullcontext)
    assert casts.open("") is None
    opened = casts.open("S")
    assert opened is not None
    assert opened.digest == cast(character("a", 0, RED)).digest
    assert opened.mood == ""


@pytest.mark.parametrize(
    ("point", "index"), [((0.1, 0.1), 0), ((0.25, 0.25), 1), ((0.3, 0.3), 1), ((0.5, 0.5), 0), ((0.51, 0.2), None)]
)
def test_the_smallest_figure_around_a_point_is_the_one(point, index):
    around = structs.replace(figure(0), box=(0.1, 0.1, 0.5, 0.5))
    inner = structs.replace(figure(1), box=(0.2, 0.2, 0.3, 0.3))
    seen = page(1, around, inner)
    assert seen.figure_at(point) == (None if index is None else (around, inner)[index])
    assert around.area == pytest.approx(0.16)
