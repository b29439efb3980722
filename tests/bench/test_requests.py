"""The trial of the wire's requests tries all that there are."""

from __future__ import annotations

import msgspec

from bench.faults.requests import LEFT_OUT, sound_requests
from host.messaging.messages import METHODS


def test_every_method_has_a_request_that_is_sound() -> None:
    requests = sound_requests("r")
    assert set(requests) | set(LEFT_OUT) == set(METHODS)
    for name, params in requests.items():
        msgspec.convert(params, METHODS[name].params, strict=True)
