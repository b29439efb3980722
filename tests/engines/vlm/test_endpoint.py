"""What is taken from a server's answer, and what is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from engines.vlm.base import Answer, ModelFault
from engines.vlm.endpoint import _answer, _pause


def answered(document: object, kind: str = "application/json") -> Answer:
    headers = {"content-type": kind} if kind else {}
    return _answer(httpx.Response(200, headers=headers), json.dumps(document).encode())


def choice(content: object = "said", **more: Any) -> dict[str, Any]:
    return {"message": {"content": content}} | more


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON ; charset=utf-8", "text/x+json", ""])
def test_the_first_choice_is_the_answer(kind: str) -> None:
    assert answered({"choices": [choice(), choice("another")]}, kind).text == "said"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"text": "a"}, {"text": 1}, {"kind": "image"}, "loose", None, {"text": "b"}], "a1b"),
        ([], ""),
        (None, ""),
        (7, ""),
        ({"text": "a"}, ""),
    ],
)
def test_parts_are_put_together_and_what_is_no_text_is_none(content: object, text: str) -> None:
    assert answered({"choices": [choice(content)]}).text == text


@pytest.mark.parametrize(("reason", "is_cut"), [("length", True), ("stop", False), (None, False), (["length"], False)])
def test_an_answer_of_full_length_is_cut(reason: object, is_cut: bool) -> None:
    assert answered({"choices": [choice(finish_reason=reason)]}).is_cut == is_cut
    assert answered({"choices": [choice()]}).is_cut is False


@pytest.mark.parametrize(
    ("told", "count"),
    [
        (0, 0), (1, 1), (12, 12), ((1 << 40) - 1, (1 << 40) - 1), (1 << 40, 0), (-1, 0), (True, 0), ("12", 0),
        (1.5, 0), (None, 0),
    ],
)  # fmt: skip
def test_tokens_are_whole_numbers_that_can_be(told: object, count: int) -> None:
    usage = {"prompt_tokens": told, "completion_tokens": 3}
    answer = answered({"choices": [choice()], "usage": usage})
    assert (answer.prompt_tokens, answer.completion_tokens) == (count, 3)
    answer = answered({"choices": [choice()], "usage": {"prompt_tokens": 3, "completion_tokens": told}})
    assert (answer.prompt_tokens, answer.completion_tokens) == (3, count)


@pytest.mark.parametrize(
    ("told", "cost"),
    [(0, 0.0), (0.25, 0.25), (2, 2.0), (-0.1, None), (999_999.5, 999_999.5), (1e6, None), (True, None), ("1", None)],
)
def test_a_cost_is_a_number_that_can_be(told: object, cost: float | None) -> None:
    assert answered({"choices": [choice()], "usage": {"cost": told}}).cost_usd == cost


@pytest.mark.parametrize("usage", [None, [], "12", 3])
def test_usage_that_is_none_counts_nothing(usage: object) -> None:
    answer = answered({"choices": [choice()], "usage": usage})
    assert (answer.prompt_tokens, answer.completion_tokens, answer.cost_usd) == (0, 0, None)


@pytest.mark.parametrize(
    "document",
    [{}, [], 1, {"choices": []}, {"choices": None}, {"choices": [{}]}, {"choices": [{"message": None}]}],
)
def test_what_is_no_chat_completion_may_be_one_later(document: object) -> None:
    with pytest.raises(ModelFault, match=r"^The answer is no chat completion\.") as told:
        answered(document)
    assert (told.value.kind, told.value.hint) == ("later", "Check the address.")


def test_another_kind_of_answer_is_named_in_short() -> None:
    with pytest.raises(ModelFault, match=r"^The answer is text/html, not JSON\.") as told:
        answered({"choices": [choice()]}, "text/html; charset=utf-8")
    assert (told.value.kind, told.value.hint) == ("later", "Check the address.")
    with pytest.raises(ModelFault) as told:
        answered({}, "x" * 9000)
    assert len(str(told.value)) < 500


def pause(header: str | None) -> float | None:
    return _pause(httpx.Response(429, headers={} if header is None else {"retry-after": header}))


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), (" 1.5 ", 1.5), ("0", 0), ("600", 600), ("601", 600), ("-3", 0)]
)
def test_a_pause_is_so_many_seconds_ten_minutes_at_most(header: str, seconds: float) -> None:
    assert pause(header) == seconds


def test_a_pause_is_until_a_date() -> None:
    assert pause(format_datetime(datetime.now(UTC) + timedelta(seconds=300))) == pytest.approx(300, abs=30)
    assert pause(format_datetime(datetime.now(UTC) - timedelta(days=1))) == 0


@pytest.mark.parametrize("header", [None, "", "soon", "nan"])
def test_what_is_no_pause_is_none(header: str | None) -> None:
    assert pause(header) is None
