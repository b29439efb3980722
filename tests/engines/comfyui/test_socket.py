"""What ComfyUI's messages say of a prompt, one by one."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from engines.colorize.comfyui.socket import Event, read_binary, read_text

OURS = "p1"


def text(kind: object, **data: Any) -> Event:
    return read_text(json.dumps({"type": kind, "data": data}), OURS)


@pytest.mark.parametrize(
    ("data", "event"),
    [
        ({"value": 3, "max": 7, "prompt_id": OURS}, Event("progress", step=3, steps=7)),
        ({"value": 0, "max": 0}, Event("progress", step=0, steps=0)),  # of old servers
        ({"value": 3, "max": 7, "prompt_id": "another"}, Event("other")),
        ({"value": -1, "max": 7}, Event("other")),
        ({"value": 3, "max": -1}, Event("other")),
        ({"value": True, "max": 7}, Event("other")),
        ({"value": 3, "max": 7.0}, Event("other")),
        ({"value": "3", "max": 7}, Event("other")),
        ({"max": 7}, Event("other")),
    ],
)
def test_progress_is_told_in_whole_steps(data: dict[str, Any], event: Event) -> None:
    assert text("progress", **data) == event


@pytest.mark.parametrize(
    ("kind", "data", "event"),
    [
        ("execution_success", {}, Event("finished")),
        ("executing", {"node": None}, Event("finished")),
        ("executing", {"node": "7"}, Event("other")),
        ("executing", {}, Event("other")),
        ("execution_error", {"a": 1}, Event("failed", data={"a": 1, "prompt_id": OURS})),
        ("execution_interrupted", {}, Event("interrupted")),
        ("execution_start", {}, Event("other")),
        (None, {}, Event("other")),
    ],
)
def test_an_end_is_told_of_ours_alone(kind: str | None, data: dict[str, Any], event: Event) -> None:
    assert text(kind, **data, prompt_id=OURS) == event
    assert text(kind, **data, prompt_id="another") == Event("other")
    assert text(kind, **data) == Event("other")


@pytest.mark.parametrize("message", ["", "{", "[]", "7", '{"type": "progress"}', '{"type": "progress", "data": []}'])
def test_what_is_no_message_says_nothing(message: str) -> None:
    assert read_text(message, OURS) == Event("other")


def binary(kind: int, second: int, rest: bytes) -> Event:
    return read_binary(struct.pack(">II", kind, second) + rest, OURS)


def test_a_preview_of_an_old_server_is_a_picture_behind_eight_bytes() -> None:
    assert binary(1, 2, b"jpeg") == Event("preview", image=b"jpeg")
    assert binary(1, 2, b"") == Event("preview", image=b"")
    assert binary(2, 2, b"jpeg") == Event("other")


@pytest.mark.parametrize("length", [0, 4, 7])
def test_less_than_eight_bytes_say_nothing(length: int) -> None:
    assert read_binary(struct.pack(">II", 1, 2)[:length], OURS) == Event("other")


@pytest.mark.parametrize(
    ("facts", "event"),
    [
        ({"prompt_id": OURS}, Event("preview", image=b"jpeg")),
        ({}, Event("preview", image=b"jpeg")),
        ({"prompt_id": "another"}, Event("other")),
        ([], Event("other")),
    ],
)
def test_a_preview_with_facts_is_of_the_prompt_that_they_name(facts: Any, event: Event) -> None:
    told = json.dumps(facts).encode()
    assert binary(4, len(told), told + b"jpeg") == event


def test_facts_that_are_cut_or_none_say_nothing() -> None:
    told = json.dumps({}).encode()
    assert binary(4, len(told), told) == Event("preview", image=b"")
    assert binary(4, len(told) + 1, told) == Event("other")
    assert binary(4, 1, told + b"jpeg") == Event("other")
