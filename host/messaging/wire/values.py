"""The values that messages are made of, and the base of all messages."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Identifier = Annotated[str, Meta(min_length=1, max_length=512)]
Text = Annotated[str, Meta(max_length=4096)]
Count = Annotated[int, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Level = Annotated[int, Meta(ge=0, le=255)]
Direction = Literal["rtl", "ltr", "auto"]
Stage = Literal["queued", "decode", "pass1", "retrieve", "pass2", "compose", "encode"]
Quality = Literal["preview", "standard", "best"]
ExportFormat = Literal["cbz", "zip", "pdf"]
SkipReason = Literal["already_coloured", "not_a_page", "blank", "text_only", "advertisement"]
JobState = Literal["running", "done", "cancelled"]


class Message(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all: frozen, optional keys left out when unset."""


class Empty(Message, frozen=True, kw_only=True):
    """`{}`."""
