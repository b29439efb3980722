"""Every server that is asked over HTTP, erring in every way: each client ends soon, with an error of its own kind.

What helps a reader then is said by the tests of each: `test_ollama`, `test_telling`, `test_pull`, ComfyUI's.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Final

import pytest

from engines.base import EngineError
from engines.colorize.comfyui.client import ComfyClient
from engines.colorize.comfyui.info import Server
from engines.vlm.base import ModelFault
from engines.vlm.endpoint import Endpoint, EndpointModel
from engines.words.ollama import Ollama
from models.hub import Hub, HubError
from tests.erring import ERRORS, erring_server

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER_S: Final = 0.5
"""So long is waited for an answer; drips come every 10 ms, so that what waits for a silence waits for ever."""


def ask_ollama(url: str) -> object:
    return Ollama(url, ANSWER_S).generate("m", "be brief", "red hair", None)


def ask_model(url: str) -> object:
    model = EndpointModel(Endpoint(f"{url}/v1", "m", answer_s=ANSWER_S))
    try:
        return model.ask(None, "what is it?", {})
    finally:
        model.close()


def ask_hub(url: str) -> object:
    with Hub("", url) as hub:
        return hub.files("someone/tiny", "main")


def ask_comfyui(url: str) -> object:
    with ComfyClient(Server(url), ANSWER_S) as client:
        return client.upload("page.png", b"png")


CLIENTS: Final[dict[str, tuple[Callable[[str], object], type[Exception]]]] = {
    "ollama": (ask_ollama, EngineError), "model": (ask_model, ModelFault), "hub": (ask_hub, HubError),
    "comfyui": (ask_comfyui, EngineError),
}  # fmt: skip


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.hub._TIMEOUT_S", ANSWER_S)
    monkeypatch.setattr("models.hub._LIST_S", ANSWER_S)


@pytest.mark.parametrize("way", ERRORS)
@pytest.mark.parametrize("client", CLIENTS)
def test_whatever_a_server_does_its_client_ends_with_an_error_of_its_own(client: str, way: str) -> None:
    ask, expected = CLIENTS[client]
    with erring_server(ERRORS[way]) as server:
        with pytest.raises(expected) as told:
            ask(server.url)
        assert server.asked
    said: Any = told.value
    words = str(getattr(said, "message", said))
    assert 0 < len(words) < 400
    assert "Traceback" not in words


@pytest.mark.parametrize("client", CLIENTS)
def test_where_nobody_listens_that_is_said(client: str) -> None:
    ask, expected = CLIENTS[client]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(expected):
            ask(f"http://127.0.0.1:{port}")


def test_there_are_more_than_ten_ways() -> None:
    assert len(ERRORS) >= 10
