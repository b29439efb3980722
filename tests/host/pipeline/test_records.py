"""PageMeta and RunMeta: exact, and their exported schemas current."""

import json

import jsonschema
import pytest
from pydantic import ValidationError

from engines.base import LoraUse, Plan, StagePlan
from engines.geometry import Box, Size
from host.pipeline.records import schemas
from host.pipeline.records.json_files import Fault
from host.pipeline.records.page_meta import Balloon, PageMeta, Panel
from host.pipeline.records.run_meta import EngineRecord, PlanRecord, RunMeta, Verdicts, record_plan

DIGEST = "0" * 64


def page_meta(**changes):
    fields = {"size": Size(20, 10), "pixels_sha256": DIGEST, "kind": "story", "direction": "rtl"}
    return PageMeta(**fields | changes)


def run_meta():
    return RunMeta(
        pipeline_version="1",
        pixels_sha256=DIGEST,
        size=Size(20, 10),
        kind="story",
        direction="auto",
        keep_coloured=True,
        result_sha256=DIGEST,
        mime="image/png",
        engine=EngineRecord(id="compact", version="1", weights={"a.onnx": DIGEST}),
        plan=PlanRecord(
            seed=3,
            strength_01=1.0,
            steps=0,
            quality="standard",
            prompt="",
            negative_prompt="",
            stages=(),
            loras=(),
            engine_options={"k": [1, "x"]},
        ),
        director={"S_structure_confidence": 0.5},
        references=(),
        shift_px=(0.0, 0.0),
        duration_ms={"pass1": 1.5},
        peak_memory_mib=100.0,
        verdicts=Verdicts(
            line_dice=1.0, protected_changed=0, protected_share=0.1, coloured_share=0.5, chroma_mean=0.05, spill=0.0
        ),
        retries=0,
    )


def test_the_exported_schemas_are_current():
    assert schemas.stale() == []


@pytest.mark.parametrize("name", ["pagemeta", "runmeta"])
def test_what_is_written_out_fits_the_exported_schema(name):
    record = run_meta() if name == "runmeta" else page_meta(panels=(Panel(box=Box(0, 0, 5, 5), order=0, score=1.0),))
    schema = next(json.loads(text) for path, text in schemas.generated().items() if path.name.startswith(name))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(record.model_dump(mode="json"), schema)


def test_a_record_survives_json():
    meta = page_meta(balloons=(Balloon(box=Box(1, 2, 3, 4), order=0, text=(Box(1, 2, 2, 3),)),))
    assert PageMeta.model_validate_json(meta.model_dump_json()) == meta
    assert RunMeta.model_validate_json(run_meta().model_dump_json()) == run_meta()


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "novel"}, {"surprise": 1}, {"pixels_sha256": "abc"}, {"schema_version": 1}, {"direction": "auto"}],
)
def test_what_is_not_exact_is_refused(wrong):
    with pytest.raises(ValidationError):
        page_meta(**wrong)


def test_a_record_cannot_be_changed():
    with pytest.raises(ValidationError):
        page_meta().kind = "cover"


def test_a_plan_is_recorded_with_every_pass_and_every_lora():
    passes = (StagePlan(prompt="ink", negative_prompt="blur", guidance=4.5, denoise_01=0.6, steps=9), StagePlan())
    plan = Plan(
        seed=7,
        strength_01=0.5,
        steps=3,
        quality="best",
        prompt="a",
        negative_prompt="b",
        stages=passes,
        loras=(LoraUse(name="ink", weight=0.7, path="/somewhere/ink.safetensors", sha256=DIGEST),),
        engine_options={"vae": "x"},
    )
    record = record_plan(plan).model_dump(mode="json")
    assert [one["prompt"] for one in record.pop("stages")] == ["ink", ""]
    stage = record_plan(plan).stages[0]
    assert (stage.negative_prompt, stage.guidance, stage.denoise_01, stage.steps) == ("blur", 4.5, 0.6, 9)
    assert record == {
        "seed": 7,
        "strength_01": 0.5,
        "steps": 3,
        "quality": "best",
        "prompt": "a",
        "negative_prompt": "b",
        "loras": [{"name": "ink", "weight": 0.7, "sha256": DIGEST}],
        "engine_options": {"vae": "x"},
    }


def test_a_fault_says_where_what_and_what_to_do():
    assert str(Fault("panels[3].score", "it is 7", "give 0 to 1")) == "panels[3].score: it is 7; give 0 to 1"
