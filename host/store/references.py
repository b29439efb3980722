"""Style references: one folder each, with the picture as it came, a thumbnail and the facts as JSON.

The folders are the whole truth (a library has tens of pictures, not thousands): there is no index that could be lost
or disagree. A folder appears and disappears by one rename.
"""

from __future__ import annotations

import io
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from host.errors import DiskFull, InternalError, IrodoriError, NotFound
from host.store.disk import NotNeeded, disk_errors, keep_aside, read_kept, sync_folder, write_synced
from host.store_records import PaletteEntry, Reference, ReferenceAdd
from host.vocabulary import Text  # noqa: TC001 - msgspec reads the type when the struct is built

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from host.pipeline.decode import DecodedPage

_LOG = logging.getLogger(__name__)
_ID_LENGTH: Final = 32
_ID: Final = re.compile(rf"[0-9a-f]{{{_ID_LENGTH}}}")
_FACTS: Final = "facts.json"
_PICTURE: Final = "picture"
_THUMBNAIL: Final = "thumbnail.webp"
_THUMBNAIL_PX: Final = 256
_FACTS_BYTES: Final = 1 << 18
_THUMBNAIL_BYTES: Final = 1 << 19
_Side = Annotated[int, Meta(ge=1, le=1 << 24)]
_TOLD: Final = ("name", "series", "character", "source_url")


