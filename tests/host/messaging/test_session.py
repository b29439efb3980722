"""A session over real pipes: what is said first, how requests end, and how it ends itself."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from host.errors import DiskFull, VersionMismatch
from host.messaging import framing
from host.messaging import session as session_module
from host.messaging.client import HostFault, HostGone
from host.messaging.framing import Chunk, Reassembler, Splitter, decode_envelope, encode_envelope
from host.messaging.messages import JobProgress
from host.messaging.rpc import Notification, Request, Response, decode_message, encode_request
from host.messaging.session import common_version

Make = Callable[..., Any]
CHAPTER = {"series": "s", "chapter": "c", "direction": "rtl", "pages": [], "references": []}


def hear(stage: Any) -> Response | Notification | Request:
    """Return the next message of one chunk, read from the wire itself."""
    envelope = decode_envelope(stage.pipes.read_message())
    assert isinstance(envelope, Chunk)
    frame = Reassembler().feed(envelope, 0.0)
    assert frame is not None
    return decode_message(frame)


def say(stage: Any, frame: bytes) -> None:
    for chunk in Splitter().split(frame):
        stage.pipes.write_message(encode_envelope(chunk))


def test_the_host_speaks_first_and_loads_its_service_afterwards(make_stage: Make) -> None:
    gate = threading.Event()
    stage = make_stage(gate=gate)
    ready = hear(stage)
    assert isinstance(ready, Notification)
    assert ready.method == "session.ready"
    assert ready.params["protocol"] == [1, 1]
    assert ready.params["limits"] == {"chunk_bytes": 196_608, "window_chunks": 8, "frame_bytes": 67_108_864}
    assert stage.service is None
    gate.set()


def test_hello_agrees_on_a_version(stage: Any) -> None:
    assert stage.client().hello()["protocol"] == 1


def test_a_ping_is_answered_while_the_service_still_loads(make_stage: Make) -> None:
    gate = threading.Event()
    client = make_stage(gate=gate).client()
    hello = client.request("session.hello", {"protocol": [1, 1]})
    assert client.call("session.ping") | {"uptime_s": 0} == {"uptime_s": 0, "busy": False, "queue_depth": 0}
    assert not hello.done()
    gate.set()


def test_a_ping_tells_the_service_pulse(stage: Any) -> None:
    stage.opened()
    pong = stage.client().call("session.ping")
    assert (pong["busy"], pong["queue_depth"]) == (True, 3)


@pytest.mark.parametrize(("theirs", "agreed"), [((1, 1), 1), ((1, 9), 1), ((0, 1), 1), ((-3, 5), 1)])
def test_the_highest_common_version_is_chosen(theirs: tuple[int, int], agreed: int) -> None:
    assert common_version(theirs) == agreed


@pytest.mark.parametrize(("theirs", "side"), [((0, 0), "the extension"), ((2, 7), "the host")])
def test_without_a_common_version_the_hint_names_the_side_to_update(theirs: tuple[int, int], side: str) -> None:
    with pytest.raises(VersionMismatch) as fault:
        common_version(theirs)
    assert fault.value.hint.startswith(f"Update {side}")


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("no.such", {}, "E_UNKNOWN_METHOD"),
        ("page.put", {}, "E_BAD_REQUEST"),
        ("page.put", {"job_id": "j", "page_id": 7, "image": b""}, "E_BAD_REQUEST"),
        ("page.put", {"job_id": "", "page_id": "p", "image": b""}, "E_BAD_REQUEST"),
        ("session.hello", {"protocol": [2, 1]}, "E_BAD_REQUEST"),
        ("session.hello", {"protocol": [2, 3]}, "E_VERSION"),
        ("cache.clear", {}, "E_INTERNAL"),
        ("cache.stats", {}, "E_INTERNAL"),
        ("model.list", {}, "E_OUT_OF_MEMORY"),
        ("engine.list", {}, "E_INTERNAL"),
    ],
)
def test_every_request_ends_in_one_response(stage: Any, method: str, params: dict[str, Any], code: str) -> None:
    client = stage.client()
    with pytest.raises(HostFault) as fault:
        client.call(method, params)
    assert fault.value.code == code
    assert client.call("settings.set", {"after": True}) == {"after": True}


def test_the_data_of_an_error_travels(stage: Any) -> None:
    stage.opened().gate.set()
    with pytest.raises(HostFault) as fault:
        stage.client().call("chapter.export", {"job_id": "j", "format": "cbz"})
    assert (fault.value.code, fault.value.hint, fault.value.data) == (
        "E_NOT_FOUND",
        "Colour it again.",
        {"job_id": "j"},
    )


def test_short_requests_pass_a_long_one(stage: Any) -> None:
    client = stage.client()
    export = client.request("chapter.export", {"job_id": "j", "format": "cbz"})
    assert client.call("settings.set", {"k": 1}) == {"k": 1}
    assert not export.done()
    stage.opened().gate.set()
    assert isinstance(export.exception(10), HostFault)


def test_control_passes_pages(stage: Any) -> None:
    client = stage.client()
    service = stage.opened()
    service.page_put = lambda _: service.gate.wait(30)
    pages = [client.request("page.put", {"job_id": "j", "page_id": f"{n}", "image": b""}) for n in range(5)]
    assert client.call("settings.set", {"k": 1}) == {"k": 1}
    assert not any(page.done() for page in pages)
    service.page_put = lambda _: {"accepted": True}
    service.gate.set()
    assert pages[-1].result(10) == {"accepted": True}


def test_unknown_keys_are_ignored(stage: Any) -> None:
    assert stage.client().call("session.ping", {"from": "the future"})["queue_depth"] >= 0


def test_a_job_is_heard_of_after_its_id(stage: Any) -> None:
    client = stage.client()
    future = client.request("pipeline.run_chapter", CHAPTER)
    known: list[bool] = []
    future.add_done_callback(lambda _: known.append(any(name == "job.done" for name, _ in client.notifications)))
    assert future.result(10)["job_id"] == "s"
    assert client.wait_for("job.done")["job_id"] == "s"
    assert known == [False]


def test_a_large_page_there_and_back_in_chunks(stage: Any) -> None:
    client = stage.client()
    image = os.urandom(8_000_000)
    client.put_page("j", "p", image)
    assert client.wait_for("page.done", page_id="p")["image"] == image


def test_many_large_pages_at_once_arrive_whole(stage: Any) -> None:
    client = stage.client()
    images = {f"p{number}": os.urandom(400_000 + number) for number in range(20)}
    puts = [
        client.request("page.put", {"job_id": f"j{n}", "page_id": n, "image": image}) for n, image in images.items()
    ]
    assert all(put.result(30) == {"accepted": True} for put in puts)
    for name, image in images.items():
        assert client.wait_for("page.done", page_id=name)["image"] == image


def test_a_second_request_of_the_same_msgid_is_refused(stage: Any) -> None:
    hear(stage)
    export = {"job_id": "j", "format": "cbz"}
    say(stage, encode_request(Request(5, "chapter.export", export)))
    say(stage, encode_request(Request(5, "settings.set", {})))
    refusal = hear(stage)
    assert isinstance(refusal, Response)
    assert refusal.msgid == 5
    assert refusal.error is not None
    assert refusal.error["code"] == "E_BAD_REQUEST"
    stage.opened().gate.set()
    answer = hear(stage)
    assert isinstance(answer, Response)
    assert answer.error is not None
    assert answer.error["code"] == "E_NOT_FOUND"
    say(stage, encode_request(Request(5, "settings.set", {"free": "again"})))
    again = hear(stage)
    assert isinstance(again, Response)
    assert again.result == {"free": "again"}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xc1", "E_FRAME"),
        (b"\x93\x02\xa1x\x90", "E_FRAME"),
        (b"\x94\x01\x01\xc0\xc0", "E_FRAME"),
        (b"\x93\x02\xa1x\x80", "E_UNKNOWN_METHOD"),
    ],
    ids=["not MessagePack", "parameters in a list", "a response", "an unknown notification"],
)
def test_a_frame_that_cannot_be_answered_gets_a_fault(stage: Any, frame: bytes, code: str) -> None:
    hear(stage)
    say(stage, frame)
    fault = hear(stage)
    assert isinstance(fault, Notification)
    assert fault.method == "session.fault"
    assert (fault.params["id"], fault.params["code"]) == (1, code)
    say(stage, encode_request(Request(1, "session.ping", {})))
    assert isinstance(hear(stage), Response)


def test_a_frame_that_stays_unfinished_is_told(make_stage: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "UNFINISHED_S", 0.05)
    stage = make_stage()
    hear(stage)
    first = next(Splitter().split(bytes(200_000)))
    stage.pipes.write_message(encode_envelope(first))
    ack = decode_envelope(stage.pipes.read_message())
    assert (ack.id, ack.q) == (1, 0)
    fault = hear(stage)
    assert isinstance(fault, Notification)
    assert (fault.method, fault.params["id"], fault.params["code"]) == ("session.fault", 1, "E_FRAME")


def test_a_service_that_cannot_open_says_so_to_every_request(make_stage: Make) -> None:
    def fail(_: object) -> object:
        raise DiskFull("there is no room for the store", "Free some space.")

    client = make_stage(fail).client()
    for method in ("session.hello", "settings.set"):
        with pytest.raises(HostFault) as fault:
            client.call(method, {"protocol": [1, 1]})
        assert fault.value.code == "E_DISK_FULL"
    assert client.call("session.ping")["busy"] is False


def test_a_secret_never_reaches_the_log(stage: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(HostFault) as fault:
        stage.client().call("secret.set", {"name": "token", "value": "hunter2"})
    assert "hunter2" not in str(fault.value)
    assert "secret.set failed: RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


def test_progress_overtakes_a_picture_and_the_end_of_a_job_does_not(stage: Any) -> None:
    service = stage.opened()
    client = stage.client()
    progress = JobProgress(job_id="big", page_id="q", stage="decode", fraction=0.5)
    accepted = client.request("page.put", {"job_id": "big", "page_id": "p", "image": bytes(8_000_000)})
    assert accepted.result(10)
    service.notify(progress)
    service.pipeline_run_chapter(type("Chapter", (), {"series": "big"}))
    client.wait_for("job.done")
    order = [name for name, _ in client.notifications if name != "session.ready"]
    assert order == ["job.progress", "page.done", "job.done"]


def test_end_of_input_closes_the_service(make_stage: Make) -> None:
    stage = make_stage()
    service = stage.opened()
    assert stage.end() == 0
    assert service.closed_within is not None


def test_a_goodbye_ends_the_session(make_stage: Make) -> None:
    stage = make_stage()
    stage.client().say_goodbye()
    assert stage.wait() == 0


@pytest.mark.parametrize("size", [0, 1_048_577, 2**32 - 1])
def test_a_length_that_no_message_has_ends_the_session_with_status_2(make_stage: Make, size: int) -> None:
    stage = make_stage()
    hear(stage)
    os.write(stage.to_host, size.to_bytes(4, "little"))
    goodbye = hear(stage)
    assert isinstance(goodbye, Notification)
    assert goodbye.method == "session.bye"
    assert str(size) in goodbye.params["reason"]
    assert stage.wait() == 2


def test_silence_ends_the_session(make_stage: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "SILENCE_S", 0.05)
    stage = make_stage()
    client = stage.client()
    assert "nothing was heard" in client.wait_for("session.bye")["reason"]
    assert stage.wait() == 0


def test_a_host_whose_parent_is_gone_ends(make_stage: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = make_stage()
    stage.opened()
    monkeypatch.setattr(session_module.os, "getppid", lambda: -1)  # nobody's: tests may well be a child of 1
    assert stage.wait() == 0


def test_a_stop_is_announced(make_stage: Make) -> None:
    stage = make_stage()
    client = stage.client()
    stage.session.stop("the host was told to stop")
    assert client.wait_for("session.bye")["reason"] == "the host was told to stop"
    assert stage.wait() == 0


@pytest.mark.slow
def test_a_peer_that_reads_nothing_holds_up_the_sender_and_not_the_end(make_stage: Make) -> None:
    stage = make_stage()
    service = stage.opened()
    sent: list[int] = []

    def send() -> None:
        for number in range(40):
            service.page_put(type("Page", (), {"job_id": "j", "page_id": f"{number}", "image": bytes(4_000_000)}))
            sent.append(number)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    until = time.monotonic() + 10
    while len(sent) < 16 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.2)
    assert 16 <= len(sent) <= 18
    assert stage.end() == 0
    sender.join(10)
    assert len(sent) == 40


def test_a_client_is_told_when_the_host_is_gone(make_stage: Make) -> None:
    stage = make_stage()
    client = stage.client()
    export = client.request("chapter.export", {"job_id": "j", "format": "cbz"})
    stage.session.stop("enough")
    with pytest.raises(HostGone):
        export.result(10)
