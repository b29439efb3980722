"""ComfyUI's HTTP interface: one method per route, every failure as an engine's error."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

import httpx

from engines.base import EngineError, EngineOutOfMemory, EngineRemoteFailed, EngineUnavailable, ModelMissing
from models.bounded import AnswerTooLate, AnswerTooLong, read_bounded
from models.network_addresses import guarded_transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engines.colorize.comfyui.info import Server

Json = Any
_CONNECT_S: Final = 3.0
_ANSWER_S: Final = 60.0
_PICTURE_BYTES_MAX: Final = 64 << 20
_DOCUMENT_BYTES_MAX: Final = 32 << 20
# A server far away may take longer for a picture than it may be silent.
_PICTURE_PATIENCE: Final = 5
LOOK: Final = "The ComfyUI server's log says more."
_OUT_OF_MEMORY: Final = ("out of memory", "outofmemory", "allocation on device")


class ComfyClient:
    """Speaks to one server. Use it as a context manager; it is not shared between threads."""

    def __init__(self, server: Server, answer_s: float = _ANSWER_S) -> None:
        fault = server.fault()
        if fault:
            raise EngineUnavailable(
                f"ComfyUI: {fault}",
                "Set comfyui_url, for example http://127.0.0.1:8188.",
                told=("server_address", "ComfyUI", "comfyui_url"),
            )
        self.client_id = uuid.uuid4().hex
        self.server = server
        self._answer_s = answer_s
        # No redirects, no proxy, judged addresses: what is sent goes to the server that the reader named, nowhere else.
        self._http = httpx.Client(
            base_url=server.url.rstrip("/"),
            headers=self.headers,
            timeout=httpx.Timeout(answer_s, connect=min(_CONNECT_S, answer_s)),
            trust_env=False,
            transport=guarded_transport(),
        )

    @property
    def headers(self) -> dict[str, str]:
        """What goes with every request: the reader's key, where there is one."""
        key = self.server.api_key
        return {"Authorization": f"Bearer {key}"} if key else {}

    def __enter__(self) -> ComfyClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def system_stats(self) -> Json:
        """Return the server's version and devices."""
        return self._json("GET", "/system_stats")

    def version(self) -> str:
        """Return the server's version, empty where it does not say."""
        system = self.system_stats().get("system")
        return str(system.get("comfyui_version") or "") if isinstance(system, dict) else ""

    def node(self, class_type: str) -> Json | None:
        """Return the signature of a node class, None where the server has none of this name."""
        return self._json("GET", f"/object_info/{class_type}").get(class_type)

    def upload(self, name: str, png: bytes) -> str:
        """Bring a picture to the server and return the name under which a graph finds it.

        It lies in the server's temporary folder, which the server empties itself: no page is left there.
        """
        answer = self._json(
            "POST",
            "/upload/image",
            files={"image": (name, png, "image/png")},
            data={"type": "temp", "subfolder": "irodori", "overwrite": "false"},
        )
        if not isinstance(answer.get("name"), str):
            words = "ComfyUI does not say where it put the page"
            raise EngineRemoteFailed(words, LOOK, told=("server_is_another", self.server.url, "comfyui_url"))
        place = "/".join(part for part in (str(answer.get("subfolder") or ""), answer["name"]) if part)
        return f"{place} [{answer.get('type', 'temp')}]"

    def submit(self, graph: Mapping[str, Json]) -> str:
        """Queue a graph and return its prompt id.

        Raises:
            EngineError: the server refuses the graph; the message names the nodes.
        """
        prompt_id = str(uuid.uuid4())
        body = {"prompt": graph, "client_id": self.client_id, "prompt_id": prompt_id}
        answer = self._json("POST", "/prompt", json=body)
        if answer.get("node_errors"):
            raise EngineRemoteFailed(
                f"ComfyUI refuses the graph: {node_faults(answer)}",
                "Update ComfyUI and its nodes.",
                told=("server_said", "ComfyUI", node_faults(answer)),
            )
        return str(answer.get("prompt_id", prompt_id))

    def history(self, prompt_id: str) -> Json | None:
        """Return the record of a prompt that has ended, None while it has not."""
        return self._json("GET", f"/history/{prompt_id}").get(prompt_id)

    def is_queued(self, prompt_id: str) -> bool:
        """Return whether a prompt waits or runs."""
        queue = self._json("GET", "/queue")
        return any(_is_of(queue.get(where), prompt_id) for where in ("queue_running", "queue_pending"))

    def cancel(self, prompt_id: str) -> None:
        """Take a prompt of ours out of the queue, or stop it where it runs; other people's prompts go on."""
        self._json("POST", "/queue", json={"delete": [prompt_id]})
        running = self._json("GET", "/queue").get("queue_running")
        # Servers that do not know the field interrupt whatever runs, so it is sent only while that is ours.
        if _is_of(running, prompt_id):
            self._json("POST", "/interrupt", json={"prompt_id": prompt_id})

    def free(self) -> None:
        """Ask the server to unload its models."""
        self._json("POST", "/free", json={"unload_models": True, "free_memory": True})

    def picture(self, place: Mapping[str, str]) -> bytes:
        """Return an output picture as it lies on the server.

        Raises:
            EngineError: it is not there, or larger than 64 MiB.
        """
        wanted = {key: place.get(key, "") for key in ("filename", "subfolder", "type")}
        return self._ask("GET", "/view", "picture", params=wanted).content

    def _json(self, method: str, path: str, **sent: Any) -> Json:
        answer = self._ask(method, path, "answer", **sent)
        if not answer.content:
            return {}
        try:
            found = answer.json()
        except (ValueError, RecursionError) as exc:
            told = ("server_is_another", self.server.url, "comfyui_url")
            words = f"What answers at {self.server.url} is not ComfyUI"
            raise EngineUnavailable(words, "Check comfyui_url.", told) from exc
        return found if isinstance(found, dict) else {}

    def _ask(self, method: str, path: str, what: str, **sent: Any) -> httpx.Response:
        """Return a whole `answer` or `picture`, of bounded size and within a bounded time."""
        try:
            with self._http.stream(method, path, **sent) as came:
                answer = httpx.Response(came.status_code, content=self._body(came, what))
        except httpx.TimeoutException as exc:
            raise self._late() from exc
        except httpx.HTTPError as exc:
            told = ("server_is_away", self.server.url)
            raise EngineUnavailable(f"ComfyUI cannot be reached at {self.server.url}", "Start ComfyUI.", told) from exc
        if answer.is_success:
            return answer
        raise _refusal(answer)

    def _body(self, told: httpx.Response, what: str) -> bytes:
        is_picture = what == "picture"
        bytes_max = _PICTURE_BYTES_MAX if is_picture else _DOCUMENT_BYTES_MAX
        try:
            return read_bounded(told, bytes_max, self._answer_s * (_PICTURE_PATIENCE if is_picture else 1))
        except AnswerTooLong as exc:
            words = f"ComfyUI's {what} is too large"
            raise EngineRemoteFailed(words, LOOK, told=("server_no_picture", "ComfyUI")) from exc
        except AnswerTooLate as exc:
            raise self._late() from exc

    def _late(self) -> EngineUnavailable:
        told = ("server_is_late", self.server.url)
        return EngineUnavailable("ComfyUI does not answer in time", "See whether the server is busy.", told)


