"""LoRAs are attached together or not at all, and only what changes is done to the pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from engines.base import LoraUse, ModelInvalid, ModelMissing
from engines.colorize.diffusion.applied_loras import FITTING, AppliedLoras, opened_lora

ONE, OTHER = LoraUse(name="one", path="/a", sha256="1", weight=0.5), LoraUse(name="other", path="/b", sha256="2")


class Pipeline:
    """Notes what is done to it; refuses an adapter, a change of weights or what is read where a test says so."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.refuses: dict[str, Exception] = {}

    def set_adapters(self, names: list[str], weights: list[float]) -> None:
        self._do("weights", list(zip(names, weights, strict=True)))

    def read(self, pipeline: Any, lora: LoraUse) -> dict[str, Any]:
        assert pipeline is self
        self._do(f"read {lora.name}", "read")
        return {"of": lora.name}

    def attach(self, pipeline: Any, tensors: dict[str, Any], adapter: str) -> None:
        assert pipeline is self
        self._do(f"attach {tensors['of']}", adapter)

    def detach(self, pipeline: Any) -> None:
        assert pipeline is self
        self.done.append("detach")

    def _do(self, what: str, how: Any) -> None:
        if what in self.refuses:
            raise self.refuses[what]
        if how != "read":
            self.done.append((what, how))


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


@pytest.fixture
def applied(pipeline: Pipeline) -> AppliedLoras:
    return AppliedLoras(pipeline)


ATTACHED = [("attach one", "lora_0"), ("attach other", "lora_1"), ("weights", [("lora_0", 0.5), ("lora_1", 1.0)])]


def test_all_are_attached_in_order_and_only_weights_change_afterwards(
    pipeline: Pipeline, applied: AppliedLoras
) -> None:
    applied.apply(pipeline, (ONE, OTHER))
    assert pipeline.done == ATTACHED
    applied.apply(pipeline, (LoraUse(name="renamed", path="/a", sha256="1", weight=-1), OTHER))
    assert pipeline.done[3:] == [("weights", [("lora_0", -1), ("lora_1", 1.0)])]


def test_another_choice_takes_the_ones_before_off_first(pipeline: Pipeline, applied: AppliedLoras) -> None:
    applied.apply(pipeline, (ONE,))
    pipeline.done.clear()
    applied.apply(pipeline, (OTHER,))
    assert pipeline.done == ["detach", ("attach other", "lora_0"), ("weights", [("lora_0", 1.0)])]
    pipeline.done.clear()
    applied.apply(pipeline, (LoraUse(name="other", path="/b", sha256="3"),))
    assert pipeline.done[0] == "detach"


def test_none_at_all_leaves_the_pipeline_alone_or_takes_off_what_is_there(
    pipeline: Pipeline, applied: AppliedLoras
) -> None:
    applied.apply(pipeline, ())
    applied.detach(pipeline)
    assert pipeline.done == []
    applied.apply(pipeline, (ONE,))
    pipeline.done.clear()
    applied.apply(pipeline, ())
    applied.detach(pipeline)
    assert pipeline.done == ["detach"]


@pytest.mark.parametrize(
    ("where", "fault", "told", "left"),
    [
        ("read other", ModelMissing("gone", "Put it back."), "gone", []),
        ("attach other", RuntimeError("odd"), "one, other: the model refuses this LoRA: odd", ATTACHED[:1]),
        ("attach other", ModelInvalid("a part", "Choose."), "one, other: a part", ATTACHED[:1]),
        ("weights", ValueError("odd"), "one, other: the model refuses this LoRA: odd", ATTACHED[:2]),
    ],
)
def test_one_that_is_refused_takes_the_others_with_it(
    where: str, fault: Exception, told: str, left: list[Any], pipeline: Pipeline, applied: AppliedLoras
) -> None:
    pipeline.refuses[where] = fault
    with pytest.raises(ModelMissing if isinstance(fault, ModelMissing) else ModelInvalid) as refusal:
        applied.apply(pipeline, (ONE, OTHER))
    assert str(refusal.value) == told
    if not isinstance(fault, ModelMissing):
        assert refusal.value.hint == (fault.hint if isinstance(fault, ModelInvalid) else FITTING)
    assert pipeline.done == ([*left, "detach"] if left else [])
    pipeline.refuses.clear()
    pipeline.done.clear()
    applied.apply(pipeline, (ONE, OTHER))
    assert pipeline.done == ATTACHED


def test_a_fault_of_ours_is_no_fault_of_the_lora(pipeline: Pipeline, applied: AppliedLoras) -> None:
    pipeline.refuses["attach one"] = MemoryError("ours")
    with pytest.raises(MemoryError):
        applied.apply(pipeline, (ONE,))


@pytest.mark.parametrize(
    ("name", "kind", "words"), [("a.ckpt", ModelInvalid, "can run code"), ("a.safetensors", ModelMissing, "is not at")]
)
def test_what_cannot_be_opened_is_named(name: str, kind: type[Exception], words: str, tmp_path: Any) -> None:
    pytest.importorskip("safetensors.torch")
    with pytest.raises(kind, match=words):
        opened_lora(LoraUse(name="mine", path=str(tmp_path / name)))
