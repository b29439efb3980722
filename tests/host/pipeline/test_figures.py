"""What belongs to one figure alone: references by likeness, palettes by place, words of a panel."""

import numpy as np
import pytest

from engines.base import ColorizeEngine, ColorizeResult, Plan, Viability
from engines.geometry import Box
from engines.info import EngineInfo, Supports
from engines.oklab import oklab_to_srgb, srgb_to_oklab
from host.corrections import Corrections, FigurePalette
from host.pipeline.generation.correct import colour_page
from host.pipeline.generation.figures import bind_regions, told, words_within
from host.pipeline.generation.prompt import Words
from host.pipeline.job import PageJob
from host.pipeline.prepare import prepare
from host.pipeline.records.masks import PageMaps
from host.pipeline.records.page_meta import Character, PageMeta, Panel, ReferenceUse
from host.pipeline.retrieve import Choice, PageEmbedding, whose_figures
from host.pipeline.series import ReferencePicture
from host.pipeline.stopwatch import Stopwatch
from tests.host.pipeline.drawn import decoded

HEIGHT, WIDTH = 200, 300
LEFT, RIGHT = Box(20, 20, 120, 180), Box(180, 20, 280, 180)
RED, BLUE = (220, 40, 40), (40, 40, 220)


def characters() -> np.ndarray:
    found = np.zeros((HEIGHT, WIDTH), np.uint8)
    for index, box in enumerate((LEFT, RIGHT)):
        found[box.top : box.bottom, box.left : box.right] = index + 1
    return found


def maps() -> PageMaps:
    grey = np.full((HEIGHT, WIDTH), 200, np.uint8)
    return PageMaps(panels=np.zeros_like(grey), characters=characters(), tone=grey, depth=grey)


def meta(*uses: ReferenceUse) -> PageMeta:
    return PageMeta(
        size=decoded(np.full((HEIGHT, WIDTH), 200, np.uint8)).size, pixels_sha256="0" * 64, kind="story",
        direction="rtl", characters=(Character(box=LEFT, index=0), Character(box=RIGHT, index=1)), references=uses,
        panels=tuple(Panel(box=Box(150 * at, 0, 150 * at + 150, 200), order=at, score=1.0) for at in (0, 1)),
    )  # fmt: skip


def reference(name: str, rgb: tuple[int, int, int], character: str = "") -> ReferencePicture:
    pixels = np.full((32, 32, 3), rgb, np.uint8)
    return ReferencePicture(reference_id=name, pixels=pixels, character=character, palette=(rgb,))


def test_a_figure_is_a_pictures_only_where_that_is_clear():
    page = meta()
    look = PageEmbedding(("page", "character", "character"), (Box(0, 0, 300, 200), LEFT, RIGHT), np.zeros((3, 4)))
    clear = {"a": np.array([0.1, 0.8, 0.2], np.float32), "b": np.array([0.1, 0.3, 0.7], np.float32)}
    assert whose_figures(page, look, clear, 0.5) == {"a": (0,), "b": (1,)}
    near = {"a": np.array([0.1, 0.80, 0.2], np.float32), "b": np.array([0.1, 0.78, 0.7], np.float32)}
    assert whose_figures(page, look, near, 0.5) == {"b": (1,)}
    assert whose_figures(page, look, clear, 0.9) == {}
    assert whose_figures(page, look, {"a": clear["a"], "c": None}, 0.5) == {}


def test_a_region_has_its_figures_references_palette_and_words():
    page = meta(ReferenceUse(reference_id="a", figures=(1,)), ReferenceUse(reference_id="b"))
    palette = FigurePalette(point=(0.2, 0.5), hair=RED)
    found = bind_regions(page, maps(), [reference("a", BLUE, "Botan"), reference("b", RED)], [palette], "tags")
    by_place = {bool(region.mask[100, 50]): region for region in found}
    assert by_place[True].references == ()
    assert by_place[True].prompt.startswith("a figure with ")
    assert by_place[True].prompt.endswith(" hair")
    assert by_place[False].references == (0,)
    assert by_place[False].prompt.startswith("Botan in ")
    assert [one.prompt for one in bind_regions(page, maps(), [], [palette], "none")] == ["", ""]


