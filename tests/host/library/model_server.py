"""A model server on the loopback that answers as OpenAI's do, and errs as `tests.erring` has it."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.erring import answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.erring import Err

STORY = {
    "page_type": "interior",
    "summary": "A witch flies at night.",
    "panels": [
        {
            "description": "A witch on a broom.",
            "dialogue": [{"speaker": "Pepper", "text": "Higher!"}],
            "narration": ["Meanwhile…"],
            "sfx": ["WHOOSH"],
            "characters": ["Pepper"],
        },
        {"description": "The moon.", "dialogue": [], "narration": [], "sfx": [], "characters": []},
    ],
}
SAID = json.dumps(STORY)


class Server(ThreadingHTTPServer):
    """`script` has what each request meets, by its turn; the last one stays. `bodies`: what was sent."""

    daemon_threads = True
    script: list[Err]
    bodies: list[dict[str, Any]]
    headers_seen: list[dict[str, str]]
    released: threading.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.server.bodies.append(json.loads(body))
        self.server.headers_seen.append({name.lower(): value for name, value in self.headers.items()})
        turn = min(len(self.server.bodies), len(self.server.script)) - 1
        self.server.script[turn](self, self.server.released)

    def log_message(self, *_: object) -> None:
        pass


def completion(text: str, reason: str = "stop", **usage: Any) -> bytes:
    counted = {"prompt_tokens": 100, "completion_tokens": 20} | usage
    choices = [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}]
    return json.dumps({"choices": choices, "usage": counted}).encode()


def says(text: str, reason: str = "stop", **usage: Any) -> Err:
    return answers(completion(text, reason, **usage))


@contextmanager
def serving(*script: Err) -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.script, server.bodies, server.headers_seen = list(script), [], []
    server.released = threading.Event()
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        time.sleep(0)
        server.shutdown()
        server.server_close()
        thread.join()
