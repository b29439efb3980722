"""What a tool tells of its way, and what it refuses, each by itself."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from engines.segment.base import Segmenter
from host.errors import BadRequest
from host.messaging.messages import FilterStep, StudioTask
from host.pipeline.decode import as_page
from host.studio.animate import Motion
from host.studio.tools import Tools
from tests.host.studio.pages import PANEL, studio_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from engines.memory_ledger import Holder
    from engines.segment.base import Pointing

PAGE = as_page(None, np.full((40, 60), 200, np.uint8))


def tools(scratch: Path | None = None) -> Tools:
    return Tools(None, None, None, None, scratch)  # type: ignore[arg-type]


def task(tool: str, **facts: Any) -> StudioTask:
    return StudioTask(task_id="one", tool=tool, image=b"-", **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("panels", "frames"), [((), 4), ((1, 1, 1), 12)])
def test_a_film_tells_how_far_it_is_after_the_page_is_read(
    panels: tuple[int, ...], frames: int, tmp_path: Path
) -> None:
    told: list[float] = []
    motion = Motion(panels=panels, seconds=0.5, rate=8, longest_px=64)
    page = studio_page()
    data, height, width = tools(tmp_path / "new" / "one")._film(task("animate", film="gif"), page, motion, told.append)
    assert told == pytest.approx([0.2 + 0.8 * number / frames for number in range(frames)])
    with Image.open(io.BytesIO(data)) as film:
        assert (film.n_frames, film.size) == (frames, (width, height))
    assert width / height == pytest.approx(PANEL.width / PANEL.height, abs=0.06)
    assert list((tmp_path / "new" / "one").iterdir()) == []


class Pointed(Segmenter):
    """Finds a corner, or nothing."""

    name = "pointed"

    def __init__(self, *, finds: bool) -> None:
        self.finds, self.asked = finds, list[Any]()

    def segment(self, rgb: np.ndarray, pointing: Pointing) -> np.ndarray:
        self.asked.append(pointing)
        mask = np.zeros(rgb.shape[:2], bool)
        mask[:5, :7] = self.finds
        return mask


@pytest.fixture
def segmenter(monkeypatch: pytest.MonkeyPatch) -> Pointed:
    found = Pointed(finds=True)
    monkeypatch.setattr("engines.segment.registry.open_segmenter", lambda _: found)
    return found


def test_an_outline_is_white_on_black(segmenter: Pointed) -> None:
    told: list[float] = []
    made = tools()._outline(task("outline", inside=[(59, 39)], outside=[(0, 0)]), PAGE, told.append)
    with Image.open(io.BytesIO(made.data)) as mask:
        seen = np.asarray(mask.convert("L"))
    assert (seen[:5, :7] == 255).all()
    assert int(np.count_nonzero(seen)) == 35
    assert (made.mime, made.width, made.height, made.record) == ("image/png", 60, 40, {"by": "pointed"})
    assert told == [0.2]
    assert (segmenter.asked[0].inside, segmenter.asked[0].outside) == (((59, 39),), ((0, 0),))


def test_a_network_that_outlines_is_the_lane_s_guest_and_lines_wait_for_nobody(segmenter: Pointed) -> None:
    visits: list[Any] = []

    @contextmanager
    def guest(holder: Holder, check: Callable[[], None]) -> Iterator[None]:
        check()
        visits.append((holder.slot, holder.label, holder.mib, len(segmenter.asked)))
        yield
        visits.append(len(segmenter.asked))

    made = Tools(None, None, None, None, guest=guest)  # type: ignore[arg-type]
    made._outline(task("outline", inside=[(1, 1)]), PAGE, lambda _: None)
    assert visits == []
    segmenter.memory_mib = 3_300
    made._outline(task("outline", inside=[(1, 1)]), PAGE, lambda _: None)
    assert visits == [("segment", "pointed", 3_300, 1), 2]


@pytest.mark.parametrize(
    ("facts", "finds", "words"),
    [
        ({"inside": [(60, 0)]}, True, "60, 0 is not on the page"),
        ({"inside": [(0, 40)]}, True, "0, 40 is not on the page"),
        ({"inside": [(1, 1)], "outside": [(2, 40)]}, True, "2, 40 is not on the page"),
        ({}, True, "Nothing is pointed at"),
        ({"inside": [(1, 1)]}, False, "Nothing was found there"),
    ],
)
def test_what_cannot_be_outlined_is_refused(facts: dict[str, Any], finds: bool, words: str, segmenter: Pointed) -> None:
    segmenter.finds = finds
    with pytest.raises(BadRequest, match=words):
        tools()._outline(task("outline", **facts), PAGE, lambda _: None)


class Painters:
    """Takes what is to be painted down and makes it green, in two steps."""

    def __init__(self) -> None:
        self.asked: tuple[Any, ...] = ()

    def engine(self, engine_id: str | None) -> None:
        """Nobody who reads words."""

    def paint(self, *asked: Any) -> tuple[np.ndarray, str]:
        *self.asked, on_step = asked
        on_step(0, 0)
        on_step(1, 2)
        on_step(2, 2)
        return np.full_like(asked[0], 7), "green"


def painting() -> tuple[Tools, Painters]:
    painters = Painters()
    return Tools(None, painters, lambda one: np.full((1, 1, 3), len(one), np.uint8), None), painters  # type: ignore[arg-type]


def test_added_sides_are_painted_as_asked_for() -> None:
    told: list[float] = []
    desk, painters = painting()
    asked = task("extend", left=1, top=2, right=3, bottom=4, words="sea", seed=5, references=["ab", "c"], engine="e")
    made = desk._extend(asked, PAGE, told.append)
    rgb, mask, engine, plan, references = painters.asked
    assert rgb.shape == (46, 64, 3)
    assert not mask[2:42, 1:61].any()
    assert int(mask.sum()) == 46 * 64 - 40 * 60
    assert (engine, plan.seed, plan.prompt) == ("e", 5, "sea")
    assert [int(one[0, 0, 0]) for one in references] == [2, 1]
    assert told == pytest.approx([0.2, 0.6, 1.0])
    assert (made.width, made.height) == (64, 46)
    told = {"by": "green", "engine": "e", "words": "sea", "seed": 5, "references": ["ab", "c"]}
    assert made.record == told | {"left": 1, "top": 2, "right": 3, "bottom": 4}


def test_a_part_is_painted_where_the_mask_is_white_and_never_without_one() -> None:
    desk, painters = painting()
    mask = np.zeros((40, 60), np.uint8)
    mask[3:9, 5:20] = 255
    held = io.BytesIO()
    Image.fromarray(mask).save(held, "PNG")
    desk._inpaint(task("inpaint", mask=held.getvalue()), PAGE, lambda _: None)
    assert np.array_equal(painters.asked[1], mask > 0)
    with pytest.raises(BadRequest, match="Which part"):
        desk._inpaint(task("inpaint"), PAGE, lambda _: None)


def test_a_picture_made_larger_tells_how_and_how_far() -> None:
    told: list[float] = []
    made = tools()._upscale(task("upscale", scale=3), PAGE, told.append)
    assert (made.width, made.height, made.record) == (180, 120, {"by": "lanczos", "scale": 3})
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert min(told) >= 0


def test_the_filters_that_were_laid_are_told_and_none_is_refused() -> None:
    told: list[float] = []
    made = tools()._filter(task("filter", filters=[FilterStep(filter="brightness", amount=0.5)]), PAGE, told.append)
    assert made.record["pixels_sha256"] == PAGE.pixels_sha256
    assert len(made.record["filters"]) == 1
    assert told == [0.2]
    with pytest.raises(BadRequest, match="No filter"):
        tools()._filter(task("filter"), PAGE, told.append)
