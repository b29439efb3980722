"""What a job's recipe holds: the detector in its key, and the direction of its chapter."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from engines.base import Plan, Viability
from engines.info import EngineInfo, Supports
from engines.testing.stepped import SteppedEngine
from host.corrections import ColourHint, Corrections
from host.errors import BadRequest, EngineNotAvailable, NotFound, WeightsInvalid
from host.jobs import recipe
from host.jobs.recipe import JobRecipe, _plan, resolve, viable_engine
from host.messaging.messages import LoraChoice, Options, ReferenceAdd
from host.palette_records import ElementSet, PaletteSet
from host.pipeline.version import PIPELINE_VERSION
from host.settings import Settings
from tests.host.jobs.conftest import Engines, page_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from host.messaging.messages import RunChapter
    from tests.host.jobs.conftest import Reader

WORDLESS = EngineInfo("toy", "Toy", "1", "AGPL-3.0-or-later", Supports(2), (), "cpu")


def test_a_detector_of_the_readers_own_has_results_of_its_own(reader: Reader, tmp_path: Path) -> None:
    application, asked = reader.application, reader.chapter([1])
    weights = tmp_path / "own.onnx"
    weights.write_bytes(b"weights")

    def key(settings: Settings) -> str:
        return resolve(asked, settings, application.engines, application.store.references).key("0" * 64)

    current = application.settings.current
    shipped = key(current)
    first = key(_with(current, str(weights)))
    weights.write_bytes(b"other weights")
    assert len({shipped, first, key(_with(current, str(weights)))}) == 3
    assert key(_with(current, str(tmp_path / "missing.onnx"))) == shipped


def test_the_pages_of_a_job_share_their_chapters_direction(reader: Reader) -> None:
    application = reader.application
    recipe, other = (
        resolve(reader.chapter([1]), application.settings.current, application.engines, application.store.references)
        for _ in range(2)
    )
    chapter = recipe.page_job().chapter
    assert chapter is not None
    recipe.release()
    assert recipe.page_job().chapter is chapter
    assert other.page_job().chapter is not chapter


def _with(settings: Settings, weights: str) -> Settings:
    facts = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return Settings(**facts | {"detector_weights": weights})


SET = Settings(seed=7, strength=0.5, prompt="rain", quality="best", keep_coloured=False)


@pytest.mark.parametrize(
    ("options", "facts"),
    [
        ({}, {}),
        ({"seed": 3}, {"seed": 3}),
        ({"seed": 0}, {"seed": 0}),
        ({"strength": 0.25}, {"strength_01": 0.25}),
        ({"strength": 0.0}, {"strength_01": 0.0}),
        ({"steps": 9}, {"steps": 9}),
        ({"prompt": "sun"}, {"prompt": "sun"}),
        ({"prompt": ""}, {"prompt": ""}),
        ({"negative_prompt": "blur"}, {"negative_prompt": "blur"}),
        ({"quality": "preview"}, {"quality": "preview"}),
        ({"engine_options": {"a": 1}}, {"engine_options": {"a": 1}}),
    ],
)
def test_what_a_request_says_goes_before_the_settings(options: dict[str, Any], facts: dict[str, Any]) -> None:
    plan = Plan(seed=7, strength_01=0.5, prompt="rain", quality="best")
    assert _plan(Options(**options), SET, WORDLESS, "") == dataclasses.replace(plan, **facts)


@pytest.mark.parametrize(
    ("wording", "prompt", "mood", "wanted"),
    [
        ("none", "rain", "dusk", "rain"),
        ("tags", "rain", "dusk", "rain, dusk"),
        ("sentences", "", "dusk", "dusk"),
        ("tags", "rain", "", "rain"),
        ("tags", "", "", ""),
    ],
)
def test_the_mood_of_a_series_is_said_to_engines_that_read(wording: Any, prompt: str, mood: str, wanted: str) -> None:
    engine = dataclasses.replace(WORDLESS, wording=wording)
    assert _plan(Options(prompt=prompt), SET, engine, mood).prompt == wanted


def test_loras_are_for_engines_that_take_them() -> None:
    wished = Options(loras=[LoraChoice(name="ink", weight=0.5)])
    with pytest.raises(BadRequest, match="Toy takes no LoRAs"):
        _plan(wished, SET, WORDLESS, "")
    remote = dataclasses.replace(WORDLESS, device="remote", supports=Supports(2, lora=True))
    assert [(one.name, one.weight, one.path) for one in _plan(wished, SET, remote, "").loras] == [("ink", 0.5, "")]


def test_an_engine_that_is_not_there_or_cannot_run_is_told_with_what_to_do() -> None:
    class Broken(SteppedEngine):
        def viability(self) -> Viability:
            return Viability(ok=False, reason="there is no card.", fix="Choose compact.")

    engines = Engines(SteppedEngine(0.0, 1, "one"), Broken(0.0, 1, "two"))
    assert viable_engine(engines, "one").info.id == "one"
    with pytest.raises(NotFound, match=r"There is no engine 'three'\.") as told:
        viable_engine(engines, "three")
    assert told.value.hint == "The engines are: one, two."
    with pytest.raises(EngineNotAvailable, match=r"cannot run here: there is no card\.") as broken:
        viable_engine(engines, "two")
    assert broken.value.hint == "Choose compact."
    with pytest.raises(NotFound) as long:
        viable_engine(engines, "x" * 200)
    assert "x" * 128 + "'" in long.value.message


def test_a_recipe_takes_what_the_job_takes(reader: Reader) -> None:
    application = reader.application
    references = application.store.references
    ids = [references.add(ReferenceAdd(series="S", image=page_bytes(number))).reference_id for number in range(3)]
    settings = structs.replace(application.settings.current, references_max=2, keep_coloured=True, output_format="webp")
    asked = structs.replace(reader.chapter([1]), references=ids, direction="ltr", options=Options(keep_coloured=False))

    def of(changed: RunChapter = asked, **facts: Any) -> JobRecipe:
        return resolve(changed, structs.replace(settings, **facts), application.engines, references)

    job = of().page_job()
    assert of().references == tuple(ids[:2])
    assert [one.reference_id for one in job.references] == ids[:2]
    assert (job.keep_coloured, job.direction, job.output_format) == (False, "ltr", "webp")
    assert of(structs.replace(asked, options=None)).page_job().keep_coloured
    formatted = resolve(asked, settings, application.engines, references, page_format="jpeg").page_job()
    assert formatted.output_format == "jpeg"
    same, other = of(), of(strength=0.1)
    assert (same.identity, same.key("0" * 64)) == (of().identity, of().key("0" * 64))
    assert same.identity != other.identity
    assert same.key("0" * 64) != same.key("1" * 64)
    own = Corrections(hints=(ColourHint(points=((0.5, 0.5),), rgb=(1, 2, 3)),))
    assert same.page_job(own).corrections == own
    assert same.page_job().corrections == Corrections()
    assert same.key("0" * 64, own) != same.key("0" * 64)
    assert same.corrected(["0" * 64, "1" * 64], own) == {"0" * 64: own, "1" * 64: own}
    assert same.page_job() is same.page_job()
    assert same.duplicates is same.duplicates
    kept = same.page_job(), same.duplicates
    same.release()
    assert same.page_job() is not kept[0]
    assert same.duplicates is not kept[1]


def test_a_palette_that_dresses_pages_otherwise_is_another_recipe_for_pages_in_flight(reader: Reader) -> None:
    application = reader.application
    recipe = resolve(reader.chapter([1]), application.settings.current, application.engines,
                     application.store.references)._recipe  # fmt: skip
    info = application.engines.get(recipe.engine_id).info

    def identity(digest: str | None) -> str:
        cast: Any = None if digest is None else SimpleNamespace(digest=digest)
        return JobRecipe(recipe, info, application.store.references, cast=cast).identity

    assert identity(None) == identity(""), "a palette in which nobody wears anything"
    assert len({identity(""), identity("red"), identity("blue")}) == 3


def test_a_word_in_a_wish_adds_the_element_s_references_and_says_what_it_is(reader: Reader) -> None:
    application = reader.application
    references = application.store.references
    own, hers, his = [references.add(ReferenceAdd(image=page_bytes(number))).reference_id for number in range(3)]
    for name, picture in (("Aki", hers), ("Ren", his)):
        element = ElementSet(name=name, trigger=f"@{name}", description="tall", pictures=[picture, "gone"])
        application.palettes.set(PaletteSet(series="S", element=element))
    wished = Options(prompt="@aki in the rain")
    asked = structs.replace(reader.chapter([1]), series="S", references=[own], options=wished)

    def of(changed: RunChapter) -> JobRecipe:
        return resolve(
            changed, application.settings.current, application.engines, references, casts=application.board._casts
        )

    job = of(asked).page_job()
    assert [one.reference_id for one in job.references] == [own, hers]
    assert job.plan.prompt == "Aki (tall) in the rain"
    assert of(asked).key("0" * 64) != of(structs.replace(asked, options=Options(prompt="@Ren"))).key("0" * 64)
    assert of(structs.replace(asked, series="T")).references == (own,)


def test_options_that_are_no_plain_values_and_references_that_are_gone_are_refused(reader: Reader) -> None:
    application = reader.application
    references, settings = application.store.references, application.settings.current
    odd = structs.replace(reader.chapter([1]), options=Options(engine_options={"a": float("nan")}))
    with pytest.raises(BadRequest, match="engine_options must be plain values"):
        resolve(odd, settings, application.engines, references)
    with pytest.raises(NotFound):
        resolve(structs.replace(reader.chapter([1]), references=["gone"]), settings, application.engines, references)


def test_a_detector_that_cannot_be_read_says_what_is_wrong_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "own.onnx"
    weights.write_bytes(b"weights")

    def refused(path: Path) -> str:
        assert path == weights
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(recipe, "file_digest", refused)
    with pytest.raises(WeightsInvalid) as told:
        recipe._pipeline_version(_with(Settings(), str(weights)))
    assert told.value.message == "The detector of your own cannot be read: Permission denied."
    assert told.value.hint == "Mend its rights."
    assert recipe._pipeline_version(_with(Settings(), str(tmp_path))) == PIPELINE_VERSION
    assert recipe._pipeline_version(Settings()) == PIPELINE_VERSION


def test_what_fits_is_named_in_place_of_a_lora_that_does_not() -> None:
    assert recipe._fitting(()) == "Choose another LoRA."
    assert recipe._fitting(("sdxl", "flux2")) == "Choose sdxl, flux2, or another LoRA."
