"""The words of both passes, and what the orchestrator makes of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.base import Plan
from engines.geometry import Box
from engines.info import EngineInfo, Supports
from host.pipeline.generation.colour_names import name_of, names_of
from host.pipeline.generation.director.direct import direct
from host.pipeline.generation.director.evidence import gather
from host.pipeline.generation.prompt import build_words
from host.pipeline.generation.request import make_request
from host.pipeline.job import PageJob
from host.pipeline.records.masks import PageMasks
from host.pipeline.records.page_meta import Character, PageMeta, ReferenceUse, Signals
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
        ({"P": 0.8}, "keep the pose exactly"),
        ({"H": 0.8}, "add nothing that is not drawn"),
        ({"S": 0.1}, "ignore rough construction lines"),
    ],
)
def test_guard_rails_follow_the_signals(signals, guard):
    assert guard in words(meta(**signals))[0].positive
    assert guard not in words(meta())[0].positive


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
