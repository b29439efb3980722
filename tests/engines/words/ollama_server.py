"""A server on loopback that answers as Ollama does, or errs in a way of its own. Real sockets, no library between."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

SAYS = "red hair, blue sky, warm light"
WAYS = (
    "hangs", "missing", "fails", "cut", "html", "empty", "endless", "encoding", "huge", "redirect", "wordless", "drops",
    "list", "no_length",
)  # fmt: skip
"""How it can err when it is asked to generate; `refuses` is no server at all."""


@dataclass
class OllamaServer:
    """asked: the paths with their bodies, in order. loaded: what lies in its memory, by what it was told."""

    port: int = 0
    way: str = ""
    says: str = SAYS
    sees: frozenset[str] = frozenset({"seer"})
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [body for one, body in self.asked if one == path]


@contextmanager
def ollama_server(way: str = "", **more: Any) -> Iterator[OllamaServer]:
    """Serve for the time of a block."""
    state = OllamaServer(way=way, **more)

    class Handler(_Handler):
        server_state = state

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_state: OllamaServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.server_state.asked.append((self.path, {}))
        self._json({"models": [{"name": "seer"}, {"name": "blind"}, {"size": 1}, None]})

    def do_POST(self) -> None:
        state, body = self.server_state, json.loads(self.rfile.read(int(self.headers["content-length"])))
        state.asked.append((self.path, body))
        if self.path == "/api/show":
            seen = body["model"] in state.sees
            self._json({"capabilities": ["completion", "vision"] if seen else ["completion"]})
            return
        model = body["model"]
        if not body["prompt"]:  # as Ollama does: nothing to say, only `keep_alive`
            state.loaded.discard(model)
            self._json({"response": "", "done_reason": "unload"})
            return
        state.loaded.add(model)
        if state.way:
            getattr(self, f"_{state.way}")()
            return
        if body.get("keep_alive") == 0:
            state.loaded.discard(model)
        self._json({"response": state.says, "done": True})

    def _json(self, document: object, status: int = 200, **headers: str) -> None:
        self._send(json.dumps(document).encode(), "application/json", status, **headers)

    def _send(self, data: bytes, kind: str, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _hangs(self) -> None:
        self.server_state.over.wait(60)

    def _missing(self) -> None:
        self._json({"error": "model 'x' not found"}, 404)

    def _fails(self) -> None:
        self._json({"error": "CUDA out of memory"}, 500)

    def _cut(self) -> None:
        self._send(b'{"response": "red ha', "application/json", length=4000)

    def _html(self) -> None:
        self._send(b"<!doctype html><p>red hair", "text/html")

    def _empty(self) -> None:
        self._send(b"", "application/json")

    def _endless(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.end_headers()
        while not self.server_state.over.wait(0.01):
            try:
                self.wfile.write(b'{"response": "red", "done": false}\n')
            except OSError:
                return

    def _encoding(self) -> None:
        self._send('{"response": "warmes Licht über Bäumen"}'.encode("latin-1"), "application/json")

    def _huge(self) -> None:
        try:
            self._json({"response": "red hair " * 400_000})
        except OSError:
            return

    def _redirect(self) -> None:
        self._send(b"", "text/plain", 307, location="http://example.org/api/generate")

    def _wordless(self) -> None:
        self._json({"response": "<think>what, now?"})

    def _drops(self) -> None:
        self.close_connection = True

    def _list(self) -> None:
        self._json(["red hair"])

    def _no_length(self) -> None:
        self._json({"response": None, "error": "red hair"})
