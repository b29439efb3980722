"""The regions of hints: as a network sees them, kept as outlines, and as lines have them where there is none."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from msgspec import structs

from engines.base import EngineOutOfMemory, EngineTooLarge
from engines.geometry import Box, Size
from engines.memory_ledger import Holder, MemoryLedger
from engines.segment.base import Pointing, Segmenter
from engines.segment.regions import Regions
from engines.segment.registry import open_segmenter
from host.corrections import ColourHint, FigurePalette
from host.pipeline.compose.hints import region_on
from host.pipeline.drawing import Drawing, PlacedPalette
from host.pipeline.pointed import Pointer, outlines_of
from host.pipeline.records.corrections import record_corrections, recorded_corrections
from host.pipeline.records.page_meta import Character, PageMeta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

DOT = ColourHint(points=((0.5, 0.5),), rgb=(200, 30, 30))
WORN = FigurePalette(point=(0.7, 0.5), hair=(1, 2, 3))
META = PageMeta(
    size=Size(120, 160), pixels_sha256="0" * 64, kind="story", direction="rtl", references=(),
    characters=(Character(index=3, box=Box(30, 10, 130, 110), score=1.0),),
)  # fmt: skip


def with_regions(
    rgb: NDArray[np.uint8], hints: Sequence[ColourHint], segmenter: Segmenter | None = None
) -> tuple[ColourHint, ...]:
    return tuple(Pointer(segmenter=segmenter).outlined(rgb, Drawing(hints=hints), META, lambda: None).hints)


def drawn() -> NDArray[np.uint8]:
    """Return a page with a ring in its middle."""
    page = np.full((120, 160, 3), 255, np.uint8)
    cv2.circle(page, (80, 60), 45, (0, 0, 0), 3)
    cv2.circle(page, (80, 60), 15, (0, 0, 0), 3)
    return page


class Circle(Regions):
    """Knows where it was asked; finds all but the hole."""

    memory_mib = 3_000

    def __init__(self, fails: bool = False) -> None:
        self.asked: list[Pointing] = []
        self.closed = 0
        self._fails = fails

    def segment(self, rgb: NDArray[np.uint8], pointing: Pointing) -> NDArray[np.bool_]:
        if self._fails:
            raise EngineOutOfMemory("no room")
        self.asked.append(pointing)
        mask = np.zeros(rgb.shape[:2], np.uint8)
        cv2.circle(mask, (80, 60), 45, 1, -1)
        cv2.circle(mask, (80, 60), 15, 0, -1)
        return mask.view(np.bool_)

    def close(self) -> None:
        self.closed += 1


def test_a_mask_comes_back_from_its_outlines_with_its_hole() -> None:
    mask = Circle().segment(drawn(), Pointing())
    again = region_on(outlines_of(mask), mask.shape)
    assert (again != mask).mean() < 0.01
    assert not again[60, 80]
    assert again[60, 110]


def test_a_hint_is_asked_at_its_places_and_only_where_it_brings_no_region() -> None:
    segmenter = Circle()
    ring = ColourHint(points=((0.7, 0.5), (0.72, 0.5)), rgb=(0, 0, 255))
    known = ColourHint(points=DOT.points, rgb=DOT.rgb, region=(((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)),))
    found = with_regions(drawn(), [ring, known], segmenter)
    assert [one.inside for one in segmenter.asked] == [((112, 60), (115, 60))]
    assert found[0].region
    assert found[1] == known
    assert segmenter.closed == 1


def test_what_leaves_the_place_out_or_fails_leaves_the_region_to_lines() -> None:
    hole, failing = Circle(), Circle(fails=True)
    assert with_regions(drawn(), [DOT], hole) == (DOT,)
    assert with_regions(drawn(), [DOT], failing) == (DOT,)
    assert (hole.closed, failing.closed) == (1, 1)


def test_a_figure_that_was_clicked_is_outlined_and_one_that_the_series_dresses_is_not() -> None:
    segmenter = Circle()
    own = PlacedPalette(WORN, (3,))
    nobody = PlacedPalette(WORN, ())
    known = PlacedPalette(structs.replace(WORN, region=(((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)),)), (3,))
    drawing = Drawing(palettes=(own, own, nobody, known))
    found = Pointer(segmenter=segmenter).outlined(drawn(), drawing, META, lambda: None, worn=1)
    assert [(one.inside, one.box) for one in segmenter.asked] == [(((112, 60),), Box(30, 10, 130, 110))]
    assert [bool(one.palette.region) for one in found.palettes] == [False, True, False, True]
    assert region_on(found.palettes[1].palette.region, (120, 160))[60, 112]
    assert found.palettes[3] == known
    record = record_corrections(found, [""] * 4)
    assert recorded_corrections(record).palettes == tuple(one.palette for one in found.palettes)
    # Dressed by the series alone, a page asks for nothing.
    again = Pointer(segmenter=segmenter).outlined(drawn(), drawing, META, lambda: None, worn=4)
    assert (again, len(segmenter.asked)) == (drawing, 1)


def test_it_stands_in_the_ledger_while_it_is_asked_and_heavy_ones_make_room() -> None:
    ledger, gone, waited = MemoryLedger(lambda: 64_000), list[str](), list[int]()
    ledger.enter(Holder("image", "klein", 13_000, lambda: gone.append("klein")))
    segmenter = Circle()
    held: list[list[str]] = []
    segment = segmenter.segment
    segmenter.segment = lambda *asked: (  # type: ignore[method-assign]
        held.append([f"{one.slot} {one.label} {one.mib}" for one in ledger.held]), segment(*asked))[1]  # fmt: skip

    @contextmanager
    def guest(holder: Holder, check: Callable[[], None]) -> Iterator[None]:
        check()
        with ledger.holding(holder):
            yield

    pointer = Pointer(guest, segmenter)
    ring = ColourHint(points=((0.7, 0.5),), rgb=(0, 0, 255))
    assert pointer.outlined(drawn(), Drawing(hints=[ring]), META, lambda: waited.append(1)).hints[0].region
    assert (held, gone, waited) == ([["segment regions 3000"]], ["klein"], [1])
    assert (ledger.held, segmenter.closed) == ((), 1)


def test_where_there_is_no_room_lines_have_the_region() -> None:
    @contextmanager
    def full(holder: Holder, check: Callable[[], None]) -> Iterator[None]:
        raise EngineTooLarge("no room", "")
        yield

    drawing = Drawing(hints=[DOT])
    assert Pointer(full, Circle()).outlined(drawn(), drawing, META, lambda: None) is drawing


def test_the_ring_that_is_pointed_at_is_found_by_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    ring = ColourHint(points=((0.69, 0.5),), rgb=(0, 0, 255))
    assert with_regions(drawn(), [ring]) == (ring,)
    (found,) = with_regions(drawn(), [ring], Regions())
    mask = region_on(found.region, (120, 160))
    assert mask[60, 110]
    assert not mask[60, 80]
    assert not mask[5, 5]


def test_many_outlines_keep_to_their_bounds() -> None:
    noise = np.random.default_rng(0).random((300, 300)) > 0.5
    outlines = outlines_of(noise)
    assert 0 < len(outlines) <= 64
    assert all(3 <= len(one) <= 1024 for one in outlines)
    assert issubclass(Circle, Segmenter)


def test_a_pulled_network_is_asked_for_a_page_and_its_region_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made again from its record, the network is not asked again: what it said stands there."""
    pytest.importorskip("torch")
    from tests.engines.toys import sam3

    sam3.build_folder(tmp_path / "sam3")
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    toy, found = open_segmenter(None), DOT
    for x, y in ((x, y) for x in range(5, 160, 15) for y in range(5, 120, 15)):  # untrained, it may mean another place
        seen = toy.segment(drawn(), Pointing(inside=((x, y),)))
        if seen[y, x]:
            hint = ColourHint(points=(((x + 0.5) / 160, (y + 0.5) / 120),), rgb=DOT.rgb)
            (found,) = with_regions(drawn(), [hint])
            assert found.region == outlines_of(seen)
            break
    assert found.region
    drawing = Drawing(hints=[found])
    again = recorded_corrections(record_corrections(drawing, ()))
    monkeypatch.setattr("host.pipeline.pointed.open_segmenter", lambda _: pytest.fail("asked again"))
    assert with_regions(drawn(), again.hints) == (found,)
