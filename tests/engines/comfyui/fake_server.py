"""A ComfyUI server of HTTP and WebSocket on loopback: real sockets, node signatures checked, pictures computed.

It does what the real one does with a graph, short of the network: it compares the graph with its nodes' signatures
(`object_info.json`, in the form that the real one gives them), walks it from the guider, paints the page with the mean
colour of references, prompt, seed and LoRAs (`fake_nodes.py`), and tells on the socket what happens. `script` makes it
misbehave.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import email
import email.policy
import hashlib
import json
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import cv2

from tests.engines.comfyui.fake_nodes import SIGNATURES, faults_of, paint

if TYPE_CHECKING:
    import numpy as np

_ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass
class Script:
    """How the server behaves. drop_at: the socket dies before this step, once. crash: what the sampler raises."""

    step_s: float = 0.0
    drop_at: int | None = None
    socket_refused: bool = False
    silent: bool = False
    crash: tuple[str, str] | None = None
    interrupted: bool = False
    forget: bool = False
    refuse_graph: dict | None = None
    status: dict[str, int] = field(default_factory=dict)
    garbage: dict[str, bytes] = field(default_factory=dict)
    old_previews: bool = False
    picture_scale: float = 1.0
    broken_picture: bool = False
    blank_picture: bool = False
    key: str = ""
    without_nodes: tuple[str, ...] = ()
    noise: bool = False


class FakeComfy:
    """Use it as a context manager; `url` is where it listens."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.requests: list[tuple[str, str]] = []
        self.graphs: list[dict] = []
        self.uploads: dict[str, bytes] = {}
        self.history: dict[str, dict] = {}
        self.pending: list[str] = []
        self.running: str | None = None
        self.cancelled: set[str] = set()
        self.freed = 0
        self.sockets: dict[str, list] = {}
        self.first_messages: list[dict] = []
        self.pictures: dict[str, bytes] = {}
        self.signatures = {k: copy.deepcopy(v) for k, v in SIGNATURES.items() if k not in self.script.without_nodes}
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"comfy": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FakeComfy:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        for connections in self.sockets.values():
            for handler in connections:
                with contextlib.suppress(OSError):
                    handler.connection.shutdown(socket.SHUT_RDWR)

    def tell(self, client_id: str, kind: str, **data: object) -> None:
        self._send(client_id, 1, json.dumps({"type": kind, "data": data}).encode())

    def show(self, client_id: str, prompt_id: str, rgb: np.ndarray) -> None:
        jpeg = cv2.imencode(".jpg", rgb[..., ::-1])[1].tobytes()
        if self.script.old_previews:
            self._send(client_id, 2, struct.pack(">II", 1, 1) + jpeg)
        else:
            metadata = json.dumps({"node_id": "9", "prompt_id": prompt_id, "image_type": "image/jpeg"}).encode()
            self._send(client_id, 2, struct.pack(">II", 4, len(metadata)) + metadata + jpeg)

    def drop(self, client_id: str) -> None:
        for handler in self.sockets.pop(client_id, []):
            handler.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, client_id: str, opcode: int, payload: bytes) -> None:
        if self.script.silent:
            return
        head = bytes([0x80 | opcode])
        if len(payload) < 126:
            head += bytes([len(payload)])
        elif len(payload) < 65536:
            head += bytes([126]) + struct.pack(">H", len(payload))
        else:
            head += bytes([127]) + struct.pack(">Q", len(payload))
        for handler in list(self.sockets.get(client_id, ())):
            try:
                handler.wfile.write(head + payload)
            except (OSError, ValueError):
                self.sockets.get(client_id, []).remove(handler)

    def run(self, prompt_id: str, client_id: str, graph: dict) -> None:
        """Work on a prompt, as the server's worker thread does."""
        script = self.script
        with self.lock:
            if prompt_id in self.cancelled or prompt_id not in self.pending:
                return
            self.pending.remove(prompt_id)
            self.running = prompt_id
        self.tell(client_id, "execution_start", prompt_id=prompt_id)
        if script.noise:
            self.tell(client_id, "progress", prompt_id="another", value=1, max=2)
            self.tell(client_id, "execution_error", prompt_id="another", exception_message="not ours")
            self.tell(client_id, "progress", value="x", max=None)
            self._send(client_id, 1, b"no json")
            self._send(client_id, 2, b"short")
            self._send(client_id, 2, struct.pack(">II", 4, 1 << 30) + b"x" * 10)
        picture = paint(graph, self.uploads, script.picture_scale)
        if script.blank_picture:
            picture[:] = 127
        passes = [node["inputs"]["steps"] for node in graph.values() if "steps" in node["inputs"]]
        outcomes = (self._sample(prompt_id, client_id, steps, picture) for steps in passes)
        outcome = next((one for one in outcomes if one != "success"), "success")
        if outcome == "success":
            name = f"{prompt_id}.png"
            encoded = cv2.imencode(".png", picture[..., ::-1])[1].tobytes()
            self.pictures[name] = b"no picture" if script.broken_picture else encoded
            node = next(key for key, value in graph.items() if value["class_type"] in ("PreviewImage", "SaveImage"))
            outputs = {node: {"images": [{"filename": name, "subfolder": "", "type": "temp"}]}}
            self._record(prompt_id, outputs, "success", [["execution_success", {"prompt_id": prompt_id}]])
            self.tell(client_id, "executing", node=None, prompt_id=prompt_id)
            self.tell(client_id, "execution_success", prompt_id=prompt_id)

    def _sample(self, prompt_id: str, client_id: str, steps: int, picture: np.ndarray) -> str:
        script = self.script
        for step in range(1, steps + 1):
            time.sleep(script.step_s)
            if prompt_id in self.cancelled or script.interrupted:
                return self._fail(prompt_id, client_id, "execution_interrupted", {"prompt_id": prompt_id})
            if script.drop_at == step:
                script.drop_at = None
                self.drop(client_id)
            if script.crash is not None:
                kind, message = script.crash
                data = {"prompt_id": prompt_id, "node_type": "SamplerCustomAdvanced", "exception_type": kind}
                return self._fail(prompt_id, client_id, "execution_error", data | {"exception_message": message})
            if script.forget:
                with self.lock:
                    self.running = None
                return "forgotten"
            self.tell(client_id, "progress", value=step, max=steps, prompt_id=prompt_id, node="9")
            self.show(client_id, prompt_id, picture[::8, ::8])
        return "success"

    def _fail(self, prompt_id: str, client_id: str, event: str, data: dict) -> str:
        self._record(prompt_id, {}, "error", [[event, data]])
        self.tell(client_id, event, **data)
        return "error"

    def _record(self, prompt_id: str, outputs: dict, status: str, messages: list) -> None:
        with self.lock:
            done = status == "success"
            self.history[prompt_id] = {
                "outputs": outputs,
                "status": {"status_str": status, "completed": done, "messages": messages},
            }
            self.running = None


