"""A server's address and key: what is wrong with them, and that a key shows nowhere."""

from __future__ import annotations

import pytest

from engines.colorize.comfyui.info import Server


@pytest.mark.parametrize(
    ("url", "key", "fault"),
    [
        ("http://127.0.0.1:8188", "", ""),
        ("http://127.0.0.1:8188", "secret", ""),
        ("http://[::1]:8188", "secret", ""),
        ("https://far.example", "secret", ""),
        ("http://far.example", "", ""),
        ("http://far.example", "secret", "the key would be sent unencrypted"),
    ],
)
def test_a_key_goes_unencrypted_to_this_machine_alone(url: str, key: str, fault: str) -> None:
    assert Server(url, key).fault() == fault


def test_what_is_no_address_is_told() -> None:
    assert Server("ftp://a", "secret").fault() not in ("", "the key would be sent unencrypted")


def test_a_server_is_set_where_it_is_named_and_its_key_is_not_shown() -> None:
    assert not Server().is_set
    named = Server("http://127.0.0.1:8188/", "secret")
    assert named.is_set
    assert named.is_loopback
    assert not Server("http://far.example").is_loopback
    assert named.origin == "http://127.0.0.1:8188"
    assert "secret" not in repr(named)