Check = Callable[[], None] | None


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands in `facts.json`."""

    width: _Side
    height: _Side
    palette: Annotated[list[PaletteEntry], Meta(max_length=256)]
    name: Text | None = None
    series: Text | None = None
    character: Text | None = None
    source_url: Text | None = None


class ReferenceStore:
    """Thread-safe, and safe beside another process on the same home."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self._root = root
        self._scratch = scratch
        self._held: dict[str, tuple[Reference, bytes]] = {}

    def add(self, request: ReferenceAdd, check: Check = None, *, for_now: bool = False) -> Reference:
        """Keep a picture. The same pixels give the same id; what the request tells then replaces what was known.

        check: called while a large picture is decoded; what it raises ends that. for_now: where the disk does not take
        the picture, this process holds it.

        Raises:
            ImageInvalid, TooLarge, OutOfMemory: not a picture that can be decoded. DiskFull, InternalError
        """
        from host.pipeline.decode import decode_page

        page = decode_page(request.image, check=check)
        reference_id = page.pixels_sha256[:_ID_LENGTH]
        told = {name: value for name in _TOLD if (value := getattr(request, name)) is not None}
        try:
            return self._kept(self._root / reference_id, request.image, page, told)
        except (DiskFull, InternalError) as exc:
            if not for_now:
                raise
            _LOG.warning("a reference is held in memory: %s", exc)
            return self._hold(reference_id, request.image, page, told)

    def _kept(self, folder: Path, encoded: bytes, page: DecodedPage, changes: dict[str, Any]) -> Reference:
        if not self._holds(folder, encoded, page):
            self._create(folder, encoded, page)
        if changes:
            self._write_facts(folder, msgspec.structs.replace(self._facts(folder), **changes))
        return self._reference(folder)

    @staticmethod
    def _holds(folder: Path, encoded: bytes, page: DecodedPage) -> bool:
        """Tell whether a folder has this picture; one that was damaged is not it."""
        from host.pipeline.decode import decode_page

        try:
            kept = (folder / _PICTURE).read_bytes() if (folder / _PICTURE).is_file() else b""
            return kept == encoded or (bool(kept) and decode_page(kept).pixels_sha256 == page.pixels_sha256)
        except (OSError, IrodoriError):
            return False

    def _hold(self, reference_id: str, encoded: bytes, page: DecodedPage, told: dict[str, Any]) -> Reference:
        facts = msgspec.structs.asdict(_facts_of(page)) | told
        held = Reference(reference_id=reference_id, thumbnail=_thumbnail_of(page.rgb), **facts)
        self._held[reference_id] = held, encoded
        return held

    def list(self, series: str | None = None) -> list[Reference]:
        """Return the references, all or those of one series, by name."""
        found = [reference for folder in self._folders() if (reference := self._reference_if_whole(folder))]
        wanted = [reference for reference in found if series is None or reference.series == series]
        return sorted(wanted, key=lambda reference: (reference.name or "", reference.reference_id))

    def get(self, reference_id: str) -> Reference:
        """Return one reference.

        Raises:
            NotFound: there is none of this id.
        """
        held = self._held.get(reference_id)
        return held[0] if held is not None else self._reference(self._folder(reference_id))

    def describe(self, reference_id: str, told: dict[str, str]) -> Reference:
        """Note what a reference shows, by `name`, `series`, `character`; what is left out stays, an empty text is none.

        Raises:
            NotFound: there is none of this id. DiskFull, InternalError
        """
        folder = self._folder(reference_id)
        changes = {name: text.strip() or None for name, text in told.items() if name in _TOLD}
        self._write_facts(folder, msgspec.structs.replace(self._facts(folder), **changes))
        return self._reference(folder)

    def remove(self, reference_id: str) -> None:
        """Forget a reference.

        Raises:
            NotFound: there is none of this id.
        """
        folder = self._folder(reference_id)
        trash = self._scratch / secrets.token_hex(8)
        with disk_errors("the reference library"):
            folder.rename(trash)
        shutil.rmtree(trash, ignore_errors=True)

    def require(self, reference_ids: Iterable[str]) -> None:
        """Check that all are there.

        Raises:
            NotFound: one is not.
        """
        for reference_id in reference_ids:
            if reference_id not in self._held:
                self._folder(reference_id)

    def encoded(self, reference_id: str) -> bytes:
        """Return a reference's bytes as they came.

        Raises:
            NotFound: there is none of this id.
        """
        held = self._held.get(reference_id)
        return held[1] if held is not None else (self._folder(reference_id) / _PICTURE).read_bytes()

    def pixels(self, reference_id: str, check: Check = None) -> NDArray[np.uint8]:
        """Return a reference as `(h, w, 3)` uint8 sRGB RGB, brought down to about a megapixel where it is larger.

        check: as of `add`.

        Raises:
            NotFound: there is none of this id. ImageInvalid: its file is damaged.
        """
        from host.pipeline.decode import decode_page
        from host.store.working_size import at_working_size

        return at_working_size(decode_page(self.encoded(reference_id), check=check).rgb)

    def _folders(self) -> Iterator[Path]:
        if self._root.is_dir():
            yield from (folder for folder in self._root.iterdir() if _ID.fullmatch(folder.name))

    def _folder(self, reference_id: str) -> Path:
        # Only an id of our own form becomes a part of a path.
        if _ID.fullmatch(reference_id):
            folder = self._root / reference_id
            if (folder / _PICTURE).is_file():
                return folder
        raise NotFound(
            "There is no such style reference.",
            "Add the picture again.",
            reference_id=reference_id[:128],
            told=("reference_gone",),
        )

    def _create(self, folder: Path, encoded: bytes, page: DecodedPage) -> None:
        building = self._scratch / secrets.token_hex(8)
        with disk_errors("a style reference"):
            building.mkdir(parents=True)
            write_synced(building / _PICTURE, encoded)
            self._describe(building, page, self._known_facts(folder) or _facts_of(page))
            if folder.exists():  # its picture is gone or damaged
                folder.rename(self._scratch / secrets.token_hex(8))
            try:
                building.rename(folder)
            except OSError:
                # Another host may have been faster; its folder is as good as ours.
                if not (folder / _PICTURE).is_file():
                    raise
            sync_folder(self._root)
        shutil.rmtree(building, ignore_errors=True)

    def _describe(self, folder: Path, page: DecodedPage, facts: Facts) -> None:
        _write_anew(folder / _THUMBNAIL, _thumbnail_of(page.rgb))
        self._write_facts(folder, facts)

    def _facts(self, folder: Path) -> Facts:
        known = self._known_facts(folder)
        if known is None:
            from host.pipeline.decode import decode_page

            page = decode_page(_picture(folder))
            known = _facts_of(page)
            with NotNeeded("the facts of a reference were not written"), disk_errors("a style reference"):
                self._describe(folder, page, known)
        return known

    @staticmethod
    def _known_facts(folder: Path) -> Facts | None:
        try:
            return msgspec.json.decode(read_kept(folder / _FACTS, _FACTS_BYTES), type=Facts)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            if folder.exists():
                _LOG.warning("the facts of reference %s are made anew: %s", folder.name, exc)
            return None

    def _write_facts(self, folder: Path, facts: Facts) -> None:
        temporary = self._scratch / secrets.token_hex(8)
        with disk_errors("a style reference"):
            self._scratch.mkdir(parents=True, exist_ok=True)
            write_synced(temporary, msgspec.json.encode(facts))
            if (folder / _FACTS).is_dir():
                keep_aside(folder / _FACTS)
            temporary.replace(folder / _FACTS)

    def _reference(self, folder: Path) -> Reference:
        facts = self._facts(folder)
        known: dict[str, Any] = {name: getattr(facts, name) for name in Facts.__struct_fields__}
        return Reference(reference_id=folder.name, thumbnail=self._thumbnail(folder), **known)

    def _reference_if_whole(self, folder: Path) -> Reference | None:
        """Return a reference; None where another host has just removed it, or its picture is gone or damaged."""
        try:
            return self._reference(folder) if (folder / _PICTURE).is_file() else None
        except (OSError, IrodoriError) as exc:
            _LOG.warning("reference %s is left out: %s", folder.name, exc)
            return None

    def _thumbnail(self, folder: Path) -> bytes:
        try:
            return _require_thumbnail(read_kept(folder / _THUMBNAIL, _THUMBNAIL_BYTES))
        except OSError:
            from host.pipeline.decode import decode_page

            thumbnail = _thumbnail_of(decode_page(_picture(folder)).rgb)
            with NotNeeded("a thumbnail was not written"), disk_errors("a thumbnail"):
                _write_anew(folder / _THUMBNAIL, thumbnail)
            return thumbnail


def _facts_of(page: DecodedPage) -> Facts:
    from host.store.palette import palette_of

    return Facts(width=page.size.width, height=page.size.height, palette=palette_of(page.rgb))


def _picture(folder: Path) -> bytes:
    try:
        return (folder / _PICTURE).read_bytes()
    except OSError as exc:
        raise NotFound(
            "The picture of a style reference is gone.",
            "Add it again.",
            reference_id=folder.name,
            told=("reference_gone",),
        ) from exc


def _require_thumbnail(data: bytes) -> bytes:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) != 8 + int.from_bytes(data[4:8], "little"):
        raise OSError("it is no whole WebP")
    return data


def _write_anew(path: Path, data: bytes) -> None:
    """Write what can be made again, whatever stands in its place."""
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file()):
        keep_aside(path)
    write_synced(path, data)


def _thumbnail_of(rgb: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    picture, buffer = Image.fromarray(rgb), io.BytesIO()
    picture.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    picture.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()
