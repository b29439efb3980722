"""Engines' errors, and libraries' lack of memory, as the host's own."""

from __future__ import annotations

import pytest

from engines.base import (
    EngineError,
    EngineOutOfMemory,
    EngineRemoteFailed,
    EngineTooLarge,
    EngineUnavailable,
    ModelInvalid,
    ModelMissing,
    RequestUnsupported,
)
from host.errors import (
    BadRequest,
    EngineNotAvailable,
    InternalError,
    JobCancelled,
    OutOfMemory,
    RemoteFailed,
    WeightsInvalid,
    WeightsMissing,
)
from host.pipeline.faults import faults_mapped


class NewKind(EngineError):
    """One that the table does not name."""


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (EngineUnavailable, EngineNotAvailable),
        (ModelMissing, WeightsMissing),
        (ModelInvalid, WeightsInvalid),
        (EngineOutOfMemory, OutOfMemory),
        (EngineTooLarge, OutOfMemory),
        (EngineRemoteFailed, RemoteFailed),
        (RequestUnsupported, BadRequest),
        (NewKind, InternalError),
    ],
)
def test_each_error_of_an_engine_is_one_of_ours_with_its_words(
    theirs: type[EngineError], ours: type[Exception]
) -> None:
    raised = theirs("what happened", "what to do")
    with pytest.raises(ours) as refused, faults_mapped():
        raise raised
    assert type(refused.value) is ours
    assert (refused.value.message, refused.value.hint) == ("what happened", "what to do")
    assert refused.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised",
    [
        MemoryError(),
        RuntimeError("std::bad_alloc"),
        RuntimeError("[ONNXRuntimeError] : Failed to allocate memory for requested buffer"),
        ValueError("(-4:Insufficient memory) Failed to do it"),
        RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"),
    ],
)
def test_a_lack_of_memory_is_told_as_such_whoever_words_it(raised: Exception) -> None:
    with pytest.raises(OutOfMemory) as refused, faults_mapped():
        raise raised
    assert "smaller engine" in refused.value.hint
    assert refused.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised", [JobCancelled("out of memory, the reader thought"), RuntimeError("a fault of ours"), KeyError("memory")]
)
def test_everything_else_passes_untouched(raised: Exception) -> None:
    with pytest.raises(type(raised)) as passed, faults_mapped():
        raise raised
    assert passed.value is raised


def test_what_ends_well_is_let_alone() -> None:
    with faults_mapped():
        pass
