"""What a reader is told when something goes wrong, in words and on the wire."""

from __future__ import annotations

import pytest

from host import errors
from host.errors import Busy, InternalError, IrodoriError, NotFound

KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, IrodoriError)]


@pytest.mark.parametrize(
    ("message", "hint", "words"),
    [
        ("It is gone.", "Colour it again.", "It is gone. Colour it again."),
        ("It is gone.", "", "It is gone."),
        ("", "Colour it again.", "Colour it again."),
    ],
)
def test_an_error_says_what_happened_and_what_to_do(message: str, hint: str, words: str) -> None:
    error = NotFound(message, hint)
    assert error.words == words
    assert str(error) == message


def test_the_wire_gets_the_code_the_words_and_the_facts_where_there_are_any() -> None:
    plain = {"code": "E_BUSY", "message": "Too much.", "hint": "Wait.", "retryable": True}
    assert Busy("Too much.", "Wait.").wire() == plain
    assert Busy("Too much.", "Wait.", queued=3).wire() == {**plain, "data": {"queued": 3}}
    assert InternalError("A fault.").wire() == {
        "code": "E_INTERNAL", "message": "A fault.", "hint": "", "retryable": False
    }  # fmt: skip


def test_no_two_kinds_have_one_code_and_each_is_drawn_in_the_tree() -> None:
    codes = [one.code for one in KINDS if one is not IrodoriError]
    assert len(codes) == len(set(codes)) > 15
    assert errors.__doc__ is not None
    for kind in KINDS:
        assert kind.__name__ in errors.__doc__
        assert kind.code == "E_INTERNAL" or kind.code in errors.__doc__


def test_what_may_go_better_later_says_so() -> None:
    later = {one.code for one in KINDS if one.retryable}
    assert later == {
        "E_HASH_MISMATCH", "E_OUT_OF_MEMORY", "E_CANCELLED", "E_QUALITY", "E_REMOTE", "E_DISK_FULL", "E_BUSY"
    }  # fmt: skip
