"""Ollama on loopback: what is asked, what it lets go of, and the ways in which it errs."""

from __future__ import annotations

import base64
import socket

import pytest

from engines.base import EngineError, EngineRemoteFailed, EngineUnavailable, ModelMissing
from engines.colorize.comfyui.address import loopback_fault
from engines.words.ollama import Ollama, OllamaModel
from engines.words.registry import open_enhancer
from tests.engines.words.ollama_server import SAYS, WAYS, ollama_server

SAID = {
    "hangs": "did not answer within", "missing": "404: model 'x' not found", "fails": "500: CUDA out of memory",
    "cut": "broke", "html": "no JSON", "empty": "no JSON", "endless": "did not answer within", "encoding": "no JSON",
    "huge": "over 1 MiB", "redirect": "sends on to 'http://example.org", "wordless": "gave no words", "drops": "broke",
    "list": "no object", "no_length": "without words",
}  # fmt: skip


def enhance(url: str, model: str = "blind", picture: bytes | None = None, answer_s: float = 10.0) -> str:
    from engines.words.ollama import OllamaEnhancer

    return OllamaEnhancer(Ollama(url, answer_s), model).enhance("be brief", "red hair", picture)


def test_a_wish_is_asked_with_its_system_prompt_and_the_model_is_let_go() -> None:
    with ollama_server() as server:
        made = open_enhancer("ollama", "blind", server.url)
        assert made.enhance("be brief", "red hair", b"jpeg") == SAYS
        assert (made.place, made.memory_mib) == (server.url, 0)
        asked, unloaded = server.bodies("/api/generate")
        assert (asked["system"], asked["prompt"], asked["keep_alive"], asked["stream"]) == (
            "be brief", "red hair", 0, False,
        )  # fmt: skip
        assert (asked["options"]["temperature"], asked["options"]["seed"]) == (0, 0)
        assert "images" not in asked  # it does not see
        assert unloaded == {"model": "blind", "prompt": "", "stream": False, "keep_alive": 0}
        assert server.loaded == set()


def test_a_model_that_sees_gets_the_picture() -> None:
    with ollama_server() as server:
        assert enhance(server.url, "seer", b"jpeg") == SAYS
        [asked, _] = server.bodies("/api/generate")
        assert asked["images"] == [base64.b64encode(b"jpeg").decode()]
        server.asked.clear()
        enhance(server.url, "seer")
        assert server.bodies("/api/show") == []  # nothing to be seen, nothing asked


def test_models_are_told_with_those_that_see() -> None:
    with ollama_server() as server:
        assert Ollama(server.url).models() == [OllamaModel("blind", sees=False), OllamaModel("seer", sees=True)]


@pytest.mark.parametrize("way", WAYS)
def test_whatever_it_does_instead_ends_soon_with_a_reason_and_nothing_loaded(way: str) -> None:
    with ollama_server(way) as server:
        answer_s = 0.3 if way in ("hangs", "endless") else 10.0
        with pytest.raises((EngineRemoteFailed, ModelMissing), match=SAID[way]) as told:
            enhance(server.url, answer_s=answer_s)
        assert isinstance(told.value, EngineError)
        assert len(told.value.message) < 400
        assert server.loaded == set()
        assert server.bodies("/api/generate")[-1]["keep_alive"] == 0
        assert len(server.asked) == 2


def test_a_server_that_is_not_there_is_asked_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EngineUnavailable, match="no Ollama answers") as told:
        enhance(f"http://127.0.0.1:{port}")
    assert "Start Ollama" in told.value.hint


@pytest.mark.parametrize(
    "url", ["http://example.org:11434", "http://192.168.1.2:11434", "http://169.254.169.254", "x", "http://u:p@[::1]"]
)
def test_only_this_machine_is_spoken_to(url: str) -> None:
    assert loopback_fault(url)
    with pytest.raises(EngineUnavailable):
        Ollama(url)
    assert loopback_fault("http://localhost:11434") == loopback_fault("http://[::1]:11434") == ""


def test_a_model_has_a_name() -> None:
    with pytest.raises(ModelMissing, match="no model"):
        open_enhancer("ollama", " ")
