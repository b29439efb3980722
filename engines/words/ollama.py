"""A language model that Ollama serves on this machine.

Only a loopback address is spoken to; no redirect is followed and no proxy asked. An answer has a bound on its bytes and
on its time, however slowly it drips. Ollama is told to let the model go with the answer and once more afterwards: its
memory is the engine's.
"""

from __future__ import annotations

import base64
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from engines.base import EngineRemoteFailed, EngineUnavailable, ModelMissing
from engines.colorize.comfyui.address import loopback_fault, origin_of
from engines.words.answers import tidy_answer
from engines.words.base import Enhancer
from models.bounded import AnswerTooLate, AnswerTooLong, read_bounded

DEFAULT_URL: Final = "http://127.0.0.1:11434"
_METHOD: Final = 1
_LOG = logging.getLogger(__name__)
_BYTES_MAX: Final = 1 << 20
_CONNECT_S: Final = 3.0
_UNLOAD_S: Final = 5.0
_TOKENS_MAX: Final = 400
_MODELS_MAX: Final = 64
_SHOWN: Final = 160
_START: Final = "Start Ollama on this machine, or choose another enhancer."
_TRY: Final = "Look at Ollama's log, or choose another model."


@dataclass(frozen=True, slots=True)
class OllamaModel:
    """A model that Ollama has. sees: it takes pictures."""

    name: str
    sees: bool