def _is_of(queue: Json, prompt_id: str) -> bool:
    """Tell whether a prompt stands in a part of the queue, whatever else does."""
    items = queue if isinstance(queue, list) else ()
    return any(isinstance(item, list) and len(item) > 1 and item[1] == prompt_id for item in items)


def _refusal(answer: httpx.Response) -> EngineError:
    if answer.status_code in (401, 403):
        return EngineUnavailable(
            f"ComfyUI refuses us ({answer.status_code})",
            "Check the server's key in the settings.",
            told=("server_refuses_us", "ComfyUI", f"{answer.status_code}"),
        )
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        body = {}
    faults = node_faults(body) if isinstance(body, dict) else ""
    if "value_not_in_list" in answer.text:
        return ModelMissing(
            f"ComfyUI lacks a model file: {faults}",
            "Put the file into ComfyUI's models folder.",
            told=("server_lacks_file", "ComfyUI", faults),
        )
    return EngineRemoteFailed(
        f"ComfyUI refuses ({answer.status_code}): {faults or answer.text[:200]}",
        "Update ComfyUI and its nodes.",
        told=("server_said", "ComfyUI", faults or answer.text[:200]),
    )


def node_faults(body: Mapping[str, Json]) -> str:
    """Return what a refusal says, one clause per node."""
    nodes = body.get("node_errors")
    clauses = [
        f"{fault.get('class_type', node)}: {error.get('message', '')} {error.get('details', '')}".strip()
        for node, fault in (nodes.items() if isinstance(nodes, dict) else ())
        if isinstance(fault, dict) and isinstance(fault.get("errors"), list)
        for error in fault["errors"]
        if isinstance(error, dict)
    ]
    error = body.get("error")
    general = error.get("message", "") if isinstance(error, dict) else str(error or "")
    return "; ".join(clauses) or general


def execution_fault(event: Mapping[str, Json]) -> EngineError:
    """Return the error of a graph that failed while it ran."""
    said = f"{event.get('exception_type', '')} {event.get('exception_message', '')}"
    where = event.get("node_type") or "a node"
    if any(words in said.casefold() for words in _OUT_OF_MEMORY):
        return EngineOutOfMemory(
            f"ComfyUI ran out of memory in {where}",
            "Use a smaller or quantised model (GGUF, fp8).",
            told=("server_memory", "ComfyUI", str(where)),
        )
    if "mat1 and mat2" in said:
        return EngineRemoteFailed(
            "ComfyUI's text encoder does not fit the model",
            "klein 4B wants qwen_3_4b, 9B qwen_3_8b.",
            told=("server_encoder",),
        )
    return EngineRemoteFailed(
        f"ComfyUI failed in {where}: {said.strip()[:300]}", LOOK, told=("server_failed", "ComfyUI", str(where))
    )
