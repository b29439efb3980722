"""Which models there are for words, and what chosen steps lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from host.jobs import word_models as module
from host.jobs.word_models import lacking, word_models
from host.settings import Settings
from tests.engines.words.ollama_server import ollama_server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IRODORI_MODELS", str(tmp_path))
    return tmp_path


def put(folder: Path, *names: str) -> None:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"{}")


def test_what_is_here_is_told_apart_whole_or_in_parts(models: Path) -> None:
    put(models / "opus-mt-de-en", "config.json", "model.safetensors")
    put(models / "qwen3-4b", "config.json", "model.safetensors.index.json")
    put(models / "own", "config.json")
    found = {one.model: one for one in word_models(Settings(enhance_model="own"), ollama=False).models}
    assert {name for name, one in found.items() if one.ready} == {"opus-mt-de-en", "qwen3-4b"}
    assert (found["opus-mt-ja-en"].step, found["opus-mt-ja-en"].language) == ("translate", "ja")
    assert (found["florence-2-base"].step, found["florence-2-base"].provider) == ("caption", "local")
    assert found["qwen3-1.7b"].label == "Qwen3 1.7B (words wishes anew)"
    assert (found["own"].step, found["own"].label) == ("enhance", "own")


def test_ollama_s_are_among_them_where_they_are_asked_for(models: Path) -> None:
    with ollama_server() as server:
        settings = Settings(ollama_url=server.url)
        assert {one.provider for one in word_models(settings, ollama=False).models} == {"local"}
        assert server.asked == []
        told = word_models(settings, ollama=True)
        served = {one.model: one.sees for one in told.models if one.provider == "ollama"}
        assert (served, told.trouble) == ({"blind": False, "seer": True}, "")
    told = word_models(settings, ollama=True)
    assert told.trouble.startswith("no Ollama answers at")
    assert {one.provider for one in told.models} == {"local"}


def test_what_is_switched_on_and_lacks_something_is_named(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "missing_libraries", lambda _: [])
    assert lacking(Settings()) == []
    everything = Settings(translate=True, caption=True, enhance="local")
    assert lacking(everything) == [
        ("a translator", "irodori models pull opus-mt-ja-en"),
        ("florence-2-base", "irodori models pull florence-2-base"),
        ("qwen3-1.7b", "irodori models pull qwen3-1.7b"),
    ]
    for name in ("opus-mt-de-en", "florence-2-base", "qwen3-1.7b"):
        put(models / name, "config.json", "model.safetensors")
    assert lacking(everything) == []
    assert lacking(Settings(enhance="ollama")) == [("a model of Ollama's", "irodori settings set ollama_model NAME")]
    assert lacking(Settings(enhance="ollama", ollama_model="gemma3")) == []
    asked: list[str] = []
    monkeypatch.setattr(module, "missing_libraries", lambda names: asked.extend(names) or ["torch"])
    assert lacking(everything)[0] == ("torch", "pip install 'irodori[diffusion,words]'")
    assert {"torch", "sentencepiece"} <= set(asked)