class Ollama:
    """The server; thread-safe. Nothing is sent before the first question."""

    def __init__(self, url: str = DEFAULT_URL, answer_s: float = 60.0) -> None:
        """Take note of the address.

        Raises:
            EngineUnavailable: it is none, or not this machine's own.
        """
        fault = loopback_fault(url)
        if fault:
            raise EngineUnavailable(
                fault, f"Name it as {DEFAULT_URL}.", told=("server_address", "Ollama", "ollama_url")
            )
        self.origin = origin_of(url)
        self._answer_s = answer_s

    def models(self) -> list[OllamaModel]:
        """Return what Ollama has here, by name.

        Raises:
            EngineRemoteFailed: it gives no sound answer. EngineUnavailable: it is not there.
        """
        listed = self._asked("GET", "/api/tags", None).get("models")
        rows = listed if isinstance(listed, list) else []
        names = sorted(str(one["name"]) for one in rows[:_MODELS_MAX] if isinstance(one, dict) and "name" in one)
        return [OllamaModel(name, self.sees(name)) for name in names]

    def sees(self, model: str) -> bool:
        """Tell whether a model takes pictures.

        Raises:
            ModelMissing: Ollama has no such model. EngineRemoteFailed, EngineUnavailable
        """
        shown = self._asked("POST", "/api/show", {"model": model}).get("capabilities")
        return isinstance(shown, list) and "vision" in shown

    def generate(self, model: str, system: str, prompt: str, picture: bytes | None) -> str:
        """Return what a model says, as it says it; the model is let go with the answer.

        Raises:
            ModelMissing: Ollama has no such model. EngineRemoteFailed, EngineUnavailable
        """
        body: dict[str, Any] = {
            "model": model, "system": system, "prompt": prompt, "stream": False, "think": False, "keep_alive": 0,
            "options": {"temperature": 0, "seed": 0, "num_predict": _TOKENS_MAX},
        }  # fmt: skip
        if picture is not None:
            body["images"] = [base64.b64encode(picture).decode()]
        said = self._asked("POST", "/api/generate", body).get("response")
        if not isinstance(said, str):
            raise EngineRemoteFailed(f"{self.origin} answered without words", _TRY, told=("no_words", self.origin))
        return said

    def unload(self, model: str) -> None:
        """Let Ollama give a model's memory back now; what goes wrong is logged."""
        body = {"model": model, "prompt": "", "stream": False, "keep_alive": 0}
        try:
            self._asked("POST", "/api/generate", body, _UNLOAD_S)
        except (EngineRemoteFailed, EngineUnavailable, ModelMissing) as exc:
            _LOG.warning("%s was not unloaded: %s", model, exc.message)

    def _asked(self, method: str, path: str, body: Any, answer_s: float | None = None) -> dict[str, Any]:
        bound_s = answer_s or self._answer_s
        timeout = httpx.Timeout(bound_s, connect=min(_CONNECT_S, bound_s))
        try:
            with (
                httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False) as http,
                http.stream(
                    method, self.origin + path, json=body, headers={"Accept-Encoding": "identity"}
                ) as told,
            ):  # fmt: skip
                data = self._read(told, bound_s)
        except httpx.TimeoutException as exc:
            raise self._slow(bound_s) from exc
        except httpx.ConnectError as exc:
            raise EngineUnavailable(
                f"no Ollama answers at {self.origin}", _START, told=("server_is_away", self.origin)
            ) from exc
        except httpx.HTTPError as exc:
            raise EngineRemoteFailed(
                f"the connection to {self.origin} broke ({type(exc).__name__})", _TRY, told=("no_words", self.origin)
            ) from exc
        if told.is_redirect:
            where = told.headers.get("location", "")[:_SHOWN]
            raise EngineRemoteFailed(
                f"{self.origin} sends on to {where!r}; nothing was sent there", _START, told=("no_words", self.origin)
            )
        if told.status_code != httpx.codes.OK:
            raise self._refusal(told.status_code, data)
        return self._document(data)

    def _read(self, told: httpx.Response, bound_s: float) -> bytes:
        try:
            return read_bounded(told, _BYTES_MAX, bound_s)
        except AnswerTooLong as exc:
            raise EngineRemoteFailed(
                f"{self.origin} answered with over {_BYTES_MAX >> 20} MiB", _TRY, told=("no_words", self.origin)
            ) from exc
        except AnswerTooLate as exc:
            raise self._slow(bound_s) from exc

    def _document(self, data: bytes) -> dict[str, Any]:
        try:
            # Strictly: `json` would guess at UTF-16 and UTF-32.
            document = json.loads(data.decode("utf-8"))
        except (ValueError, RecursionError) as exc:
            raise EngineRemoteFailed(
                f"{self.origin} answered with what is no JSON in UTF-8", _TRY, told=("no_words", self.origin)
            ) from exc
        if not isinstance(document, dict):
            raise EngineRemoteFailed(
                f"{self.origin} answered with what is no object", _TRY, told=("no_words", self.origin)
            )
        return document

    def _refusal(self, status: int, data: bytes) -> EngineRemoteFailed | ModelMissing:
        said = ""
        with suppress(ValueError, AttributeError, RecursionError):
            said = " ".join(str(json.loads(data).get("error", "")).split())[:_SHOWN]
        words = f"{self.origin} answered {status}{f': {said}' if said else ''}"
        if status == httpx.codes.NOT_FOUND:
            return ModelMissing(
                words, "Pull the model with Ollama, or choose one that it has.", told=("no_words", self.origin)
            )
        return EngineRemoteFailed(words, _TRY, told=("no_words", self.origin))

    def _slow(self, bound_s: float) -> EngineRemoteFailed:
        return EngineRemoteFailed(
            f"{self.origin} did not answer within {bound_s:g} s", _TRY, told=("server_is_late", self.origin)
        )


class OllamaEnhancer(Enhancer):
    """Asks one model of Ollama; a model that sees gets the picture too."""

    memory_mib = 0

    def __init__(self, server: Ollama, model: str) -> None:
        """Take note of the model.

        Raises:
            ModelMissing: none is named.
        """
        if not model.strip():
            raise ModelMissing("no model of Ollama's is chosen", "irodori settings set ollama_model NAME")
        self.id, self.version, self.place = model.strip(), f"{_METHOD}", server.origin
        self._server = server
        self._sees: bool | None = None

    def sees(self) -> bool:
        """Ask Ollama, once."""
        if self._sees is None:
            self._sees = self._server.sees(self.id)
        return self._sees

    def enhance(self, system: str, wish: str, picture: bytes | None = None) -> str:
        """Ask, and have the model unloaded whatever came of it."""
        seen = picture if picture is not None and self.sees() else None
        asked = True
        try:
            return tidy_answer(self._server.generate(self.id, system, wish, seen), self.id)
        except EngineUnavailable:
            asked = False  # nobody is there
            raise
        finally:
            # A `keep_alive` of another client's, or an answer that broke off, may hold it still.
            if asked:
                self._server.unload(self.id)

    def unload(self) -> None:
        """Do nothing: between questions nothing is loaded."""
