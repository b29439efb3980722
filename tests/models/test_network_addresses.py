"""Nothing is sent to where a name must not lead, whatever it led to a moment before."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING

import httpx
import pytest

from engines.base import EngineUnavailable
from engines.colorize.comfyui.client import ComfyClient
from engines.colorize.comfyui.info import Server
from engines.colorize.comfyui.socket import ComfySocket
from models.hub import Hub, HubError
from models.network_addresses import ForbiddenAddress, addresses_of, connect, guarded_transport, is_forbidden

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Hello(BaseHTTPRequestHandler):
    heard: list[tuple[str, str]]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.heard.append((self.headers["Host"], self.path))
        self.send_response(302 if self.path.startswith("/leads") else 200)
        self.send_header("Location", "http://storage.example:1/file")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


@pytest.fixture
def server() -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """A server on loopback: its port, and the host names and paths that it heard."""
    heard: list[tuple[str, str]] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Hello,), {"heard": heard})) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.02,))
        thread.start()
        yield served.server_address[1], heard
        served.shutdown()
        thread.join()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names stand for; a list is used up from its front, its last address stays."""
    table: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: object, **more: object) -> list[tuple[object, ...]]:
        known = table.get(str(host))
        if known is None:
            return real(host, port, *rest, **more)  # type: ignore[arg-type]
        found = known.pop(0) if len(known) > 1 else known[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in found.split()
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return table


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "224.0.0.1",
     "100.100.100.200", "168.63.129.16", "fd00:ec2::254"],
)  # fmt: skip
def test_link_local_metadata_and_group_addresses_are_forbidden(address: str, names: dict[str, list[str]]) -> None:
    assert is_forbidden(ip_address(address))
    names["server.example"] = [f"127.0.0.1 {address}"]
    with pytest.raises(ForbiddenAddress):
        addresses_of("server.example", 80)
    with pytest.raises(ForbiddenAddress):
        connect("server.example", 80, 1)


@pytest.mark.parametrize("address", ["127.0.0.1", "192.168.1.5", "10.0.0.7", "::1", "fd12::5", "93.184.216.34"])
def test_home_networks_and_the_world_are_not(address: str) -> None:
    assert not is_forbidden(ip_address(address))


def test_the_connection_goes_to_the_address_that_was_judged(
    server: tuple[int, list[tuple[str, str]]], names: dict[str, list[str]]
) -> None:
    port, heard = server
    names["server.example"] = ["127.0.0.1", "169.254.169.254"]
    with httpx.Client(transport=guarded_transport(), trust_env=False) as client:
        assert client.get(f"http://server.example:{port}/one").status_code == 200
        with pytest.raises(httpx.ConnectError, match="nothing is sent to"):
            client.get(f"http://server.example:{port}/two")
    assert heard == [(f"server.example:{port}", "/one")]


def test_an_address_that_does_not_answer_gives_way_to_the_next(
    server: tuple[int, list[tuple[str, str]]], names: dict[str, list[str]]
) -> None:
    port, heard = server
    names["server.example"] = ["127.1.2.3 127.0.0.1"]
    with httpx.Client(transport=guarded_transport(), trust_env=False) as client:
        client.get(f"http://server.example:{port}/")
    assert heard == [(f"server.example:{port}", "/")]
    connect("server.example", port, 5).close()


def test_a_comfyui_server_whose_name_leads_to_a_metadata_service_hears_nothing(names: dict[str, list[str]]) -> None:
    names["comfy.example"] = ["169.254.169.254"]
    with ComfyClient(Server("http://comfy.example:8188")) as client:
        with pytest.raises(EngineUnavailable, match="cannot be reached"):
            client.system_stats()
        with ComfySocket(client) as listening:
            assert not listening.is_open


def test_a_hub_out_in_the_world_leads_to_no_address_at_home(
    server: tuple[int, list[tuple[str, str]]], names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heard = server
    monkeypatch.setattr("models.hub.getproxies", dict)
    # first as a name of the world, then as what an attacker's server of names makes of it
    names["hub.example"] = ["93.184.216.34", "127.0.0.1"]
    with Hub(endpoint=f"http://hub.example:{port}") as hub, pytest.raises(HubError, match="cannot be reached"):
        hub.files("someone/tiny", "main")
    assert heard == []
    names["home.example"] = ["127.0.0.1"]
    names["storage.example"] = ["169.254.169.254"]
    with Hub(endpoint=f"http://home.example:{port}/leads") as hub, pytest.raises(HubError, match="cannot be reached"):
        hub.files("someone/tiny", "main")
    assert len(heard) == 1
