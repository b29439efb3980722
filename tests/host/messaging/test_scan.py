"""A frame is measured before anything is made of it."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from host.errors import FrameFault, TooLarge
from host.messaging import rpc
from host.messaging.rpc import Request, Unanswerable, decode_message
from host.messaging.scan import ITEMS_MAX, count_values, msgid_of

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=40), inner, max_size=20),
    max_leaves=40,
)
HEAD = b"\x94\x00\x07\xa5p.run"
FLOODS = {
    "empty maps": HEAD + b"\x81\xa1x\xdd" + (4_000_000).to_bytes(4) + b"\x80" * 4_000_000,
    "empty lists": HEAD + b"\x81\xa1x\xdd" + (4_000_000).to_bytes(4) + b"\x90" * 4_000_000,
    "nils in many lists": HEAD + b"\x81\xa1x\xdc\xff\xff" + (b"\xdc\x00\x40" + b"\xc0" * 64) * 0xFFFF,
    "announced and not there": HEAD + b"\x81\xa1x\xdd\xff\xff\xff\xff",
    "pairs announced and not there": HEAD + b"\xdf\xff\xff\xff\xff",
    "deep lists": HEAD + b"\x81\xa1x" + b"\x91" * 1_000_000,
    "deep maps": HEAD + b"\x81\xa1x" + b"\x81\xa1k" * 1_000_000,
    "a text of 9 MiB": HEAD + b"\x81\xa1x\xdb" + (9 << 20).to_bytes(4) + b"a" * (9 << 20),
}


def values(document: Any) -> int:
    if isinstance(document, dict):
        return 1 + len(document) + sum(values(one) for one in document.values())
    return 1 + sum(values(one) for one in document) if isinstance(document, list) else 1


@given(DOCUMENTS)
def test_the_values_of_a_document_are_counted(document: Any) -> None:
    assert count_values(msgpack.packb(document)) == values(document)


@given(st.binary(max_size=300))
@example(b"\x81\x90\x00\x00")
def test_any_bytes_are_counted_or_refused_and_what_is_refused_is_no_document(frame: bytes) -> None:
    try:
        count_values(frame)
    except (FrameFault, TooLarge):
        with pytest.raises((ValueError, msgpack.UnpackException)):
            # pairs, so that a key may be anything: a list as a key is no reason why it is no document
            msgpack.unpackb(frame, raw=True, strict_map_key=False, object_pairs_hook=list)


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_answered_with_an_error_and_nothing_is_made_of_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "_unpack", lambda frame: pytest.fail("objects were made"))
    with pytest.raises(Unanswerable) as refused:
        decode_message(FLOODS[kind])
    assert refused.value.msgid == 7
    assert refused.value.error.code in ("E_TOO_LARGE", "E_BAD_REQUEST")


def test_as_many_values_as_a_frame_may_have_are_taken() -> None:
    params = {"x": [None] * (ITEMS_MAX - 10)}
    message = decode_message(msgpack.packb([0, 7, "settings.set", params]))
    assert isinstance(message, Request)
    assert message.params == params
    assert message.cost > ITEMS_MAX
    with pytest.raises(TooLarge):
        decode_message(msgpack.packb([2, "m", {"x": [None] * ITEMS_MAX}]))


@pytest.mark.parametrize("msgid", [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1])
def test_the_number_of_a_request_is_read_from_its_head(msgid: int) -> None:
    assert msgid_of(msgpack.packb([0, msgid, "m", {}]) + bytes(9)) == msgid


@pytest.mark.parametrize("document", [[1, 2, None, {}], [2, "m", {}], [0, -1, "m", {}], [0, 2**32, "m", {}], []])
def test_what_is_no_request_has_no_number(document: list[Any]) -> None:
    assert msgid_of(msgpack.packb(document) + bytes(9)) is None


@pytest.mark.parametrize("msgid", [2**32, 2**32 + 1, 2**63, 2**64 - 1])
def test_a_number_that_is_too_large_for_a_request_is_none(msgid: int) -> None:
    assert msgid_of(msgpack.packb([0, msgid, "m", {}]) + bytes(9)) is None


@pytest.mark.parametrize("first", [0x80, 0xC0, 0xC3, 0xCB, 0xD0, 0xE0, 0xFF])
def test_what_is_no_unsigned_number_is_none(first: int) -> None:
    assert msgid_of(bytes([0x94, 0, first]) + bytes(12)) is None


@pytest.mark.parametrize(("length", "msgid"), [(12, 5), (11, None)])
def test_a_head_has_twelve_bytes(length: int, msgid: int | None) -> None:
    assert msgid_of((bytes([0x94, 0, 5]) + bytes(20))[:length]) == msgid


@pytest.mark.parametrize(("first", "width"), [(0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)])
def test_a_number_may_be_written_wider_than_it_is(first: int, width: int) -> None:
    assert msgid_of(bytes([0x94, 0, first]) + (5).to_bytes(width) + b"\xa1m\x80" + bytes(9)) == 5
