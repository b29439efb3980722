"""Corrections of the command line: texts and JSON files, by the name of their page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, get_args, get_type_hints

import msgspec

from host.books.named_files import read_named
from host.corrections import Corrections
from host.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

Correction = TypeVar("Correction", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class CorrectionTexts:
    """Corrections of one kind as they were written: options, and a file of the wire's own as JSON."""

    texts: tuple[str, ...] = ()
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class CorrectionKind(Generic[Correction]):
    """A kind of corrections. name: of the field of `Corrections`, and what they are called in words; one: a single one.

    parse: gives the page and the correction that a text says.
    """

    name: str
    one: str
    struct: type[Correction]
    parse: Callable[[str], tuple[str, Correction]]

    @property
    def most(self) -> int:
        """How many a page takes."""
        _, limits = get_args(get_type_hints(Corrections, include_extras=True)[self.name])
        return int(limits.max_length)

    def read(self, texts: Iterable[str], file: Path | None) -> dict[str, list[Correction]]:
        """Return all by the names of their pages: the file's first, so that others go over them.

        Raises:
            BadRequest: the file or a text is not as it should be, or a page has too many.
        """
        found = _content(self, file) if file is not None else {}
        for page, correction in map(self.parse, texts):
            found.setdefault(page, []).append(correction)
        for page, of_page in found.items():
            if len(of_page) > self.most:
                raise BadRequest(f"{page} has {len(of_page)} {self.name}.", f"A page takes up to {self.most}.")
        return found


def read_corrections(
    kinds: Iterable[CorrectionKind[msgspec.Struct]], written: Mapping[str, CorrectionTexts], pages: Sequence[str]
) -> dict[str, Corrections]:
    """Return the corrections of all kinds by the names of their pages.

    Raises:
        BadRequest: as `CorrectionKind.read`, or there is one for a page that is not there.
    """
    found: dict[str, dict[str, tuple[msgspec.Struct, ...]]] = {}
    for kind in kinds:
        of_kind = written.get(kind.name, CorrectionTexts())
        by_page = kind.read(of_kind.texts, of_kind.file)
        require_pages(by_page, pages, kind.one)
        for page, corrections in by_page.items():
            found.setdefault(page, {})[kind.name] = tuple(corrections)
    return {page: msgspec.convert(of_page, Corrections) for page, of_page in found.items()}


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


def _content(kind: CorrectionKind[Correction], file: Path) -> dict[str, list[Correction]]:
    struct = kind.struct
    try:
        content = read_named(file, f"The {kind.name}", "Name a JSON file.")
        return msgspec.json.decode(content, type=dict[str, list[struct]])  # type: ignore[valid-type]
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise BadRequest(
            f"The {kind.name} {file} are not as they should be: {exc}.", "See `irodori colorize --help`."
        ) from exc
