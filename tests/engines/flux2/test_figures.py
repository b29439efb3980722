"""Figures with references of their own: each is inpainted in its crop, shown its own alone; all else stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engines.base import ColorizeRequest, Plan, Region, StagePlan
from engines.colorize.diffusion.figures import FIGURES_MAX, figures_apart, painted_apart, parted
from engines.testing.contract import drawn_page, flat_reference, ignore_step, request_of
from tests.engines.toys import klein  # noqa: F401 - the fixtures' toy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engines.base import OnStep, Repair
    from engines.colorize.flux2.engine import Flux2KleinEngine

RED, BLUE = np.array((220, 30, 30), np.uint8), np.array((30, 30, 220), np.uint8)


def half(left: bool, size: tuple[int, int] = (128, 160)) -> NDArray[np.bool_]:
    mask = np.zeros(size, np.bool_)
    mask[20:110, 10:70] = left
    mask[20:110, 90:150] = not left
    return mask


def asked(*regions: Region, references: int = 2, **plan: Any) -> ColorizeRequest:
    pictures = [np.full((64, 64, 3), one, np.uint8) for one in (RED, BLUE)[:references]]
    request = request_of(drawn_page(128, 160), *pictures, plan=Plan(seed=4, steps=2, **plan))
    from dataclasses import replace

    return replace(request, regions=regions)


class Obedient:
    """Paints whatever is under the mask in the mean colour of what it is shown, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[ColorizeRequest] = []

    def __call__(self, request: ColorizeRequest, repair: Repair, on_step: OnStep) -> NDArray[np.uint8]:
        self.asked.append(request)
        on_step(1, 2)
        on_step(2, 2)
        colour = np.mean([one.reshape(-1, 3).mean(axis=0) for one in request.references], axis=0)
        made = np.array(repair.picture)
        import cv2

        mask = cv2.resize(repair.mask.astype(np.uint8), made.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        made[mask > 0] = colour
        return made


def test_each_figure_has_the_colours_of_its_own_reference_and_the_rest_stays() -> None:
    request = asked(Region(mask=half(True), references=(0,)), Region(mask=half(False), references=(1,)))
    paint, steps = Obedient(), []
    page = np.full((128, 160, 3), 128, np.uint8)
    made = painted_apart(page, request, figures_apart(request), paint, lambda *told: steps.append(told[:2]))
    assert (made[half(True)] == RED).all()
    assert (made[half(False)] == BLUE).all()
    assert (made[~(half(True) | half(False))] == 128).all()
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(one.page.shape < request.page.shape and not one.regions for one in paint.asked)


def test_a_picture_of_another_size_than_the_page_is_painted_at_the_same_place() -> None:
    request = asked(Region(mask=half(True), references=(0,)))
    made = painted_apart(np.full((64, 80, 3), 128, np.uint8), request, request.regions, Obedient(), ignore_step)
    assert (made[15:50, 10:30] == RED).all()
    assert (made[:, 45:] == 128).all()


def test_words_of_a_figure_take_the_place_of_the_pages() -> None:
    request = asked(
        Region(mask=half(True), prompt="Aki in red"),
        prompt="everybody",
        stages=(StagePlan(prompt="everybody", steps=2),),
    )
    paint = Obedient()
    painted_apart(np.full((128, 160, 3), 9, np.uint8), request, figures_apart(request), paint, ignore_step)
    assert paint.asked[0].plan.stage(0).prompt == "Aki in red"
    assert len(paint.asked[0].references) == 2


def test_only_figures_of_whom_something_is_known_have_a_turn() -> None:
    everybody = Region(mask=half(True), references=(0, 1))
    nobody = Region(mask=half(False))
    dot = np.zeros((128, 160), np.bool_)
    dot[:4, :4] = True
    assert figures_apart(asked(everybody, nobody, Region(mask=dot, references=(0,)))) == ()
    many = [Region(mask=half(True), references=(0,)) for _ in range(FIGURES_MAX + 2)]
    assert len(figures_apart(asked(*many))) == FIGURES_MAX
    assert figures_apart(asked(Region(mask=half(True), references=(0,)), references=1)) == ()


def test_steps_go_on_over_all_turns() -> None:
    told: list[tuple[int, int]] = []
    first, then = parted(lambda step, steps, _preview=None: told.append((step, steps)), 2)
    for step in (1, 2):
        first(step, 2)
    for step in (1, 2, 3, 4):
        then(step, 4)
    assert told == [(step, 6) for step in range(1, 7)]
    same, _ = parted(ignore_step, 0)
    assert same is ignore_step


def test_klein_shows_a_figure_its_own_reference_alone(engine: Flux2KleinEngine) -> None:
    """A reference that is nobody's has no say under the mask, and all of it outside."""
    red, blue = flat_reference(0.5, 48), flat_reference(3.5, 48)
    page, plan = drawn_page(128, 160), Plan(seed=4, steps=2, prompt="a")

    def colour(*references: Any, regions: tuple[Region, ...] = ()) -> NDArray[np.float32]:
        from dataclasses import replace

        return engine.colorize(replace(request_of(page, *references, plan=plan), regions=regions), ignore_step).oklab

    plain = colour(red, blue)
    bound = colour(red, blue, regions=(Region(mask=half(True), references=(0,)),))
    other = colour(red, blue, regions=(Region(mask=half(True), references=(1,)),))
    inside = half(True)
    assert np.abs(bound - plain)[~inside].max() < 1e-3
    assert np.abs(bound - other)[inside].max() > 1e-3
    steps: list[tuple[int, int]] = []
    from dataclasses import replace

    request = replace(request_of(page, red, blue, plan=plan), regions=(Region(mask=inside, references=(0,)),))
    engine.colorize(request, lambda step, steps_, _preview=None: steps.append((step, steps_)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
