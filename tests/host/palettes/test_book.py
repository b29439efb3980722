"""A palette on its way through jobs: a change touches the pages on which somebody wears something else, no others."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from engines.geometry import Size
from host.corrections import FigurePalette
from host.errors import BadRequest, NotFound
from host.messaging.messages import METHODS, PageDone
from host.palette_records import FigureAt, PaletteFile, PaletteQuery, PaletteSet
from host.palettes.book import PaletteBook
from host.pipeline.decode import decode_page
from host.pipeline.records.masks import PageMaps, PageMasks
from tests.host.palettes.people import AKI, BLUE, BOTAN, RED, figure, page

if TYPE_CHECKING:
    from host.palettes.sightings import SeenPage
    from tests.host.jobs.conftest import Reader

pytestmark = pytest.mark.slow
COUNT = 4


class Chapter:
    """Four coloured pages; Aki is on the second and the third, Botan on the third and the fourth."""

    def __init__(self, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("host.palettes.look.look_at", self.look_at)
        self.reader = reader
        self.book = reader.application.palettes
        self.looked_at: list[str] = []
        request = reader.chapter(list(range(COUNT)))
        self.encoded = [one.sha256 for one in request.pages]
        self._pixels = [decode_page(reader.encoded[one.page_id]).pixels_sha256 for one in request.pages]
        self.colour()
        assert self.reader.board.settle_notes()
        assert len(self.looked_at) == COUNT

    def look_at(self, grey: object, pixels_sha256: str, *_: object) -> SeenPage:
        shown = [(), (figure(AKI),), (figure(AKI), figure(BOTAN, 0.7, 1)), (figure(BOTAN),)]
        figures = dict(zip(self._pixels, shown, strict=True))[pixels_sha256]
        embedder = " ".join(self.reader.application.embedder.identity)
        self.looked_at.append(pixels_sha256)
        return page(int(pixels_sha256, 16), *figures, embedder=embedder)

    def colour(self, **facts: Any) -> list[PageDone]:
        job = self.reader.run(list(range(COUNT)), **facts)
        assert self.reader.listener.end_of(job).done == COUNT
        done = {one.page_id: one for one in self.reader.listener.of(PageDone, job_id=job)}
        return [done[f"p{index}"] for index in range(COUNT)]

    def at(self, index: int, across: float = 0.25) -> FigureAt:
        return FigureAt(page=self.encoded[index], point=(across, 0.5))

    def set(self, **facts: Any) -> Any:
        return self.book.set(PaletteSet(series="S", **facts))


@pytest.fixture
def chapter(palette_reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Chapter:
    return Chapter(palette_reader, monkeypatch)


def test_a_colour_that_is_corrected_once_touches_the_pages_of_that_one_alone(chapter: Chapter) -> None:
    view = chapter.set(figure=chapter.at(1), hair=RED)
    assert (view.pages, view.touched) == (sorted(chapter.encoded[1:3]), 2)
    assert view.about == view.palette.characters[0].character_id
    done = chapter.colour()
    assert [one.cached for one in done] == [True, False, False, True]
    assert [[each["hair"] for each in one.runmeta.get("palettes", [])] for one in done] == [
        [],
        [list(RED)],
        [list(RED)],
        [],
    ]
    assert all(one.cached for one in chapter.colour())


def test_who_was_seen_is_known_to_every_series_that_the_pages_are_told_to(chapter: Chapter) -> None:
    chapter.set(figure=chapter.at(1), hair=RED)  # of series S alone
    assert all(one.cached for one in chapter.colour(series="T"))
    sightings = chapter.reader.application.palettes._sightings
    assert chapter.reader.board.settle_notes()
    assert len(sightings.get("T")) == COUNT
    assert sightings.get("T") == sightings.get("S")
    assert len(chapter.looked_at) == COUNT
    view = chapter.book.get(PaletteQuery(series="T"))
    assert view.palette.characters == []
    assert sorted(one.pages for one in view.others) == [2, 2]


def test_a_page_that_came_in_two_encodings_is_one_page_that_a_change_touches(chapter: Chapter) -> None:
    sources = chapter.reader.application.store.sources
    again = "f" * 64
    sources.put(again, sources.get(chapter.encoded)[chapter.encoded[1]])
    view = chapter.set(figure=chapter.at(1), hair=RED)
    assert (view.pages, view.touched) == (sorted([*chapter.encoded[1:3], again]), 2)


def test_a_change_that_is_taken_back_finds_every_page_in_the_cache(chapter: Chapter) -> None:
    chapter.set(figure=chapter.at(1), hair=RED)
    chapter.colour()
    view = chapter.book.undo(PaletteQuery(series="S"))
    assert view.pages == sorted(chapter.encoded[1:3])
    assert view.palette.characters == []
    assert all(one.cached for one in chapter.colour())


def test_what_touches_no_page_says_so(chapter: Chapter) -> None:
    assert chapter.set(figure=chapter.at(1), name="Aki").pages == []
    assert chapter.set(figure=chapter.at(1), eyes=BLUE).pages == []
    assert chapter.set(mood="dusk").pages == []
    assert all(one.cached for one in chapter.colour())


def test_a_figure_that_the_reader_says_is_another_one_is_dressed_as_that(chapter: Chapter) -> None:
    aki = chapter.set(figure=chapter.at(1), hair=RED).palette.characters[0].character_id
    view = chapter.set(character_id=aki, figure=chapter.at(3))
    assert view.pages == sorted([chapter.encoded[2], chapter.encoded[3]])
    assert chapter.set(character_id=aki, is_not=chapter.at(3)).pages != []


def test_another_series_wears_nothing_of_it(chapter: Chapter) -> None:
    chapter.set(figure=chapter.at(1), hair=RED)
    assert all(one.cached for one in chapter.colour(series="T"))


def test_the_reader_s_own_palette_of_a_page_lies_over_the_series(chapter: Chapter) -> None:
    chapter.set(figure=chapter.at(1), hair=RED)
    mine = FigurePalette(point=(0.25, 0.5), hair=(1, 2, 3))
    done = chapter.reader.run_corrected([1], "palettes", (mine,))["p0"]
    assert [one["hair"] for one in done.runmeta["palettes"]] == [list(RED), [1, 2, 3]]


def test_a_page_that_was_never_seen_is_read_before_its_key_is_known(chapter: Chapter) -> None:
    chapter.set(figure=chapter.at(1), hair=RED)
    chapter.reader.application.store.database.write(lambda one: one.execute("DELETE FROM sightings"))
    chapter.looked_at.clear()
    done = chapter.colour()
    assert [one.cached for one in done] == [True, False, False, True]
    assert set(chapter.looked_at) == set(chapter._pixels)
    assert all(one.cached for one in chapter.colour())


def test_who_was_seen_is_shown_and_files_move_palettes(chapter: Chapter) -> None:
    chapter.set(figure=chapter.at(1), hair=RED, name="Aki")
    view = chapter.book.get(PaletteQuery(series="S"))
    assert [(one.pages, one.unsure) for one in view.seen] == [(2, [])]
    assert [other.pages for other in view.others] == [2]
    assert view.undo
    file = chapter.book.export(PaletteQuery(series="S"))
    moved = chapter.book.take_in(PaletteFile(series="T", json=file.json))
    assert [one.name for one in moved.palette.characters] == ["Aki"]
    assert [(one.series, one.characters) for one in chapter.book.list()] == [("S", 1), ("T", 1)]
    for method, answer in (("palette.get", view), ("palette.export", file), ("palette.list", chapter.book.list())):
        assert msgspec.convert(msgspec.to_builtins(answer), METHODS[method].result) == answer


def test_what_cannot_be_done_is_said(chapter: Chapter) -> None:
    with pytest.raises(NotFound, match="Nobody was found"):
        chapter.set(figure=chapter.at(0), hair=RED)
    with pytest.raises(BadRequest, match="is somebody or is not"):
        chapter.set(figure=chapter.at(1), is_not=chapter.at(1))
    with pytest.raises(NotFound, match="no palette"):
        chapter.book.export(PaletteQuery(series="nobody's"))
    with pytest.raises(NotFound, match="no change"):
        chapter.book.undo(PaletteQuery(series="nobody's"))


@pytest.mark.parametrize(
    ("in_colour", "kind", "has_colours"),
    [
        (True, "story", True),
        (False, "already_coloured", True),
        (True, "already_coloured", True),
        (False, "story", False),
    ],
)
def test_colours_are_looked_at_where_a_page_has_its_own(
    monkeypatch: pytest.MonkeyPatch, kind: str, *, in_colour: bool, has_colours: bool
) -> None:
    looked: list[Any] = []
    monkeypatch.setattr("host.palettes.look.look_at", lambda *facts: looked.append(facts))
    meta, nothing, who = SimpleNamespace(kind=kind), np.zeros((8, 8), np.bool_), np.ones((8, 8), np.uint8)
    masks = PageMasks(balloons=nothing, lettering=nothing, gutters=nothing)
    maps = PageMaps(panels=who, characters=who, depth=who, tone=who)
    reader = SimpleNamespace(read=lambda *_: SimpleNamespace(meta=meta, masks=masks, maps=maps))
    embedder = SimpleNamespace(info=SimpleNamespace(id="looks", version="2"))
    none: Any = None
    book = PaletteBook(none, none, none, none, lambda: embedder, lambda: reader)  # type: ignore[arg-type, return-value]
    asked: Any = SimpleNamespace(grey="grey", rgb="rgb", pixels_sha256="digest", size=Size(8, 8))
    book._looked_at(asked, in_colour=in_colour)
    assert looked == [("grey", "digest", meta, who, embedder, "looks 2", "rgb" if has_colours else None)]
