"""Ways in which a server on loopback errs, told once for all that is asked over HTTP. Real sockets, real bytes."""

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Err = Callable[[BaseHTTPRequestHandler, threading.Event], None]
"""Answers a request, whose body was read, in its own way; the event is set when the test is over."""

ELSEWHERE: Final = "/elsewhere"
"""On the same server, so that nothing leaves this machine if somebody follows."""
_PATIENCE_S: Final = 60.0
_DRIP_S: Final = 0.01
_BLOCK: Final = b" " * (1 << 16)
_BLOCKS: Final = 2048


def give(
    handler: BaseHTTPRequestHandler, data: bytes, kind: str = "application/json", status: int = 200,
    length: int | None = None, **headers: str,
) -> None:  # fmt: skip
    """Answer with these bytes; length: said in the place of theirs."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(data) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def refuses(status: int, words: str = "no", **headers: str) -> Err:
    """Answer with a status and an error's document."""
    return lambda handler, _: give(
        handler, json.dumps({"error": {"message": words}}).encode(), status=status, **headers
    )


def answers(data: bytes, kind: str = "application/json", length: int | None = None) -> Err:
    """Answer 200 with bytes that are not what was asked for."""
    return lambda handler, _: give(handler, data, kind, length=length)


def hangs(handler: BaseHTTPRequestHandler, over: threading.Event) -> None:
    """Say nothing."""
    over.wait(_PATIENCE_S)
    handler.close_connection = True


def drips(handler: BaseHTTPRequestHandler, over: threading.Event) -> None:
    """Send a byte now and then, for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000000000")
    handler.end_headers()
    while not over.wait(_DRIP_S):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def resets(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    """End the connection as a process does that is killed."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def drops(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    """End the connection without a word."""
    handler.close_connection = True


def is_huge(handler: BaseHTTPRequestHandler, _: threading.Event) -> None:
    """Send 128 MiB of blanks, their length unsaid."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    try:
        for _block in range(_BLOCKS):
            handler.wfile.write(_BLOCK)
    except OSError:
        pass
    handler.close_connection = True


def sends_on(url: str = ELSEWHERE) -> Err:
    """Redirect."""
    return lambda handler, _: give(handler, b"", "text/plain", 307, Location=url)


ERRORS: Final[dict[str, Err]] = {
    "hangs": hangs, "drips": drips, "resets": resets, "drops": drops, "huge": is_huge, "sends on": sends_on(),
    "401": refuses(401), "404": refuses(404, "model 'x' not found"), "429": refuses(429, Retry_After="0"),
    "500": refuses(500, "CUDA out of memory"), "empty": answers(b""),
    "page": answers(b"<!doctype html><p>a", "text/html"),
    "cut": answers(b'{"response": "red ha', length=4000), "list": answers(b'["red hair"]'), "number": answers(b"3"),
    "encoding": answers('{"response": "über"}'.encode("latin-1")), "deep": answers(b"[" * 100_000),
    "nothing": answers(b"{}"), "null": answers(b"null"), "wrong kinds": answers(
        b'{"response": 3, "choices": 3, "siblings": 3, "system": 3, "devices": 3, "error": 3}'
    ),
}  # fmt: skip
"""By name. Each is an error to whoever asks for something particular."""


@dataclass
class ErringServer:
    """asked: the paths that were asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def erring_server(err: Err) -> Iterator[ErringServer]:
    """Serve for the time of a block, every request in one way."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            state.asked.append(self.path)
            self.rfile.read(int(self.headers.get("content-length", "0")))
            err(self, over)

        def do_POST(self) -> None:
            self.do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = ErringServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()
