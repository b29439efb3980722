"""A server on loopback that answers as Ollama does, or errs in a way of its own. Real sockets, no library between."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.erring import ERRORS, answers, drips, drops, give, hangs, is_huge, sends_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erring import Err

SAYS = "red hair, blue sky, warm light"


def _error(status: int, words: str) -> Err:
    return lambda handler, _: give(handler, json.dumps({"error": words}).encode(), status=status)


WAYS = {
    "hangs": hangs, "missing": _error(404, "model 'x' not found"), "fails": _error(500, "CUDA out of memory"),
    "cut": ERRORS["cut"], "html": ERRORS["page"], "empty": ERRORS["empty"], "endless": drips,
    "encoding": ERRORS["encoding"], "huge": is_huge, "redirect": sends_on("http://example.org/api/generate"),
    "wordless": answers(json.dumps({"response": "<think>what, now?"}).encode()), "drops": drops,
    "list": ERRORS["list"], "no_length": answers(b'{"response": null, "error": "red hair"}'),
}  # fmt: skip
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
            WAYS[state.way](self, state.over)
            return
        if body.get("keep_alive") == 0:
            state.loaded.discard(model)
        self._json({"response": state.says, "done": True})

    def _json(self, document: object, status: int = 200) -> None:
        give(self, json.dumps(document).encode(), status=status)
