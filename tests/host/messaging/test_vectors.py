"""The Python codec against the golden vectors that the TypeScript codec shares (tests/vectors/README.md)."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import msgpack
import pytest

from host.messaging.framing import Chunk, Reassembler, Refused, Splitter, decode_envelope, encode_envelope, owed_ack

VECTORS = Path(__file__).parents[2] / "vectors"


def load(name: str) -> list[Any]:
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def named(vector: dict[str, Any]) -> str:
    return vector["name"]


def pattern(size: int) -> bytes:
    return bytes((31 * i + 7) & 255 for i in range(size))


def spelled(value: Any) -> Any:
    """Return what a JSON spelling stands for."""
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        if "$pattern" in value:
            return pattern(value["$pattern"])
        return {key: spelled(item) for key, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, list) else value


def payload(envelope: Any) -> bytes:
    if "$raw" in envelope:
        return envelope["$raw"].encode()
    data = envelope.get("d")
    if isinstance(data, dict):
        envelope = envelope | {"d": base64.b64encode(pattern(data["$base64_pattern"])).decode()}
    return json.dumps(envelope).encode()


def splitter(first_id: int) -> Splitter:
    made = Splitter()
    made._frames = first_id - 1
    return made


@pytest.mark.parametrize("vector", load("messages"), ids=named)
def test_envelopes_come_together_to_the_message(vector: dict[str, Any]) -> None:
    reassembler = Reassembler()
    frames = [reassembler.feed(decode_envelope(payload(envelope)), 0.0) for envelope in vector["envelopes"]]
    assert frames[:-1] == [None] * (len(frames) - 1)
    assert frames[-1] is not None
    assert frames[-1].hex() == vector["frame_hex"]
    assert msgpack.unpackb(frames[-1]) == spelled(vector["message"])


@pytest.mark.parametrize("vector", [item for item in load("messages") if item["exact"]], ids=named)
def test_a_message_becomes_these_very_bytes(vector: dict[str, Any]) -> None:
    frame = msgpack.packb(spelled(vector["message"]))
    assert frame.hex() == vector["frame_hex"]
    envelopes = [json.loads(encode_envelope(chunk)) for chunk in splitter(vector["first_id"]).split(frame)]
    assert envelopes == vector["envelopes"]


@pytest.mark.slow
@pytest.mark.parametrize("vector", load("large"), ids=named)
def test_a_large_message_is_cut_like_this(vector: dict[str, Any]) -> None:
    frame = msgpack.packb(spelled(vector["message"]))
    assert hashlib.sha256(frame).hexdigest() == vector["frame_sha256"]
    reassembler, whole = Reassembler(), None
    for chunk, expected in zip(splitter(vector["first_id"]).split(frame), vector["envelopes"], strict=True):
        envelope = json.loads(encode_envelope(chunk))
        data = envelope.pop("d").encode()
        assert envelope | {"d_length": len(data), "d_sha256": hashlib.sha256(data).hexdigest()} == expected
        whole = reassembler.feed(chunk, 0.0)
    assert whole == frame


@pytest.mark.parametrize("vector", load("faults"), ids=named)
def test_a_fault_is_told_and_what_follows_is_heard(vector: dict[str, Any]) -> None:
    reassembler, faults, frames, acks = Reassembler(), [], [], []
    for item in vector["envelopes"]:
        try:
            envelope = decode_envelope(payload(item))
            if isinstance(envelope, Chunk):
                acks.append(owed_ack(envelope))
                frames.append(reassembler.feed(envelope, 0.0))
        except Refused as refused:
            acks.append(refused.owed)
            reassembler.drop(refused.frame_id)
            faults.append({"id": refused.frame_id, "code": refused.error.code})
    assert faults == vector["faults"]
    assert [frame.hex() for frame in frames if frame is not None] == vector["frames_hex"]
    assert [{"id": ack.id, "q": ack.q} for ack in acks if ack is not None] == vector["acks"]


@pytest.mark.slow
def test_the_vectors_are_those_that_make_py_makes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: dict[str, Any] = {"__file__": str(tmp_path / "make.py"), "__name__": "make"}
    exec(compile((VECTORS / "make.py").read_text(encoding="utf-8"), "make.py", "exec"), made)
    made["main"]()
    for name in ("messages", "large", "faults"):
        assert json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8")) == load(name)
