"""The ComfyUI engine against a real HTTP and WebSocket server on loopback: its ways, faults and cancels."""

import socket
import time

import pytest

from engines.base import (
    EngineError,
    EngineOutOfMemory,
    EngineUnavailable,
)
from engines.colorize.comfyui.engine import ComfyUiEngine
from engines.colorize.comfyui.info import Server
from engines.testing.contract import PROCESSOR, EngineContract, drawn_page, request_of
from tests.engines.comfyui.asking import colour, engine_for
from tests.engines.comfyui.fake_server import FakeComfy, Script

pytestmark = pytest.mark.slow


class TestContract(EngineContract):
    trained = False

    @pytest.fixture
    def engine(self, comfy):
        return engine_for(comfy)


def test_without_a_server_it_says_how_to_name_one():
    viability = ComfyUiEngine(Server).viability()
    assert not viability.ok
    assert "comfyui_url" in viability.fix


@pytest.mark.parametrize(
    ("url", "key"), [("file:///etc/passwd", ""), ("127.0.0.1:8188", ""), ("http://far.example", "secret")]
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url, key):
    viability = ComfyUiEngine(lambda: Server(url, key)).viability()
    assert not viability.ok
    assert "secret" not in f"{viability} {Server(url, key)}"


def test_a_refused_connection_is_not_viable_and_raises_with_the_mend():
    with FakeComfy() as server:
        url = server.url
    engine = ComfyUiEngine(lambda: Server(url))
    assert not engine.viability().ok
    with pytest.raises(EngineUnavailable, match="cannot be reached") as caught:
        engine.load(PROCESSOR)
    assert caught.value.hint == "Start ComfyUI."


def test_a_server_that_is_too_old_names_the_missing_nodes():
    with FakeComfy(Script(without_nodes=("EmptyFlux2LatentImage", "Flux2Scheduler"))) as server:
        with pytest.raises(EngineUnavailable, match=r"lacks the nodes .*EmptyFlux2LatentImage"):
            colour(server)
        assert server.graphs == []


def test_a_node_with_another_signature_is_found_before_the_graph_is_sent(comfy):
    comfy.signatures["ReferenceLatent"] = {"input": {"required": {"other": ["X"]}}, "output": ["CONDITIONING"]}
    with pytest.raises(EngineUnavailable, match="ReferenceLatent is another"):
        colour(comfy)


def test_a_refused_graph_says_which_node_and_why():
    fault = {"7": {"class_type": "CFGGuider", "errors": [{"message": "bad cfg", "details": "cfg"}]}}
    with FakeComfy(Script(refuse_graph=fault)) as server, pytest.raises(EngineError, match="CFGGuider: bad cfg cfg"):
        colour(server)


@pytest.mark.parametrize(
    ("crash", "expected", "words"),
    [
        (("torch.OutOfMemoryError", "CUDA out of memory"), EngineOutOfMemory, "memory"),
        (("RuntimeError", "Allocation on device failed"), EngineOutOfMemory, "memory"),
        (("RuntimeError", "mat1 and mat2 shapes cannot be multiplied"), EngineError, "text encoder"),
        (("ValueError", "something else"), EngineError, "SamplerCustomAdvanced: ValueError something else"),
    ],
)
@pytest.mark.parametrize("silent", [False, True])
def test_a_graph_that_fails_while_it_runs_becomes_the_right_error(crash, expected, words, silent):
    with FakeComfy(Script(crash=crash, silent=silent)) as server, pytest.raises(expected, match=words):
        colour(server)


def test_a_socket_that_drops_is_opened_anew_and_the_page_is_finished():
    with FakeComfy(Script(drop_at=2, step_s=0.05)) as server:
        result = colour(server)
        assert result.oklab.ndim == 3
        assert [path for _, path in server.requests].count("/ws") == 2


@pytest.mark.parametrize("script", [Script(silent=True), Script(socket_refused=True)])
def test_without_a_word_from_the_socket_the_history_tells_the_end(script):
    with FakeComfy(script) as server:
        seen = []
        colour(server, on_step=lambda step, steps, _=None: seen.append((step, steps)))
        assert seen[-1] == (4, 4)


