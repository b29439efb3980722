"""Corrections by the name of their page, as files of the command line hold them: the wire's own, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from host.errors import BadRequest
from host.messaging.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

Correction = TypeVar("Correction", bound=Message)


def gather_corrections(
    file: Path | None,
    texts: Iterable[str],
    kind: type[Correction],
    parse: Callable[[str], tuple[str, Correction]],
    most: int,
    name: str,
) -> dict[str, list[Correction]]:
    """Return all corrections of one kind by the names of their pages: a JSON file's first, so that others go over them.

    parse: gives the page and the correction that a text says. most: how many a page takes. name: what they are called
    in words, "hints".

    Raises:
        BadRequest: the file or a text is not as it should be, or a page has too many.
    """
    found = _read(file, kind, name) if file is not None else {}
    for page, correction in map(parse, texts):
        found.setdefault(page, []).append(correction)
    for page, of_page in found.items():
        if len(of_page) > most:
            raise BadRequest(f"{page} has {len(of_page)} {name}.", f"A page takes up to {most}.")
    return found


def _read(file: Path, kind: type[Correction], name: str) -> dict[str, list[Correction]]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, list[kind]])  # type: ignore[valid-type]
    except OSError as exc:
        raise BadRequest(f"The {name} {file} cannot be read: {exc.strerror}.", "Name a JSON file.") from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadRequest(
            f"The {name} {file} are not as they should be: {exc}.", "See `irodori colorize --help`."
        ) from exc


def require_pages(corrections: Mapping[str, object], pages: Sequence[str], name: str) -> None:
    """Refuse corrections for pages that are not there; name: what one is called in words, "hint".

    Raises:
        BadRequest
    """
    strangers = sorted(corrections.keys() - set(pages))
    if strangers:
        known = ", ".join(pages[:8]) + (" …" if len(pages) > 8 else "")
        raise BadRequest(
            f"There is a {name} for {strangers[0][:128]!r}, which is no page here.", f"The pages are: {known}."
        )
