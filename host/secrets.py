"""Secrets (tokens of model hubs, addresses with a password) in the system's keyring, and nowhere else.

They are never logged and never go back over the wire. Beside a secret stands the server that it is for;
it goes to no other. The keyring library loads on first use.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from host.errors import SecretsUnavailable
from host.paths import HOST_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOG = logging.getLogger(__name__)
_ORIGIN: Final = ".origin"
_HINT: Final = "Start a keyring service (GNOME Keyring, KWallet, Keychain or the Windows Credential Manager)."


def set_secret(name: str, value: str, origin: str = "") -> None:
    """Keep a secret under a name, in place of an older one.

    origin: the server that it is for; empty for the first one that it is asked for.

    Raises:
        SecretsUnavailable: the system offers no keyring, or it refuses.
    """
    import keyring

    # At no moment does a secret stand beside a server that it is not for.
    delete_secret(name)
    with _keyring_errors():
        if origin:
            keyring.set_password(HOST_NAME, name + _ORIGIN, origin)
        keyring.set_password(HOST_NAME, name, value)


def secret_for(name: str, origin: str) -> str | None:
    """Return a secret that is for this server; None where there is none, or it is for another.

    One that is for no server yet (kept by an older host, or before a server was set) is this one's from now on.

    Raises:
        SecretsUnavailable: the system offers no keyring, or it refuses.
    """
    import keyring

    with _keyring_errors():
        value = keyring.get_password(HOST_NAME, name)
        if value is None or not origin:
            return None
        bound = keyring.get_password(HOST_NAME, name + _ORIGIN)
        if bound is None:
            keyring.set_password(HOST_NAME, name + _ORIGIN, origin)
        elif bound != origin:
            _LOG.warning("the secret %s is for %s and is not sent to %s; set it again", name, bound, origin)
            return None
        return value


def delete_secret(name: str) -> None:
    """Forget a secret; one that is not there is forgotten already.

    Raises:
        SecretsUnavailable: the system offers no keyring, or it refuses.
    """
    import keyring

    with _keyring_errors():
        for one in (name, name + _ORIGIN):
            if keyring.get_password(HOST_NAME, one) is not None:
                keyring.delete_password(HOST_NAME, one)


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
