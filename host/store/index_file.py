"""A picture index as one file: a SHA-256 of the rest, then MessagePack. What it holds can be made again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from host.vocabulary import CropKind  # noqa: TC001 - msgspec reads the type when it decodes

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = 1
_DIGEST_BYTES: Final = 32
_FLOAT_BYTES: Final = 4


class IndexBroken(ValueError):
    """The file is cut short, changed, of another format, or not of the embedder that asks."""


class Crop(Struct, frozen=True, array_like=True):
    """A part of a picture: left, top, right, bottom in its pixels; the whole of it is a `page`."""

    kind: CropKind
    box: tuple[int, int, int, int]


class IndexedPicture(Struct, frozen=True, kw_only=True):
    """A picture whose crops can be found.

    id: of a reference, or the key of a coloured page's result. recipe: how a page was coloured (`JobRecipe.identity`),
    empty for references. result_sha256: the coloured pixels of a page. vectors: one row a crop, float32, little endian.
    """

    id: str
    crops: tuple[Crop, ...]
    vectors: bytes
    recipe: str = ""
    result_sha256: str = ""


class _Content(Struct, frozen=True, kw_only=True):
    format: int
    embedder: tuple[str, str]
    width: Annotated[int, Meta(ge=1, le=1 << 16)]
    pictures: tuple[IndexedPicture, ...]


def encode_index(pictures: Mapping[str, IndexedPicture], embedder: tuple[str, str], width: int) -> bytes:
    """Return the file's bytes; embedder: id and version."""
    content = _Content(format=FORMAT, embedder=embedder, width=width, pictures=tuple(pictures.values()))
    packed = msgspec.msgpack.encode(content)
    return hashlib.sha256(packed).digest() + packed


def decode_index(data: bytes, embedder: tuple[str, str]) -> tuple[dict[str, IndexedPicture], int]:
    """Return the pictures by id, in the order in which they came, and the vectors' width.

    Raises:
        IndexBroken: anything is not as `encode_index` writes it for this embedder.
    """
    digest, packed = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(packed).digest() != digest:
        raise IndexBroken("its digest is another one")
    try:
        content = msgspec.msgpack.decode(packed, type=_Content)
    except (msgspec.DecodeError, RecursionError) as exc:
        raise IndexBroken(f"it is not an index: {exc}") from exc
    if content.format != FORMAT or content.embedder != embedder:
        raise IndexBroken(f"it is of {' '.join(content.embedder)}, format {content.format}")
    for picture in content.pictures:
        if len(picture.vectors) != len(picture.crops) * content.width * _FLOAT_BYTES:
            raise IndexBroken(f"{picture.id[:64]} has not one vector a crop")
    return {picture.id: picture for picture in content.pictures}, content.width
