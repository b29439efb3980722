"""Where requests may go: names are looked up here, every address is judged, and the connection is made to that address.

A name can stand for any address, and for another one a moment later. Clouds answer at link-local addresses with their
machines' credentials; nothing of ours is ever there.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import httpx

Address = IPv4Address | IPv6Address
# Besides 169.254.0.0/16 and fe80::/10.
_FORBIDDEN: Final = tuple(
    map(ip_network, ("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::/32", "fd20:ce::/32"))
)
_NAT64: Final = ip_network("64:ff9b::/96")


class ForbiddenAddress(OSError):
    """A name leads to an address that nothing is sent to."""


def is_forbidden(address: Address) -> bool:
    """Tell whether an address is link-local, a cloud's metadata service or a group's; also inside an IPv6 address."""
    inner = _inner(address)
    return any(
        one.is_link_local or one.is_multicast or any(one in network for network in _FORBIDDEN)
        for one in (address, *([inner] if inner is not None else []))
    )


def addresses_of(host: str, port: int, *, public: bool = False) -> tuple[str, ...]:
    """Return the addresses of a name in the system's order.

    public: whether those of home networks and of this machine are forbidden too.

    Raises:
        ForbiddenAddress: one of them is. OSError: the name is not known.
    """
    found = dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    for one in found:
        address = ip_address(one.partition("%")[0])
        if is_forbidden(address) or (public and not _is_public(address)):
            raise ForbiddenAddress(f"{host} leads to {one}, an address that nothing is sent to")
    return tuple(found)


def is_public(host: str) -> bool:
    """Tell whether a name leads out of home networks and this machine; True where it is not known."""
    try:
        return all(_is_public(ip_address(one.partition("%")[0])) for one in addresses_of(host, 443))
    except OSError:
        return True


def connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """Return a connection to a name, made to an address that was judged.

    Raises:
        ForbiddenAddress, OSError
    """
    fault: OSError | None = None
    for address in addresses_of(host, port):
        try:
            return socket.create_connection((address, port), timeout_s)
        except OSError as exc:
            fault = exc
    raise fault or OSError(f"{host} has no address")


def guarded_transport(*, public: bool = False) -> httpx.BaseTransport:
    """Return a transport that connects to judged addresses alone; certificates are those of the name. No proxies.

    public: as of `addresses_of`, for every name.
    """
    import httpx

    class Guarded(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            url = request.url
            port = url.port or (443 if url.scheme == "https" else 80)
            try:
                found = addresses_of(url.host, port, public=public)
            except OSError as exc:
                raise httpx.ConnectError(str(exc), request=request) from exc
            # What the name stands for at this moment; the `Host` header has the name already.
            request.extensions = {**request.extensions, "sni_hostname": url.host}
            fault: httpx.TransportError | None = None
            for address in found:
                request.url = url.copy_with(host=address)
                try:
                    return super().handle_request(request)
                except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
                    fault = exc
                finally:
                    request.url = url
            raise fault or httpx.ConnectError(f"{url.host} has no address", request=request)

    return Guarded(retries=0)


def _is_public(address: Address) -> bool:
    return (_inner(address) or address).is_global


def _inner(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
