"""The words of both passes, and what the orchestrator makes of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Plan
from engines.geometry import Box
from engines.info import EngineInfo, Supports
from host.corrections import FigurePalette
from host.pipeline.generation.colour_names import _NAMED, name_of, names_of
from host.pipeline.generation.director.direct import direct
from host.pipeline.generation.director.evidence import gather
from host.pipeline.generation.prompt import build_words
from host.pipeline.generation.request import make_request
from host.pipeline.generation.style import any_coloured, bind_references
from host.pipeline.job import PageJob
from host.pipeline.records.masks import PageMasks
from host.pipeline.records.page_meta import Character, PageMeta, Panel, ReferenceUse, Signals
from host.pipeline.series import ReferencePicture
from tests.host.pipeline.drawn import decoded, manga_page

PAGE = decoded(manga_page())
CALM = {"S": 0.5, "R": 0.9, "D": 0.1, "P": 0.2, "H": 0.2, "line_quality": 0.5, "anatomy_risk": 0.1,
        "complexity": 0.5, "object_scale": 0.4}  # fmt: skip


def meta(case="multi_object", figures=2, references=("a",), **signals) -> PageMeta:
    return PageMeta(
        size=PAGE.size,
        pixels_sha256=PAGE.pixels_sha256,
        kind="story",
        direction="rtl",
        characters=tuple(Character(box=Box(i, 0, i + 5, 5), index=i) for i in range(figures)),
        references=tuple(ReferenceUse(reference_id=name) for name in references),
        signals=Signals(**CALM | signals, case=case),
    )


def unmeasured(panels=()) -> PageMeta:
    return PageMeta(
        size=PAGE.size,
        pixels_sha256=PAGE.pixels_sha256,
        kind="story",
        direction="rtl",
        panels=panels,
        references=(ReferenceUse(reference_id="a"),),
    )


def reference(name="a", character="", palette=(), level=120) -> ReferencePicture:
    pixels = np.full((8, 8, 3), (level, 40, 40), np.uint8)
    return ReferencePicture(reference_id=name, pixels=pixels, character=character, palette=palette)


def words(page=None, wish="", avoid="", references=(), wording="tags"):
    page = page or meta()
    return build_words(
        page, wish, avoid, references, direct(gather(page, "standard", reference_coloured=True)), wording
    )


def tags(text: str) -> list[str]:
    return text.split(", ")


def test_the_readers_words_come_first():
    structure, clean_up = words(wish="red hair,  Flat   Colours , ,red hair")
    assert structure.positive.startswith("red hair, Flat Colours, ")
    assert clean_up.positive.startswith("red hair, Flat Colours, ")


@given(st.lists(st.sampled_from(["Flat colours", "red  hair", "RED HAIR", "", "night", "natural SKIN"]), max_size=6))
def test_no_tag_comes_twice_whatever_the_reader_writes(wish):
    for said in words(wish=",".join(wish), avoid=",".join(wish)):
        for text in (said.positive, said.negative):
            keys = [tag.casefold() for tag in tags(text)]
            assert len(keys) == len(set(keys))


def test_the_passes_do_not_speak_of_the_same_things():
    structure, clean_up = words()
    assert "keep every line" in tags(structure.positive)
    assert "keep every line" not in clean_up.positive
    assert "final polish" in tags(clean_up.positive)
    assert "final polish" not in structure.positive
    assert structure.positive != clean_up.positive
    assert structure.negative != clean_up.negative


def test_a_named_character_comes_with_the_colours_of_its_reference():
    cast = reference(character="Pepper", palette=((240, 134, 32), (54, 148, 62)))
    assert "Pepper in orange and green" in tags(words(references=[cast])[0].positive)
    assert "Pepper" not in words(references=[cast])[1].positive


def test_grounds_and_eyes_are_named():
    positive = words()[0].positive
    assert "coloured background" in positive
    assert "natural eye colour" in positive


@pytest.mark.parametrize(
    ("signals", "guard"),
    [
        ({"P": 0.61}, "keep the pose exactly"),
        ({"H": 0.61}, "add nothing that is not drawn"),
        ({"S": 0.39}, "ignore rough construction lines"),
    ],
)
def test_guard_rails_follow_the_signals(signals, guard):
    assert tags(words(meta(**signals))[0].positive)[0] == guard
    for page in (meta(), meta(P=0.6, H=0.6, S=0.4)):
        assert guard not in words(page)[0].positive


@pytest.mark.parametrize(
    ("case", "figures", "said"),
    [
        ("multi_object", 3, "3 figures, each with their own colours"),
        ("multi_object", 2, "2 figures, each with their own colours"),
        ("multi_object", 1, "one figure"),
        ("single_complex", 1, "one figure"),
        ("single_complex", 2, ""),
        ("multi_object", 0, ""),
    ],
)
def test_how_many_figures_there_are_is_said_last(case, figures, said):
    positive = words(meta(case=case, figures=figures))[0].positive
    assert positive.endswith(f"coloured background{', ' * bool(said)}{said}")


def test_a_page_that_was_not_measured_is_still_said_in_words():
    assert words(unmeasured())[0].positive.endswith("coloured background")


@pytest.mark.parametrize(
    ("reliability", "distance", "mode", "influence", "asked"),
    [
        (0.6, 0.9, "identity", 0.6 * (1 - 0.9 * 0.4), True),
        (0.59, 0.1, "style", 0.59 * (1 - 0.1 * 0.41), True),
        (0.5, 0.79, "style", 0.5 * (1 - 0.79 * 0.5), True),
        (0.5, 0.8, "style", 0.5 * (1 - 0.8 * 0.5), False),
        (0.0, 1.0, "style", 0.0, False),
        (1.0, 1.0, "identity", 1.0, True),
    ],
)
def test_what_a_reference_may_do_by_how_far_it_is_relied_on(reliability, distance, mode, influence, asked):
    page = meta(R=reliability, D=distance)
    found = gather(page, "standard", reference_coloured=True)
    assert (found.reference_mode, found.influence) == (mode, pytest.approx(influence))
    assert found.conflict == pytest.approx(distance * (1 - reliability))
    assert ("colours of the reference" in words(page)[1].positive) == asked


@pytest.mark.parametrize(("quality", "intent"), [("preview", 0.35), ("standard", 0.5), ("best", 0.7)])
def test_without_references_nothing_contradicts_the_page(quality, intent):
    found = gather(meta(references=(), D=0.9), quality, reference_coloured=True)
    assert (found.conflict, found.influence, found.reference_mode) == (0.0, 0.0, "none")
    assert not found.has_reference
    assert not found.reference_coloured
    assert found.intent == intent


@pytest.mark.parametrize(("panels", "case"), [(0, "single_complex"), (1, "single_complex"), (2, "multi_object")])
def test_where_nothing_was_measured_the_middle_stands(panels, case):
    boxes = tuple(Panel(box=Box(0, 20 * i, 20, 20 * i + 20), order=i, score=1.0) for i in range(panels))
    found = gather(unmeasured(boxes), "best", reference_coloured=False)
    assert (found.structure_confidence, found.reference_reliability, found.style_distance) == (0.5, 0.5, 0.5)
    assert (found.pose_risk, found.hallucination_risk, found.line_quality, found.object_scale) == (0.5, 0.5, 0.5, 0.5)
    assert (found.case, found.conflict, found.has_reference, found.reference_coloured) == (case, 0.25, True, False)


def test_a_figures_palette_is_worn_by_name():
    palette = FigurePalette(point=(0.5, 0.5), hair=(200, 30, 30), skin=(255, 255, 255))
    directive = direct(gather(meta(), "standard", reference_coloured=True))
    structure, clean_up = build_words(meta(), "", "", (), directive, "tags", [palette])
    assert "a figure with red hair" in structure.positive
    assert "white skin" in structure.positive
    assert "hair" not in clean_up.positive


def test_style_is_asked_for_in_the_second_pass_only_where_that_is_safe():
    assert "colours of the reference" in words(meta(R=0.9, D=0.1))[1].positive
    assert "colours of the reference" not in words(meta(R=0.05, D=0.9))[1].positive
    assert "colours of the reference" not in words(meta(references=()))[1].positive


def test_wording_follows_the_text_encoder():
    assert words(wording="sentences")[0].positive.startswith("Colorize this manga page. ")
    assert words(wording="none")[0].positive == ""


def test_the_request_has_as_many_passes_as_the_engine_makes():
    nothing = np.zeros(PAGE.grey.shape, np.bool_)
    masks = PageMasks(balloons=nothing, lettering=nothing.copy(), gutters=nothing.copy())
    for stages in (1, 2):
        info = EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(1), (), "cpu", wording="tags", stages=stages)
        request, directive = make_request(
            PAGE, meta(), masks, PageJob(engine=info, plan=Plan(), references=(reference(),))
        )
        assert len(request.plan.stages) == stages
        assert request.plan.stage(0).guidance == directive.sampling.structure_guidance_scale
        assert request.plan.stage(0).prompt != ""
    assert request.plan.stage(1).style_weight == directive.sampling.cleanup_ip_adapter_scale
    assert request.plan.stage(1).denoise_01 == directive.sampling.cleanup_denoising_strength


@pytest.mark.parametrize(("rgb", "name"), [((0, 0, 0), "black"), ((255, 255, 255), "white"), ((200, 30, 30), "red")])
def test_colours_have_names(rgb, name):
    assert name_of(rgb) == name
    assert names_of([rgb, rgb, (255, 255, 0)], 3)[0] == name
    assert len(names_of([rgb, rgb, (255, 255, 0)], 1)) == 1


@pytest.mark.parametrize("name", _NAMED)
def test_a_named_colour_has_its_own_name(name):
    assert name_of(_NAMED[name]) == name


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((0, 0, 0), "black"),
        ((85, 85, 85), "dark grey"),
        ((128, 128, 128), "grey"),
        ((211, 211, 211), "light grey"),
        ((255, 253, 208), "cream"),
        ((200, 150, 100), "tan"),
        ((101, 67, 33), "brown"),
        ((139, 0, 0), "dark red"),
        ((255, 127, 80), "coral"),
        ((255, 182, 193), "pink"),
        ((255, 140, 0), "orange"),
        ((255, 255, 0), "yellow"),
        ((128, 128, 0), "olive"),
        ((34, 139, 34), "green"),
        ((0, 80, 40), "dark green"),
        ((0, 128, 128), "teal"),
        ((64, 224, 208), "turquoise"),
        ((135, 206, 235), "sky blue"),
        ((65, 105, 225), "blue"),
        ((0, 0, 80), "navy"),
        ((128, 0, 128), "purple"),
    ],
)
def test_colours_that_people_know_have_the_names_that_people_use(rgb, name):
    assert name_of(rgb) == name


@pytest.mark.parametrize(("rows", "coloured"), [(0, False), (1, False), (2, True), (20, True)])
def test_a_reference_has_colour_on_more_than_a_twentieth(rows, coloured):
    pixels = np.full((20, 20, 3), 120, np.uint8)
    pixels[:rows, :, 0] = 240
    assert any_coloured([reference(level=120), ReferencePicture(reference_id="b", pixels=pixels)]) is True
    assert any_coloured([ReferencePicture(reference_id="b", pixels=pixels)]) is coloured
    assert any_coloured([]) is False


def test_references_come_in_the_order_in_which_they_serve():
    uses = [ReferenceUse(reference_id=name) for name in ("c", "a")]
    known = [reference("a"), reference("b"), reference("c")]
    assert bind_references(uses, known) == (known[2], known[0])
    with pytest.raises(KeyError):
        bind_references(uses, known[:2])


def test_words_that_models_made_take_the_wish_s_place() -> None:
    from host.pipeline.generation.prompt import told_words
    from host.pipeline.records.rewording import Rewording, WordStep

    steps = (
        WordStep(step="translate", subject="wish", before="rot", after="red"),
        WordStep(step="translate", subject="avoid", before="blau", after="blau", fault="not here"),
        WordStep(step="caption", subject="panel 1", after="a girl, running"),
    )
    done = Rewording(steps=steps)
    assert (done.english("wish", "rot"), done.english("avoid", "blau"), done.failed) == ("red", "blau", ("translate",))
    told = told_words("red", "blau", done)
    assert (told.wish, told.prose, told.seen) == ("red", "", ("a girl, running",))
    page = meta()
    plan = direct(gather(page, "standard", reference_coloured=True))
    first, _ = build_words(page, told.wish, told.avoid, (), plan, "sentences", seen=told.seen)
    assert first.positive.startswith("Colorize this manga page. Red. A girl. Running. ")
    worded = Rewording(steps=(*steps, WordStep(step="enhance", subject="wish", after="Red hair, softly lit.")))
    told = told_words("red", "", worded)
    first, second = build_words(page, told.wish, told.avoid, (), plan, "sentences", prose=told.prose, seen=told.seen)
    assert first.positive.startswith("Colorize this manga page. Red hair, softly lit. ")
    assert second.positive.startswith("Colorize this manga page. Red hair, softly lit. ")
    assert "a girl" not in first.positive.lower()
    tags, _ = build_words(
        page, told.wish, told.avoid, (), plan, "tags", prose="red hair, red hair, sky", seen=("a cat",)
    )
    assert tags.positive.split(", ")[:2] == ["red hair", "sky"]
    assert "a cat" in tags.positive
