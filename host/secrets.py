"""Secrets (tokens of model hubs, addresses with a password) in the system's keyring, and nowhere else.

They are never logged and never go back over the wire. The keyring library loads on first use.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from host.errors import SecretsUnavailable
from host.paths import HOST_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT: Final = "Start a keyring service (GNOME Keyring, KWallet, Keychain or the Windows Credential Manager)."


def set_secret(name: str, value: str) -> None:
    """Keep a secret under a name, in place of an older one.

    Raises:
        SecretsUnavailable: the system offers no keyring, or it refuses.
    """
    import keyring

    with _keyring_errors():
        keyring.set_password(HOST_NAME, name, value)


def read_secret(name: str) -> str | None:
    """Return a secret, or None where there is none. For engines on this machine only.

    Raises:
        SecretsUnavailable: the system offers no keyring, or it refuses.
    """
    import keyring

    with _keyring_errors():
        return keyring.get_password(HOST_NAME, name)


def delete_secret(name: str) -> None:
    """Forget a secret; one that is not there is forgotten already.

    Raises:
        SecretsUnavailable: the system offers no keyring, or it refuses.
    """
    import keyring

    with _keyring_errors():
        if keyring.get_password(HOST_NAME, name) is not None:
            keyring.delete_password(HOST_NAME, name)


@contextmanager
def _keyring_errors() -> Iterator[None]:
    import keyring.errors

    try:
        yield
    except keyring.errors.KeyringError as exc:
        raise SecretsUnavailable("The system's keyring cannot be used.", _HINT) from exc
    # NoKeyringError is a RuntimeError; backends raise whatever their D-Bus or COM layer raises.
    except Exception as exc:
        raise SecretsUnavailable(f"The system's keyring failed ({type(exc).__name__}).", _HINT) from exc
