"""The client holds a host to the protocol."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgpack
import pytest

from host.messaging.client import HostClient, HostFault, HostGone
from host.messaging.framing import Chunk, Reassembler, Splitter, decode_envelope, encode_envelope
from host.messaging.stdio import Pipes

if TYPE_CHECKING:
    from collections.abc import Iterator


class ScriptedHost:
    """The far end of the wire, which says what a test wants."""

    def __init__(self) -> None:
        from_client, client_out = os.pipe()
        client_in, self.to_client = os.pipe()
        self._pipes = Pipes(from_client, self.to_client)
        self._splitter = Splitter()
        self.client = HostClient(Pipes(client_in, client_out))

    def hear(self) -> Any:
        envelope = decode_envelope(self._pipes.read_message())
        assert isinstance(envelope, Chunk)
        return msgpack.unpackb(Reassembler().feed(envelope, 0.0) or b"")

    def say(self, *message: Any) -> None:
        for chunk in self._splitter.split(msgpack.packb(message)):
            self._pipes.write_message(encode_envelope(chunk))

    def hang_up(self) -> None:
        os.close(self.to_client)


@pytest.fixture
def far() -> Iterator[ScriptedHost]:
    yield (host := ScriptedHost())
    host.client._channel.outbox.close()


def test_requests_are_counted_and_answered_in_any_order(far: ScriptedHost) -> None:
    one, two = far.client.request("session.ping"), far.client.request("settings.get")
    assert [far.hear()[:3], far.hear()[:3]] == [[0, 1, "session.ping"], [0, 2, "settings.get"]]
    far.say(1, 2, None, {"seed": 1})
    assert two.result(10) == {"seed": 1}
    assert not one.done()


def test_an_error_is_raised_with_all_that_the_wire_said(far: ScriptedHost) -> None:
    future = far.client.request("session.ping")
    error = {"code": "E_BUSY", "message": "m", "hint": "h", "retryable": True, "data": {"n": 1}}
    far.say(1, 1, error, None)
    with pytest.raises(HostFault, match="E_BUSY: m h") as fault:
        future.result(10)
    assert (fault.value.retryable, fault.value.data) == (True, {"n": 1})


def test_a_result_of_another_shape_is_an_error(far: ScriptedHost) -> None:
    future = far.client.request("session.ping")
    far.say(1, 1, None, {"uptime_s": "long", "busy": False, "queue_depth": 0})
    with pytest.raises(HostGone, match="another shape"):
        future.result(10)


@pytest.mark.parametrize(
    "message",
    [
        (2, "job.done", {"job_id": "j"}),
        (2, "no.such", {}),
        (1, 99, None, {}),
        (0, 1, "session.ping", {}),
        (1, 1, {"code": 5}, None),
    ],
    ids=["a key is missing", "unknown", "nobody asked", "a request", "no error either"],
)
def test_a_host_that_breaks_the_protocol_is_left(far: ScriptedHost, message: tuple[Any, ...]) -> None:
    future = far.client.request("session.ping")
    far.say(*message)
    with pytest.raises(HostGone):
        future.result(10)


def test_a_notification_is_found_by_its_values_past_or_to_come(far: ScriptedHost) -> None:
    for page_id in ("p1", "p2"):
        far.say(2, "page.skipped", {"job_id": "j", "page_id": page_id, "reason": "blank"})
    assert far.client.wait_for("page.skipped", page_id="p2")["page_id"] == "p2"
    assert far.client.wait_for("page.skipped")["page_id"] == "p1"
    with pytest.raises(TimeoutError):
        far.client.wait_for("page.skipped", timeout_s=0.05, page_id="p3")


def test_whoever_waits_hears_that_the_host_is_gone(far: ScriptedHost) -> None:
    future = far.client.request("session.ping")
    far.hang_up()
    with pytest.raises(HostGone):
        future.result(10)
    with pytest.raises(HostGone):
        far.client.wait_for("job.done")
    with pytest.raises(HostGone):
        far.client.call("session.ping")
