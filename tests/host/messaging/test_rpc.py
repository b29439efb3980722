"""Documents and messages: whatever comes ends in a message or in a typed fault."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import Any

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from host.errors import BadRequest, FrameFault, InternalError, UnknownMethod
from host.messaging.messages import METHODS, JobProgress, Message, Page, Reference
from host.messaging.rpc import (
    DEPTH_MAX,
    Notification,
    Request,
    Response,
    Unanswerable,
    bind,
    decode_message,
    encode_error,
    encode_notification,
    encode_request,
    encode_result,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


def outcome(frame: bytes) -> object:
    try:
        return decode_message(frame)
    except (FrameFault, Unanswerable) as fault:
        return fault


@given(st.binary(max_size=200))
@example(b"\x91" * 5000)
@example(b"\xdd\xff\xff\xff\xff")
@example(b"\xc6\xff\xff\xff\xff")
@example(b"\x94\x00\x01\xa1x\x81\xd6\xff\x00\x00\x00\x01\x01")
def test_any_bytes_are_a_message_or_a_fault(frame: bytes) -> None:
    assert isinstance(outcome(frame), Request | Response | Notification | FrameFault | Unanswerable)


@given(st.lists(PLAIN, max_size=5))
def test_any_list_is_a_message_or_a_fault(document: list[Any]) -> None:
    result = outcome(msgpack.packb(document))
    assert isinstance(result, Request | Response | Notification | FrameFault | Unanswerable)
    if len(document) > 1 and document[0] == 0 and type(document[0]) is int and type(document[1]) is int:
        assert isinstance(result, Request | Unanswerable) == (0 <= document[1] < 2**32)


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(METHODS)), st.dictionaries(st.text(max_size=9), PLAIN))
def test_a_request_comes_back_as_it_was(msgid: int, method: str, params: dict[str, Any]) -> None:
    assert decode_message(encode_request(Request(msgid, method, params))) == Request(msgid, method, params)


@given(st.sampled_from(sorted(METHODS)), st.dictionaries(st.text(max_size=9), PLAIN))
def test_any_parameters_bind_or_are_a_bad_request(method: str, params: dict[str, Any]) -> None:
    try:
        bound = bind(Request(1, method, params))
    except BadRequest as error:
        bound = error
    assert isinstance(bound, dict | Message | BadRequest)


@pytest.mark.parametrize(
    "params",
    [
        {"x": msgpack.Timestamp(1)},
        {"x": [msgpack.ExtType(5, b"ab")]},
        {"x": math.nan},
        {"x": {"y": [math.inf]}},
        {b"x": 1},
    ],
    ids=["timestamp", "extension", "not a number", "infinite", "key of bytes"],
)
def test_what_is_not_plain_is_a_bad_request(params: dict[Any, Any]) -> None:
    with pytest.raises(Unanswerable) as fault:
        decode_message(msgpack.packb([0, 9, "settings.set", params]))
    assert (fault.value.msgid, fault.value.error.code) == (9, "E_BAD_REQUEST")


def test_a_deep_nest_is_a_bad_request() -> None:
    nest: Any = 1
    for _ in range(DEPTH_MAX):
        nest = [nest]
    assert isinstance(decode_message(msgpack.packb([0, 9, "settings.set", {"x": nest[0]}])), Request)
    with pytest.raises(Unanswerable, match="nested"):
        decode_message(msgpack.packb([0, 9, "settings.set", {"x": nest}]))


@pytest.mark.parametrize(
    "document",
    [
        [0, 1],
        [0, 1, "m"],
        [0, 1, "m", []],
        [0, 1, "m", None],
        [0, 1, 5, {}],
        [0, 1, b"m", {}],
        [0, 1, "m", {}, {}],
    ],
)
def test_a_request_of_another_shape_is_owed_an_answer(document: list[Any]) -> None:
    with pytest.raises(Unanswerable) as fault:
        decode_message(msgpack.packb(document))
    assert fault.value.msgid == 1


@pytest.mark.parametrize(
    "document",
    [
        None,
        7,
        "text",
        {},
        [],
        [0],
        [3, 1, "m", {}],
        [False, 1, "m", {}],
        [0.0, 1, "m", {}],
        [0, True, "m", {}],
        [0, -1, "m", {}],
        [0, 2**32, "m", {}],
        [0, "1", "m", {}],
        [0, 1.0, "m", {}],
        [1, 1, "error", None],
        [1, 1, None],
        [2, "m"],
        [2, "m", []],
    ],
)
def test_what_is_no_message_is_a_fault(document: Any) -> None:
    with pytest.raises(FrameFault):
        decode_message(msgpack.packb(document))


def test_two_documents_in_a_frame_are_a_fault() -> None:
    with pytest.raises(FrameFault):
        decode_message(msgpack.packb([2, "m", {}]) * 2)


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(UnknownMethod, match=r"page\.pat"):
        bind(Request(1, "page.pat", {}))


def test_unset_optional_keys_stay_off_the_wire() -> None:
    message = msgpack.unpackb(encode_notification(JobProgress(job_id="j", page_id="p", stage="pass1", fraction=0.25)))
    assert message == [2, "job.progress", {"job_id": "j", "page_id": "p", "stage": "pass1", "fraction": 0.25}]


def test_bytes_travel_as_bytes() -> None:
    reference = Reference(reference_id="r", width=1, height=2, thumbnail=b"\x89PNG", palette=[])
    assert msgpack.unpackb(encode_result(4, [reference]))[3][0]["thumbnail"] == b"\x89PNG"


def test_a_result_that_the_wire_cannot_carry_raises() -> None:
    with pytest.raises(TypeError):
        encode_result(1, {"x": object()})


def test_data_of_an_error_goes_as_text_where_it_must() -> None:
    error = msgpack.unpackb(encode_error(1, InternalError("m", "h", path=PurePosixPath("a/b"))))[2]
    assert error == {"code": "E_INTERNAL", "message": "m", "hint": "h", "retryable": False, "data": {"path": "a/b"}}


def test_a_page_is_checked_to_its_last_key() -> None:
    page = {"page_id": "p", "index": 0, "sha256": "0" * 64}
    chapter = {"series": "s", "chapter": "c", "direction": "rtl", "pages": [page], "references": []}
    assert bind(Request(1, "pipeline.run_chapter", chapter)).pages == [Page(page_id="p", index=0, sha256="0" * 64)]
    for key, value in (("sha256", "0" * 63), ("sha256", "G" * 64), ("index", -1), ("index", True), ("width", 1.5)):
        with pytest.raises(BadRequest, match=rf"pages\[0\]\.{key}"):
            bind(Request(1, "pipeline.run_chapter", chapter | {"pages": [page | {key: value}]}))
