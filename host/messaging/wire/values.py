"""The base of all messages."""

from msgspec import Struct


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all: frozen, optional keys left out when unset."""


class Empty(Message, frozen=True, kw_only=True):
    """`{}`."""
