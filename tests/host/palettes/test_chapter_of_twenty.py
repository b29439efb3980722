"""Twenty pages, and somebody's hair corrected once on the second: which pages change, which first, what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from host.messaging.messages import PageDone
from host.palette_records import FigureAt, PaletteQuery, PaletteSet, PaletteView
from host.pipeline.decode import decode_page
from tests.host.palettes.people import AKI, BOTAN, RED, figure, page

if TYPE_CHECKING:
    from host.palettes.sightings import SeenFigure, SeenPage
    from tests.host.jobs.conftest import Reader

pytestmark = pytest.mark.slow

COUNT = 20
SECOND, TWELFTH, FIFTEENTH = 1, 11, 14
AKIS = [SECOND, 2, 6, 7, FIFTEENTH]
"""Where Aki is drawn as on the second page; on the twelfth it may be Aki."""


def people_on(index: int) -> tuple[SeenFigure, ...]:
    aki = (figure(AKI),) if index in AKIS else (figure(AKI, unlike=0.3),) if index == TWELFTH else ()
    return (*aki, figure(BOTAN, 0.7, 1)) if index in (2, 8, 9) else aki


class Twenty:
    def __init__(self, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("host.palettes.look.look_at", self.look_at)
        self.reader = reader
        self.book = reader.application.palettes
        self.looked_at: set[str] = set()
        self.asked = reader.chapter(list(range(COUNT)))
        self.encoded = [one.sha256 for one in self.asked.pages]
        self.pixels = [decode_page(reader.encoded[one.page_id]).pixels_sha256 for one in self.asked.pages]
        self.first = self.colour(range(COUNT))
        assert self.reader.board.settle_notes()
        assert len(self.looked_at) == COUNT

    def look_at(self, grey: object, pixels_sha256: str, *_: object) -> SeenPage:
        self.looked_at.add(pixels_sha256)
        embedder = " ".join(self.reader.application.embedder.identity)
        return page(int(pixels_sha256, 16), *people_on(self.pixels.index(pixels_sha256)), embedder=embedder)

    def colour(self, indices: Any, seen: int | None = None) -> list[PageDone]:
        """Ask for pages as the extension does, bytes of those in view first; return them as they came."""
        pages = [structs.replace(self.asked.pages[index], visible=index == seen) for index in indices]
        accepted = self.reader.board.run_chapter(structs.replace(self.asked, pages=pages))
        for page_id in sorted(accepted.need, key=lambda one: one != f"p{seen}"):
            self.reader.put(accepted.job_id, page_id)
        assert self.reader.listener.end_of(accepted.job_id).done == len(pages)
        return list(self.reader.listener.of(PageDone, job_id=accepted.job_id))

    def set(self, **facts: Any) -> PaletteView:
        return self.book.set(PaletteSet(series="S", **facts))

    def at(self, index: int) -> FigureAt:
        return FigureAt(page=self.encoded[index], point=(0.25, 0.5))

    def indices(self, view: PaletteView) -> list[int]:
        return sorted(self.encoded.index(one) for one in view.pages)


def images(done: list[PageDone]) -> dict[str, bytes]:
    return {one.page_id: one.image for one in done}


@pytest.fixture
def twenty(palette_reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Twenty:
    return Twenty(palette_reader, monkeypatch)


def test_a_hair_that_is_corrected_once_recolours_the_pages_of_that_one_in_view_first(twenty: Twenty) -> None:
    view = twenty.set(figure=twenty.at(SECOND), hair=RED)
    assert (twenty.indices(view), view.touched) == (AKIS, len(AKIS))

    anew = twenty.colour(AKIS, seen=FIFTEENTH)
    assert anew[0].page_id == f"p{FIFTEENTH}"
    assert [one.cached for one in anew] == [False] * len(AKIS)
    assert all([worn["hair"] for worn in one.runmeta["palettes"]] == [list(RED)] for one in anew)

    calls = twenty.reader.application.engines.get("stepped").calls
    again = twenty.colour(range(COUNT))
    assert all(one.cached for one in again)
    assert twenty.reader.application.engines.get("stepped").calls == calls
    before, after = images(twenty.first), images(again)
    stays = [f"p{index}" for index in range(COUNT) if index not in AKIS]
    assert {page_id: after[page_id] for page_id in stays} == {page_id: before[page_id] for page_id in stays}


def test_who_may_be_the_one_is_asked_and_a_yes_touches_that_page_alone(twenty: Twenty) -> None:
    view = twenty.set(figure=twenty.at(SECOND), hair=RED)
    (aki,) = [one for one in view.seen if one.character_id == view.about]
    assert [one.figure.page for one in aki.unsure] == [twenty.pixels[TWELFTH]]
    assert twenty.indices(twenty.set(character_id=view.about, figure=twenty.at(TWELFTH))) == [TWELFTH]
    twenty.book.undo(PaletteQuery(series="S"))
    twenty.book.undo(PaletteQuery(series="S"))
    again = twenty.colour(range(COUNT))
    assert all(one.cached for one in again)
    assert images(again) == images(twenty.first)
