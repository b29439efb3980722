"""What the client asks for, and what becomes of each kind of answer."""

import json

import httpx
import pytest

from engines.base import EngineOutOfMemory, EngineRemoteFailed, EngineUnavailable, ModelMissing
from engines.colorize.comfyui import client as module
from engines.colorize.comfyui.client import ComfyClient, execution_fault, node_faults
from engines.colorize.comfyui.info import Server

FAULTS = {"1": {"errors": [{"message": "a"}, {"details": "b"}]}, "2": {"class_type": "K"}}
LACKS = {"type": "value_not_in_list", "message": "no a"}


class Far:
    """A server that gives its answers in turn and notes what was asked."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)

    def __call__(self, request):
        self.asked.append((request.method, request.url.raw_path.decode(), request.read()))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


@pytest.fixture
def open_client(monkeypatch):
    def opened(*answers, key=""):
        far = Far(*answers)
        monkeypatch.setattr(module, "guarded_transport", lambda: httpx.MockTransport(far))
        return ComfyClient(Server("http://127.0.0.1:8188/", key)), far

    return opened


def test_no_client_is_made_for_what_is_no_address():
    with pytest.raises(EngineUnavailable, match="ComfyUI: "):
        ComfyClient(Server("ftp://a", ""))


def test_the_key_goes_along_where_there_is_one(open_client):
    assert open_client(key="secret")[0].headers == {"Authorization": "Bearer secret"}
    assert open_client()[0].headers == {}


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ({"system": {"comfyui_version": "0.3"}}, "0.3"), ({"system": {"comfyui_version": None}}, ""),
        ({"system": []}, ""), ({}, ""),
    ],
)  # fmt: skip
def test_a_version_is_a_text(open_client, answer, version):
    assert open_client(answer)[0].version() == version


def test_a_node_is_known_by_its_class(open_client):
    client, far = open_client({"A": {"input": 1}}, {"B": {}})
    assert (client.node("A"), client.node("A")) == ({"input": 1}, None)
    assert far.asked[0][:2] == ("GET", "/object_info/A")


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ({"name": "a.png", "subfolder": "irodori", "type": "temp"}, "irodori/a.png [temp]"),
        ({"name": "a (1).png"}, "a (1).png [temp]"),
        ({"name": "a.png", "subfolder": "", "type": "input"}, "a.png [input]"),
    ],
)
def test_an_upload_is_named_as_the_server_keeps_it(open_client, answer, name):
    client, far = open_client(answer)
    assert client.upload("a.png", b"png") == name
    method, path, body = far.asked[0]
    assert (method, path) == ("POST", "/upload/image")
    for part in (b'filename="a.png"', b"image/png", b"temp", b"irodori", b"false"):
        assert part in body


def test_a_graph_is_queued_under_a_name_of_ours_or_the_servers(open_client):
    client, far = open_client({"prompt_id": "theirs"}, {"node_errors": {}})
    assert client.submit({"1": {}}) == "theirs"
    own = client.submit({"1": {}})
    sent = [json.loads(body) for _, _, body in far.asked]
    assert [one["client_id"] for one in sent] == [client.client_id] * 2
    assert (own, sent[0]["prompt"]) == (sent[1]["prompt_id"], {"1": {}})


def test_a_graph_that_is_taken_with_faults_is_refused_with_the_nodes_names(open_client):
    faults = {"3": {"class_type": "VAE", "errors": [{"message": "bad", "details": "x"}]}}
    with pytest.raises(EngineRemoteFailed, match="refuses the graph: VAE: bad x"):
        open_client({"prompt_id": "p", "node_errors": faults})[0].submit({})


def test_a_record_is_there_once_the_prompt_has_ended(open_client):
    client, _ = open_client({"p": {"outputs": {}}}, {})
    assert (client.history("p"), client.history("p")) == ({"outputs": {}}, None)


@pytest.mark.parametrize(
    ("queue", "is_queued"),
    [
        ({"queue_running": [[0, "p"]]}, True), ({"queue_pending": [[0, "q"], [1, "p"]]}, True),
        ({"queue_running": [[0, "q"]], "queue_pending": [["p"]]}, False), ({}, False),
    ],
)  # fmt: skip
def test_a_prompt_is_queued_while_it_waits_or_runs(open_client, queue, is_queued):
    assert open_client(queue)[0].is_queued("p") is is_queued


@pytest.mark.parametrize(
    ("running", "is_stopped"), [([[0, "p"]], True), ([[0, "q"]], False), ([["p"]], False), ([], False)]
)
def test_a_prompt_of_ours_is_taken_out_and_stopped_only_while_it_runs(open_client, running, is_stopped):
    client, far = open_client({}, {"queue_running": running}, {})
    client.cancel("p")
    asked = [(method, path, json.loads(body or b"null")) for method, path, body in far.asked]
    assert asked[:2] == [("POST", "/queue", {"delete": ["p"]}), ("GET", "/queue", None)]
    assert asked[2:] == [("POST", "/interrupt", {"prompt_id": "p"})] * is_stopped


def test_models_are_let_go_with_their_memory(open_client):
    client, far = open_client(httpx.Response(200))
    client.free()
    assert far.asked[0][:2] == ("POST", "/free")
    assert json.loads(far.asked[0][2]) == {"unload_models": True, "free_memory": True}


@pytest.mark.parametrize(("size", "is_taken"), [(9, True), (10, False)])
def test_a_picture_is_as_it_lies_there_and_not_too_large(open_client, monkeypatch, size, is_taken):
    monkeypatch.setattr(module, "_PICTURE_BYTES_MAX", 9)
    client, far = open_client(httpx.Response(200, content=b"x" * size))
    place = {"filename": "a.png", "type": "output", "other": "x"}
    if is_taken:
        assert client.picture(place) == b"x" * size
    else:
        with pytest.raises(EngineRemoteFailed, match="too large"):
            client.picture(place)
    assert far.asked[0][:2] == ("GET", "/view?filename=a.png&subfolder=&type=output")


@pytest.mark.parametrize(
    ("answer", "kind", "words", "hint"),
    [
        (httpx.ReadTimeout("x"), EngineUnavailable, "does not answer in time", "busy"),
        (httpx.ConnectError("x"), EngineUnavailable, "cannot be reached at http://127.0.0.1:8188", "Start ComfyUI."),
        (httpx.Response(200, content=b"<html>"), EngineUnavailable, "is not ComfyUI", "Check comfyui_url."),
        (httpx.Response(401), EngineUnavailable, r"refuses us \(401\)", "key"),
        (httpx.Response(403), EngineUnavailable, r"refuses us \(403\)", "key"),
        (httpx.Response(404, text="none"), EngineRemoteFailed, r"refuses \(404\): none", "Update"),
        (httpx.Response(302, headers={"location": "/"}), EngineRemoteFailed, r"refuses \(302\)", "Update"),
        (httpx.Response(500, json=["x"]), EngineRemoteFailed, r'refuses \(500\): \["x"\]', "Update"),
        (
            httpx.Response(400, json={"node_errors": {"1": {"errors": [LACKS]}}}),
            ModelMissing, "lacks a model file: 1: no a", "models folder",
        ),
    ],
)  # fmt: skip
def test_each_failure_says_what_it_is_and_what_to_do(open_client, answer, kind, words, hint):
    with pytest.raises(kind, match=words) as caught:
        open_client(answer)[0].system_stats()
    assert hint in caught.value.hint


@pytest.mark.parametrize("answer", [httpx.Response(200), ["x"], "x"])
def test_what_says_nothing_of_use_is_nothing(open_client, answer):
    assert open_client(answer)[0].system_stats() == {}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "all wrong"}, "all wrong"), ({"error": {"message": "all wrong"}}, "all wrong"), ({}, ""),
        ({"error": {}}, ""), ({"error": "x", "node_errors": FAULTS}, "1: a; 1:  b"),
    ],
)  # fmt: skip
def test_a_refusal_says_a_clause_for_each_fault_of_a_node_or_what_it_says_of_all(body, words):
    assert node_faults(body) == words


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        ({"exception_type": "torch.OutOfMemoryError", "node_type": "K"}, EngineOutOfMemory, "ran out of memory in K"),
        ({"exception_message": "Allocation on device 0"}, EngineOutOfMemory, "ran out of memory in a node"),
        ({"exception_message": "mat1 and mat2 shapes"}, EngineRemoteFailed, "does not fit the model"),
        (
            {"exception_type": "E", "exception_message": "x" * 400},
            EngineRemoteFailed,
            f"failed in a node: E {'x' * 298}",
        ),
    ],
)
def test_a_graph_that_failed_while_it_ran_is_told_by_its_kind(event, kind, words):
    fault = execution_fault(event)
    assert type(fault) is kind
    assert fault.message.endswith(words)
