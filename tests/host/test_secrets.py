"""A secret goes to the server that it was kept for, and to no other."""

from __future__ import annotations

import pytest

from host.secrets import delete_secret, secret_for, set_secret


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    keyring = pytest.importorskip("keyring")
    kept: dict[str, str] = {}
    monkeypatch.setattr(keyring, "set_password", lambda _, name, value: kept.__setitem__(name, value))
    monkeypatch.setattr(keyring, "get_password", lambda _, name: kept.get(name))
    monkeypatch.setattr(keyring, "delete_password", lambda _, name: kept.pop(name))
    return kept


def test_a_secret_is_given_for_its_own_server_alone() -> None:
    set_secret("comfyui_key", "sesame", "https://far.example:443")
    assert secret_for("comfyui_key", "https://far.example:443") == "sesame"
    assert secret_for("comfyui_key", "https://evil.example:443") is None
    set_secret("comfyui_key", "other", "https://evil.example:443")
    assert secret_for("comfyui_key", "https://far.example:443") is None


def test_a_secret_of_an_older_host_belongs_to_the_first_server_that_asks(kept: dict[str, str]) -> None:
    kept["comfyui_key"] = "sesame"
    assert secret_for("comfyui_key", "") is None
    assert secret_for("comfyui_key", "https://far.example:443") == "sesame"
    assert secret_for("comfyui_key", "https://evil.example:443") is None


def test_nothing_stays_of_a_forgotten_secret(kept: dict[str, str]) -> None:
    set_secret("comfyui_key", "sesame", "https://far.example:443")
    delete_secret("comfyui_key")
    assert kept == {}
