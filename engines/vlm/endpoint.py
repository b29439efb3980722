"""A server that speaks OpenAI's chat completions. What is sent goes to the one that the reader named, nowhere else.

No redirect is followed, no proxy asked, every address judged before it is connected to. An answer has a bound on its
bytes and on its time, however slowly it drips.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx

from engines.vlm.base import Answer, ModelFault, VisionLanguageModel
from models.bounded import AnswerTooLate, AnswerTooLong, read_bounded
from models.network_addresses import guarded_transport, is_public

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANSWER_BYTES_MAX: Final = 4 << 20
_CONNECT_S: Final = 10.0
_PAUSE_MAX_S: Final = 600.0
_SAID_MAX: Final = 200
_EXAMPLE: Final = "Name one as http://127.0.0.1:11434/v1."
# Ways to ask for JSON, the strictest first; a server that refuses one is asked the next way.
_FORMATS: Final = ("json_schema", "json_object", "")
_TOO_MANY, _SERVER = 429, 500
_REFUSED: Final = frozenset({401, 402, 403, 404})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server and how it is asked. key: sent as a bearer's token; empty for none. at_once: questions side by side."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    temperature: float = 0.1
    tokens_max: int = 4096
    answer_s: float = 120.0
    at_once: int = 4

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}:{port}"

    @property
    def address(self) -> str:
        """Where questions go; `/v1` is added where the address names no path."""
        parts = urlsplit(self.url)
        path = parts.path.rstrip("/").removesuffix("/chat/completions")
        return f"{parts.scheme}://{parts.netloc}{path or '/v1'}/chat/completions"

    def fault(self) -> str:
        """Return why nothing can be sent there, empty where it can."""
        try:
            parts = urlsplit(self.url)
            _ = parts.port
        except ValueError as exc:
            return f"{self.url[:_SAID_MAX]!r} is no address: {exc}"
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            return f"{self.url[:_SAID_MAX]!r} is no address of a server"
        if parts.username or parts.password:
            return "the address holds a name or a password; keys belong in the keyring (`irodori library key`)"
        if parts.scheme == "http" and is_public(parts.hostname):
            return "pages would go out unencrypted; name it with https://"
        return "" if self.model else "no model is named"


class EndpointModel(VisionLanguageModel):
    """Asks a server; thread-safe."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Make ready; nothing is sent before the first question.

        Raises:
            ModelFault: the endpoint cannot be one.
        """
        fault = endpoint.fault()
        if fault:
            raise ModelFault(f"The endpoint cannot be used: {fault}.", _EXAMPLE, kind="all")
        self.name, self.place, self.at_once = endpoint.model, endpoint.origin, endpoint.at_once
        self._endpoint = endpoint
        self._format = 0
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if endpoint.key:
            headers["Authorization"] = f"Bearer {endpoint.key}"
        self._http = httpx.Client(
            headers=headers,
            timeout=httpx.Timeout(endpoint.answer_s, connect=min(_CONNECT_S, endpoint.answer_s)),
            follow_redirects=False,
            trust_env=False,
            transport=guarded_transport(),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, picture: bytes | None, question: str, schema: Mapping[str, Any]) -> Answer:
        """Send one question."""
        way = self._format
        try:
            with self._http.stream("POST", self._endpoint.address, json=self._body(picture, question, schema)) as told:
                data = self._read(told)
                if told.status_code != httpx.codes.OK:
                    raise self._refusal(told, data, way)
                return _answer(told, data)
        except httpx.TimeoutException as exc:
            raise self._slow() from exc
        except httpx.HTTPError as exc:
            words = f"The connection to {self.place} failed ({type(exc).__name__})."
            raise ModelFault(words, "See whether the server runs.", kind="later") from exc

    def _body(self, picture: bytes | None, question: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        content: list[dict[str, Any]] = [{"type": "text", "text": question}]
        if picture is not None:
            shown = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
            content.append({"type": "image_url", "image_url": {"url": shown}})
        body: dict[str, Any] = {
            "model": self._endpoint.model,
            "temperature": self._endpoint.temperature,
            "max_tokens": self._endpoint.tokens_max,
            "messages": [{"role": "user", "content": content}],
        }
        kind = _FORMATS[self._format]
        if kind:
            named = {"name": "page", "strict": True, "schema": schema}
            body["response_format"] = {"type": kind} | ({"json_schema": named} if kind == "json_schema" else {})
        return body

    def _read(self, told: httpx.Response) -> bytes:
        try:
            return read_bounded(told, _ANSWER_BYTES_MAX, self._endpoint.answer_s)
        except AnswerTooLong as exc:
            words = f"The answer has over {_ANSWER_BYTES_MAX >> 20} MiB."
            raise ModelFault(words, "Lower --max-tokens, or choose another model.", kind="later") from exc
        except AnswerTooLate as exc:
            raise self._slow() from exc

    def _slow(self) -> ModelFault:
        words = f"{self.place} did not answer within {self._endpoint.answer_s:g} s."
        return ModelFault(words, "Raise --timeout, or lower --max-workers.", kind="later")

    def _refusal(self, told: httpx.Response, data: bytes, way: int) -> ModelFault:
        status, said = told.status_code, _said(data)
        words = f"{self.place} answered {status}{f': {said}' if said else ''}."
        if told.is_redirect:
            where = told.headers.get("location", "")[:_SAID_MAX]
            return ModelFault(f"{self.place} sends on to {where!r}; nothing was sent there.", _EXAMPLE, kind="all")
        if status == _TOO_MANY or status >= _SERVER or status == httpx.codes.REQUEST_TIMEOUT:
            return ModelFault(words, "Lower --max-workers or --per-minute.", kind="later", retry_after_s=_pause(told))
        if status in _REFUSED:
            return ModelFault(words, "Check the address, the model's name and its key.", kind="all")
        if _FORMATS[way] and any(name in said for name in ("response_format", "json_schema", "json_object")):
            self._format = max(self._format, way + 1)
            return ModelFault(words, kind="later", retry_after_s=0.0)
        return ModelFault(words, "The server's log says more.", kind="picture")


def _answer(told: httpx.Response, data: bytes) -> Answer:
    kind = told.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not (kind == "application/json" or kind.endswith("+json")):
        raise ModelFault(f"The answer is {kind[:_SAID_MAX]}, not JSON.", "Check the address.", kind="later")
    try:
        document = json.loads(data)
        [choice, *_] = document["choices"]
        content = choice["message"]["content"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as exc:
        raise ModelFault("The answer is no chat completion.", "Check the address.", kind="later") from exc
    if isinstance(content, list):  # parts, as some servers give them
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    return Answer(
        text=content if isinstance(content, str) else "",
        is_cut=choice.get("finish_reason") == "length",
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cost_usd=_cost(usage.get("cost")),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40 else 0


def _cost(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= float(value) < 1e6 else None  # type: ignore[arg-type]


def _pause(told: httpx.Response) -> float | None:
    """Return how long a `Retry-After` asks to wait: seconds, or until a date; ten minutes at most."""
    header = told.headers.get("retry-after", "").strip()
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), _PAUSE_MAX_S) if seconds == seconds else None


def _said(data: bytes) -> str:
    """Return the words of an error's body, in one line."""
    text = data[:4096].decode("utf-8", "replace")
    try:
        error = json.loads(data).get("error", "")
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError, RecursionError):
        pass
    return "".join(one if one.isprintable() else " " for one in text).strip()[:_SAID_MAX]