class Obedient(ColorizeEngine):
    """Paints each region in its own references' mean colour and the rest in that of all; notes what it was told."""

    def __init__(self, comfort_pixels: int | None = None) -> None:
        self.info = EngineInfo(
            "obedient", "Obedient", "1", "AGPL-3.0-or-later", Supports(4), (), "cpu", wording="tags", regions=True,
            comfort_pixels=comfort_pixels,
        )  # fmt: skip
        self.told: list[str] = []

    def viability(self) -> Viability:
        return Viability(ok=True)

    def weights_digests(self) -> dict[str, str]:
        return {}

    def load(self, device) -> None:
        del device

    def unload(self) -> None:
        pass

    def _infer(self, request, on_step) -> ColorizeResult:
        on_step(1, 1)
        self.told.append(request.plan.stage(0).prompt)
        painted = np.empty((*request.page.shape, 3), np.uint8)
        painted[:] = np.mean([one.reshape(-1, 3).mean(0) for one in request.references], axis=0)
        for region in request.regions:
            own = [request.references[at].reshape(-1, 3).mean(0) for at in region.references]
            if own:
                painted[region.mask] = np.mean(own, axis=0)
        return ColorizeResult(oklab=srgb_to_oklab(painted), weights={})


@pytest.fixture
def page():
    return decoded(np.full((HEIGHT, WIDTH), 200, np.uint8))


def prepared(page, engine, *uses: ReferenceUse, **corrections):
    from host.pipeline.analysis.reader import PageReading
    from host.pipeline.records.masks import PageMasks

    none = np.zeros((HEIGHT, WIDTH), np.bool_)
    references = (reference("a", RED, "Aki"), reference("b", BLUE, "Botan"))
    job = PageJob(
        engine=engine.info, plan=Plan(prompt="rain"), references=references, corrections=Corrections(**corrections)
    )
    reading = PageReading(meta=meta(), masks=PageMasks(balloons=none, lettering=none, gutters=none), maps=maps())
    return prepare(page, reading, job, Choice(uses), Stopwatch())


BOUND = (ReferenceUse(reference_id="a", figures=(0,)), ReferenceUse(reference_id="b", figures=(1,)))


def test_each_figure_gets_its_own_colours_through_the_whole_way(page):
    engine = Obedient()
    made = colour_page(prepared(page, engine, *BOUND), engine, lambda _: None)[-1].result.oklab
    rgb = oklab_to_srgb(made)
    assert np.abs(rgb[LEFT.top : LEFT.bottom, LEFT.left : LEFT.right].astype(int) - RED).max() <= 1
    assert np.abs(rgb[RIGHT.top : RIGHT.bottom, RIGHT.left : RIGHT.right].astype(int) - BLUE).max() <= 1
    mixed = colour_page(prepared(page, engine, *(one.model_copy(update={"figures": ()}) for one in BOUND)), engine,
                        lambda _: None)[-1].result.oklab  # fmt: skip
    assert np.abs(oklab_to_srgb(mixed).astype(int) - np.mean([RED, BLUE], axis=0)).max() <= 1


def test_a_panel_is_told_of_who_is_in_it_and_of_nobody_else(page):
    engine = Obedient(comfort_pixels=1000)
    asked = prepared(page, engine, *BOUND, palettes=(FigurePalette(point=(0.8, 0.5), hair=RED),))
    whole = asked.request.plan.stage(0).prompt
    assert "Aki" in whole
    assert "Botan" in whole
    colour_page(asked, engine, lambda _: None)
    left, right = engine.told[-2:] if "Aki" in engine.told[-2] else engine.told[-1:-3:-1]
    assert "Aki in" in left
    assert "Botan" not in left
    assert " hair" not in left
    assert "Botan in" in right
    assert "Aki" not in right
    assert " hair" in right
    assert all("rain" in one for one in (left, right))
    assert "one figure" in left


def test_words_of_a_part_leave_a_plans_numbers(page):
    engine = Obedient()
    asked = prepared(page, engine, *BOUND)
    words = words_within(asked, Box(0, 0, 150, 200))
    changed = told(asked.request.plan, (Words("x", "y"), words[1]))
    assert changed.stage(0).prompt == "x"
    assert changed.stage(0).negative_prompt == "y"
    assert changed.stage(0).guidance == asked.request.plan.stage(0).guidance
