"""Which figure a point is of, how alike heads are, and which sightings are forgotten."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from host.palettes import sightings
from host.palettes.likeness import PERHAPS, SURE, Whose, alike, known_of, pack_look, whose
from host.palettes.sightings import SeenFigure, SeenPage, Sightings, series_key
from host.paths import state_paths
from host.store.database import Database
from tests.host.palettes.people import AKI, EMBEDDER, character, figure, look, page, palette

if TYPE_CHECKING:
    from pathlib import Path


def boxed(*box: float, point: tuple[float, float] = (0.5, 0.5)) -> SeenFigure:
    return SeenFigure(point=point, box=box, has_face=True, look=b"", tone=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("point", "is_held"),
    [
        ((0.25, 0.125), True),
        ((0.75, 0.5), True),
        ((0.5, 0.25), True),
        ((0.249, 0.25), False),
        ((0.751, 0.25), False),
        ((0.5, 0.124), False),
        ((0.5, 0.501), False),
    ],
)
def test_a_figure_holds_what_lies_in_its_box(point: tuple[float, float], *, is_held: bool) -> None:
    one = boxed(0.25, 0.125, 0.75, 0.5)
    assert one.holds(point) == is_held
    assert one.area == pytest.approx(0.1875)


def test_of_figures_around_a_point_the_smallest_is_meant() -> None:
    large, small, other = boxed(0, 0, 1, 1), boxed(0.4, 0.4, 0.6, 0.6), boxed(0.7, 0.7, 0.9, 0.9)
    seen = SeenPage(pixels_sha256="0" * 64, embedder=EMBEDDER, figures=(large, small, other))
    assert seen.figure_at((0.5, 0.5)) is small
    assert seen.figure_at((0.1, 0.1)) is large
    assert seen.figure_at((0.8, 0.8)) is other
    assert seen.figure_at((1.1, 0.1)) is None
    first, second = boxed(0, 0, 1, 1, point=(0.2, 0.9)), boxed(0, 0, 1, 1, point=(0.2, 0.1))
    alike_sized = SeenPage(pixels_sha256="0" * 64, embedder=EMBEDDER, figures=(first, second))
    assert alike_sized.figure_at((0.5, 0.5)) is second


@pytest.mark.parametrize(
    ("likeness", "told", "is_sure"), [(SURE, False, True), (0.9299, False, False), (0.0, True, True)]
)
def test_from_a_likeness_on_nobody_is_asked(likeness: float, *, told: bool, is_sure: bool) -> None:
    assert Whose("aki", likeness, told).is_sure == is_sure


@pytest.mark.parametrize(("unlike", "is_named"), [(0.4, True), (0.4004, False)])
def test_less_than_perhaps_is_nobody(unlike: float, *, is_named: bool) -> None:
    (found,) = whose(page(1, figure(AKI, unlike=unlike)), known_of(palette(character("Aki", AKI)), EMBEDDER))
    assert (found.character_id == "aki") == is_named
    assert found.likeness == pytest.approx(PERHAPS if is_named else 0, abs=2e-4)


@pytest.mark.parametrize(
    ("tone", "score"), [(0.5, 1.0), (0.75, 1 - 0.25 / 4), (0.0, 1 - 0.25 / 2), (1.0, 1 - 0.25 / 2)]
)
def test_a_quarter_of_the_difference_of_tone_is_taken_away(tone: float, score: float) -> None:
    one, other = (
        figure(AKI),
        SeenFigure(point=(0, 0), box=(0, 0, 1, 1), has_face=True, look=look(AKI, tone=tone), tone=0),
    )
    assert alike(one, other) == alike(other, one) == pytest.approx(score, abs=1e-3)
    seen = SeenPage(pixels_sha256="0" * 64, embedder=EMBEDDER, figures=(other,))
    (found,) = whose(seen, known_of(palette(character("Aki", AKI)), EMBEDDER))
    assert found.likeness == pytest.approx(score, abs=1e-3)


def test_looks_of_another_length_are_unlike() -> None:
    short = SeenFigure(
        point=(0, 0), box=(0, 0, 1, 1), has_face=True, look=pack_look(np.ones(4, np.float32), 0.5), tone=0.5
    )
    assert alike(figure(AKI), short) == -1
    (found,) = whose(page(1, short), known_of(palette(character("Aki", AKI)), EMBEDDER))
    assert found == Whose()


@pytest.fixture
def book(irodori_home: Path):
    state_paths().database.parent.mkdir(parents=True, exist_ok=True)
    with closing(Database(state_paths().database)) as database:
        yield Sightings(database)


def test_pages_are_kept_by_series_and_forgotten_by_it(book: Sightings) -> None:
    first, second = page(1, figure(AKI)), page(2)
    book.put("A", first)
    book.put("A", second)
    book.put("B", second)
    assert book.get("A") == {first.pixels_sha256: first, second.pixels_sha256: second}
    assert book.get("A", [second.pixels_sha256, "f" * 64]) == {second.pixels_sha256: second}
    assert book.get("A", []) == {}
    assert book.get("C") == {}
    book.forget("A")
    assert (book.get("A"), len(book.get("B"))) == ({}, 1)
    book.put("A", first)
    book.forget(None)
    assert (book.get("A"), book.get("B")) == ({}, {})


def test_the_pages_that_were_seen_first_are_forgotten_first(book: Sightings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "_ROWS_MAX", 20)
    for number in range(21):
        monkeypatch.setattr("host.palettes.sightings.time.time", lambda now=1000.0 + (number * 7) % 21: now)
        book.put("A", page(number))
    kept = {int(sha256, 16) for sha256 in book.get("A")}
    assert len(kept) == 19
    assert not kept & {0, 3}  # seen at 1000 and at 1000 and 7 times three without 21


def test_a_series_key_is_short_and_its_own() -> None:
    keys = {series_key(name) for name in ("A", "a", "A ", "\ud800", "")}
    assert len(keys) == 5
    assert {len(key) for key in keys} == {32}