class _Handler(BaseHTTPRequestHandler):
    comfy: FakeComfy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        comfy = self.comfy
        if not self._welcome(parts.path):
            return
        if parts.path == "/ws":
            self._socket(parse_qs(parts.query)["clientId"][0])
        elif parts.path == "/system_stats":
            self._answer({"system": {"comfyui_version": "0.9.0"}, "devices": []})
        elif parts.path.startswith("/object_info/"):
            name = parts.path.split("/")[2]
            self._answer({name: comfy.signatures[name]} if name in comfy.signatures else {})
        elif parts.path.startswith("/history/"):
            prompt_id = parts.path.split("/")[2]
            self._answer({prompt_id: comfy.history[prompt_id]} if prompt_id in comfy.history else {})
        elif parts.path == "/queue":
            running = [[0, comfy.running, {}, {}, []]] if comfy.running else []
            self._answer({"queue_running": running, "queue_pending": [[1, one, {}, {}, []] for one in comfy.pending]})
        elif parts.path == "/view":
            content = comfy.pictures.get(parse_qs(parts.query)["filename"][0])
            self._raw(content, "image/png") if content is not None else self._answer({}, 404)
        else:
            self._answer({}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        comfy = self.comfy
        if not self._welcome(self.path):
            return
        if self.path == "/upload/image":
            self._upload(body)
        elif self.path == "/prompt":
            self._prompt(json.loads(body))
        elif self.path == "/queue":
            with comfy.lock:
                wanted = set(json.loads(body)["delete"])
                comfy.cancelled |= wanted & set(comfy.pending)
                comfy.pending = [one for one in comfy.pending if one not in wanted]
            self._raw(b"", "text/plain")
        elif self.path == "/interrupt":
            comfy.cancelled.add(json.loads(body)["prompt_id"])
            self._raw(b"", "text/plain")
        elif self.path == "/free":
            comfy.freed += 1
            self._raw(b"", "text/plain")
        else:
            self._answer({}, 404)

    def _welcome(self, path: str) -> bool:
        comfy, script = self.comfy, self.comfy.script
        comfy.requests.append((self.command, path))
        if script.key and self.headers.get("Authorization") != f"Bearer {script.key}":
            self._answer({"error": "no"}, 401)
            return False
        for prefix, status in script.status.items():
            if path.startswith(prefix):
                self._answer({"error": {"message": "scripted"}}, status)
                return False
        for prefix, content in script.garbage.items():
            if path.startswith(prefix):
                self._raw(content, "text/html")
                return False
        return True

    def _upload(self, body: bytes) -> None:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        fields = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
        image = fields["image"]
        folder = fields["subfolder"].get_content().strip()
        kind = fields["type"].get_content().strip()
        self.comfy.uploads[f"{folder}/{image.get_filename()} [{kind}]"] = image.get_payload(decode=True)
        self._answer({"name": image.get_filename(), "subfolder": folder, "type": kind})

    def _prompt(self, body: dict) -> None:
        comfy = self.comfy
        graph, prompt_id = body["prompt"], body["prompt_id"]
        comfy.graphs.append(graph)
        faults = comfy.script.refuse_graph or faults_of(graph, comfy.signatures, comfy.uploads)
        if faults:
            self._answer(
                {"error": {"type": "prompt_outputs_failed_validation", "message": "failed"}, "node_errors": faults}, 400
            )
            return
        with comfy.lock:
            comfy.pending.append(prompt_id)
        threading.Thread(target=comfy.run, args=(prompt_id, body["client_id"], graph), daemon=True).start()
        self._answer({"prompt_id": prompt_id, "number": 1, "node_errors": {}})

    def _socket(self, client_id: str) -> None:
        if self.comfy.script.socket_refused:
            self._answer({}, 503)
            return
        accept = base64.b64encode(
            hashlib.sha1((self.headers["Sec-WebSocket-Key"] + _ACCEPT).encode()).digest()
        ).decode()
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        self.comfy.sockets.setdefault(client_id, []).append(self)
        self.comfy.tell(client_id, "status", status={"exec_info": {"queue_remaining": 0}}, sid=client_id)
        self._listen()

    def _listen(self) -> None:
        while True:
            try:
                head = self.rfile.read(2)
                if len(head) < 2:
                    return
                length = head[1] & 0x7F
                if length >= 126:
                    length = int.from_bytes(self.rfile.read(2 if length == 126 else 8))
                key, payload = self.rfile.read(4), self.rfile.read(length)
            except (OSError, ValueError):
                return
            if head[0] & 0x0F == 8:
                return
            if head[0] & 0x0F == 1:
                text = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
                self.comfy.first_messages.append(json.loads(text))

    def _answer(self, body: dict, status: int = 200) -> None:
        self._raw(json.dumps(body).encode(), "application/json", status)

    def _raw(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
