"""What engines on a ComfyUI server have in common: the server, its nodes compared once, its memory given back."""

from __future__ import annotations

import hashlib
import time
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from engines.base import ColorizeEngine, EngineError, EngineRemoteFailed, RequestUnsupported, Viability
from engines.colorize.comfyui.info import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engines.base import OnStep
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.comfyui.socket import ComfySocket

    Graph = dict[str, dict[str, Any]]

_VIABLE_ANSWER_S: Final = 1.0
_KNOWN_FOR_S: Final = 10.0
_OPTION: Final = "comfyui"


class ServerEngine(ColorizeEngine):
    """An engine whose network runs on a ComfyUI server."""

    def __init__(self, server: Callable[[], Server] = Server) -> None:
        self._server = server
        self._checked: set[str] = set()
        self._named: Mapping[str, object] = {}
        self._viability: tuple[float, Server, Viability] | None = None

    @abstractmethod
    def _file_names(self, client: ComfyClient, wanted: Mapping[str, object]) -> Iterable[str]:
        """Return the server's files for an option, by the names that it lists them under.

        Raises:
            ModelMissing
        """

    def viability(self) -> Viability:
        """Ask the server for its version; the answer is kept for ten seconds."""
        server = self._server()
        if not server.is_set:
            fix = "Set comfyui_url in the settings."
            return Viability(ok=False, reason="no server is set", fix=fix, told=("no_server", "comfyui_url"))
        known = self._viability
        if known is None or known[1] != server or time.monotonic() - known[0] > _KNOWN_FOR_S:
            known = self._viability = time.monotonic(), server, _answers(server)
        return known[2]

    def weights_digests(self) -> Mapping[str, str]:
        """Return the names of the server's files; the digests are those of the names, for the files lie over there."""
        return self.digests_for({})

    def digests_for(self, options: Mapping[str, object]) -> Mapping[str, str]:
        """Return the same for a job that names files of its own; they are what `load` looks for from now on."""
        wanted = named(options)
        with self._client() as client:
            found = digests_of(self._file_names(client, wanted))
        self._named = wanted
        return found

    def unload(self) -> None:
        """Ask a server on this machine to free its memory; a server elsewhere is left to its owner."""
        self._checked.clear()
        server = self._server()
        if server.is_set and server.is_loopback:
            with suppress(EngineError), self._client() as client:
                client.free()

    def _client(self) -> ComfyClient:
        from engines.colorize.comfyui.client import ComfyClient

        return ComfyClient(self._server())

    def _picture(
        self, client: ComfyClient, socket: ComfySocket, graph: Graph, steps: tuple[int, ...], on_step: OnStep
    ) -> NDArray[np.uint8]:
        """Return what a graph gives, `(h, w, 3)` uint8 sRGB RGB. steps: those of its samplers, one after the other.

        Raises:
            EngineError: the server cannot run it or fails.
        """
        from engines.colorize.comfyui.follow import decoded, picture_of

        self._check_once(client, graph)
        picture = decoded(picture_of(client, socket, graph, steps, on_step))
        if picture is None:
            raise EngineRemoteFailed(
                "What ComfyUI gave is no picture",
                "The ComfyUI server's log says more.",
                told=("server_no_picture", "ComfyUI"),
            )
        return picture

    def _check_once(self, client: ComfyClient, graph: Graph) -> None:
        """Compare each kind of graph with the server once: signatures are long, and seldom change."""
        from engines.colorize.comfyui.preflight import check_graph

        kinds = sorted(
            {
                f"{node['class_type']} {value}"
                for node in graph.values()
                for key, value in node["inputs"].items()
                if key.endswith(("_name", "_file"))
            }
            | {node["class_type"] for node in graph.values()}
        )
        kind = f"{client.server.url} {kinds}"
        if kind not in self._checked:
            check_graph(client, graph)
            self._checked.add(kind)


def named(options: Mapping[str, object]) -> Mapping[str, object]:
    """Return the files that a plan's `engine_options` name.

    Raises:
        RequestUnsupported: they are no map.
    """
    option = options.get(_OPTION, {})
    if not isinstance(option, dict):
        raise RequestUnsupported("engine_options: comfyui must be a map of file names")
    return cast("Mapping[str, object]", option)


def digests_of(names: Iterable[str]) -> dict[str, str]:
    """Return digests of files' names, by name: what a server's files hold is not known here."""
    return {name: hashlib.sha256(f"comfyui:{name}".encode()).hexdigest() for name in names}


def _answers(server: Server) -> Viability:
    from engines.colorize.comfyui.client import ComfyClient

    try:
        with ComfyClient(server, _VIABLE_ANSWER_S) as client:
            client.system_stats()
    except EngineError as exc:
        return Viability(ok=False, reason=exc.message, fix=exc.hint, told=exc.told)
    return Viability(ok=True)