def test_a_prompt_that_the_server_forgot_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr("engines.colorize.comfyui.follow._UNKNOWN_MAX_S", 0.5)
    monkeypatch.setattr("engines.colorize.comfyui.follow._ASK_EVERY_S", 0.1)
    with FakeComfy(Script(forget=True)) as server, pytest.raises(EngineUnavailable, match="no longer knows"):
        colour(server)


def test_somebody_elses_interruption_is_said():
    with FakeComfy(Script(interrupted=True)) as server, pytest.raises(EngineError, match="interrupted"):
        colour(server)


class Stop(Exception):
    pass


def test_cancel_stops_our_prompt_and_no_other():
    def stop(step, steps, preview=None):
        if step:
            raise Stop

    with FakeComfy(Script(step_s=0.1)) as server:
        with pytest.raises(Stop):
            colour(server, on_step=stop)
        ours = server.running or next(iter(server.cancelled | set(server.history)))
        assert ("POST", "/interrupt") in server.requests
        assert server.cancelled == {ours}


def test_cancel_while_it_waits_takes_it_out_of_the_queue(comfy):
    comfy.run = lambda *_: None  # another user's prompt occupies the server
    comfy.running = "somebody-else"
    began = time.monotonic()

    def stop(step, steps, preview=None):
        if time.monotonic() - began > 0.3:
            raise Stop

    with pytest.raises(Stop):
        colour(comfy, on_step=stop)
    assert comfy.pending == []
    assert ("POST", "/interrupt") not in comfy.requests
    assert comfy.running == "somebody-else"


def test_other_peoples_messages_and_nonsense_are_passed_over():
    with FakeComfy(Script(noise=True)) as server:
        seen = []
        colour(server, on_step=lambda step, steps, _=None: seen.append(steps))
        assert set(seen) == {4}


@pytest.mark.parametrize("old", [False, True])
def test_previews_of_old_and_new_servers_are_shown(old):
    with FakeComfy(Script(old_previews=old)) as server:
        shown = []
        colour(server, on_step=lambda _step, _steps, preview=None: shown.append(preview))
        assert any(preview is not None and preview.ndim == 3 for preview in shown)


def test_what_is_no_picture_is_an_error():
    with FakeComfy(Script(broken_picture=True)) as server, pytest.raises(EngineError, match="no picture"):
        colour(server)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"/view": 404}, EngineError),
        ({"/prompt": 500}, EngineError),
        ({"/object_info": 403}, EngineUnavailable),
    ],
)
def test_refusals_of_every_route_end_in_an_error(status, expected):
    with FakeComfy(Script(status=status)) as server, pytest.raises(expected):
        colour(server)


def test_something_else_on_the_port_is_recognised():
    with FakeComfy(Script(garbage={"/": b"<html>hello</html>"})) as server:
        engine = engine_for(server)
        assert "not ComfyUI" in engine.viability().reason
        with pytest.raises(EngineUnavailable):
            engine.load(PROCESSOR)


def test_a_server_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr("engines.colorize.comfyui.server_engine._VIABLE_ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = ComfyUiEngine(lambda: Server(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        assert "in time" in engine.viability().reason


def test_the_key_goes_with_every_request_and_is_asked_for_when_it_is_wrong():
    with FakeComfy(Script(key="open sesame")) as server:
        assert colour(server, key="open sesame").oklab.size
        with pytest.raises(EngineUnavailable, match="401") as caught:
            colour(server, key="wrong key")
        assert "wrong key" not in str(caught.value)


def test_unloading_frees_a_server_on_this_machine(comfy):
    engine_for(comfy).unload()
    assert comfy.freed == 1


def test_a_server_that_has_gone_does_not_stop_unloading():
    with FakeComfy() as server:
        url = server.url
    ComfyUiEngine(lambda: Server(url)).unload()


def test_a_server_that_is_too_old_says_so_at_load_with_its_version():
    said = r"ComfyUI 0\.9\.0 lacks the nodes Flux2Scheduler"
    with FakeComfy(Script(without_nodes=("Flux2Scheduler",))) as server, pytest.raises(EngineUnavailable, match=said):
        engine_for(server).load(PROCESSOR)


def test_previews_end_where_the_page_ends():
    with FakeComfy() as server:
        shown = []
        page = drawn_page(40, 640)
        colour(server, request_of(page), on_step=lambda _step, _steps, preview=None: shown.append(preview))
        sides = {preview.shape[:2] for preview in shown if preview is not None}
    assert {(height * 16, width) for height, width in sides} == {(80, 80)}
