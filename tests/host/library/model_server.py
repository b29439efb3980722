"""A model server on the loopback that answers as OpenAI's do, and errs in every way that servers have."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    script: list[Callable[[Handler], None]]
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
        self.server.script[turn](self)

    def give(self, status: int, data: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def completion(text: str, reason: str = "stop", **usage: Any) -> bytes:
    counted = {"prompt_tokens": 100, "completion_tokens": 20} | usage
    choices = [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}]
    return json.dumps({"choices": choices, "usage": counted}).encode()


def says(text: str, reason: str = "stop", **usage: Any) -> Callable[[Handler], None]:
    return lambda handler: handler.give(200, completion(text, reason, **usage))


def refuses(status: int, words: str = "no", **headers: str) -> Callable[[Handler], None]:
    return lambda handler: handler.give(status, json.dumps({"error": {"message": words}}).encode(), **headers)


def hangs(handler: Handler) -> None:
    handler.server.released.wait(30)
    handler.close_connection = True


def drips(handler: Handler) -> None:
    """Send a byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.server.released.wait(0.02):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def resets(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def is_huge(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    try:
        for _ in range(1024):
            handler.wfile.write(b" " * (1 << 16))
    except OSError:
        pass
    handler.close_connection = True


def sends_on(url: str) -> Callable[[Handler], None]:
    return lambda handler: handler.give(307, b"", Location=url)


@contextmanager
def serving(*script: Callable[[Handler], None]) -> Iterator[Server]:
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
