"""What may stand in `comfyui_url`: `http(s)://host[:port]`, and no address that only a cloud's metadata answers at."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from models.network_addresses import is_forbidden

_SHOWN: Final = 128
_HOST: Final = re.compile(
    r"(?=.{1,253}\.?\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?", re.IGNORECASE
)
_NUMERIC: Final = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
_LOOPBACK_NAMES: Final = ("localhost",)
_FORBIDDEN_NAMES: Final = ("metadata.google.internal", "metadata", "instance-data", "instance-data.ec2.internal")


def address_fault(url: str) -> str:
    """Return what is wrong with an address, or an empty string; never raises."""
    parts = _parts(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return f"{url[:_SHOWN]!r} is not the address of a server"
    if parts.username is not None or parts.password is not None:
        return "an address takes no user and no password; keep a key as the secret comfyui_key"
    if parts.path not in ("", "/") or parts.query or parts.fragment or "?" in url or "#" in url:
        return "an address is http(s)://host:port, with nothing behind it"
    return _host_fault(parts.hostname)


def is_loopback(url: str) -> bool:
    """Tell whether an address is this machine's own; False for what is no address."""
    parts = _parts(url)
    if parts is None or not parts.hostname:
        return False
    address = _numeric(parts.hostname)
    return address.is_loopback if address is not None else parts.hostname.rstrip(".") in _LOOPBACK_NAMES


def loopback_fault(url: str) -> str:
    """Return why an address is not that of a server on this machine, empty where it is."""
    fault = address_fault(url)
    if fault or is_loopback(url):
        return fault
    return f"{origin_of(url)} is not this machine: only a loopback address is spoken to"


def origin_of(url: str) -> str:
    """Return `scheme://host:port` in one spelling, empty for what is no address."""
    parts = _parts(url)
    if parts is None or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _parts(url: str) -> SplitResult | None:
    """Take an address apart; None where it cannot be, or where libraries would not read it alike."""
    if any(letter <= " " or letter == "\x7f" or letter == "\\" for letter in url):
        return None
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        return None
    return None if port == 0 or (host is None) else parts


def _host_fault(host: str) -> str:
    address = _numeric(host)
    if address is None and (":" in host or not _HOST.fullmatch(host)):
        return f"{host[:_SHOWN]!r} is not the name of a server"
    if host.rstrip(".").lower() in _FORBIDDEN_NAMES or (address is not None and is_forbidden(address)):
        return "link-local and metadata addresses are refused"
    return ""


def _numeric(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that digits spell, also as one number, in hex or in octal, as the system's resolver does."""
    bare = host.rstrip(".")
    try:
        return ip_address(bare)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(bare)) if _NUMERIC.fullmatch(bare) and bare[:1].isdigit() else None
    except OSError:
        return None
