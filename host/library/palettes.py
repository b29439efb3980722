"""Which series' palette each volume wears: the same palettes as the browser's, laid page by page.

A page is dressed by what it shows and by the palette alone, never by what was seen on other pages: so it is the same
whoever colours it, and whenever.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from host.errors import EngineNotAvailable, NotFound
from host.library.align.naming import name_of
from host.palettes.cast import LAID, Wardrobe, words_of
from host.pipeline.faults import faults_mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.corrections import FigurePalette, PageWords
    from host.library.shelf import Source
    from host.palette_records import PaletteCharacter, SeriesPalette
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import PageMeta

_INSTALL: Final = "Install the same version of Irodori, and the same embedder, wherever pages are coloured."


@dataclass(frozen=True, slots=True)
class EmbedderUse:
    """Which embedder compares heads, so that a process elsewhere opens the same one."""

    id: str
    version: str
    folder: str = ""

    def open(self) -> Embedder:
        """Return it; one for the whole process.

        Raises:
            EngineNotAvailable: it is not here, or is another version.
        """
        return _opened(self)


@dataclass(frozen=True, slots=True, eq=False)
class ShelfCast:
    """What people wear on the pages of a volume, and what is said of its places. It goes to workers with each page.

    places: by the digest of a page's pixels; empty for engines that read no words.
    """

    wardrobe: Wardrobe
    embedder: EmbedderUse
    places: Mapping[str, tuple[PageWords, ...]] = field(default_factory=dict)

    def dress(
        self, page: DecodedPage, meta: PageMeta, characters: NDArray[np.uint8] | None
    ) -> tuple[FigurePalette, ...]:
        """Return what figures wear on a page that was read; characters: see `PageMaps`.

        Raises:
            EngineNotAvailable, InternalError, OutOfMemory: heads cannot be compared here. The page fails then:
            undressed it would be another page than elsewhere.
        """
        if not self.wardrobe.colours:
            return ()
        from host.palettes.look import look_at

        with faults_mapped():
            name = f"{self.embedder.id} {self.embedder.version}"
            seen = look_at(page.grey, page.pixels_sha256, meta, characters, self.embedder.open(), name)
        return self.wardrobe.dress(seen)

    def words(self, pixels_sha256: str, /) -> tuple[PageWords, ...]:
        """Return what the palette says of the places that a page shows, as the reader named them."""
        return self.places.get(pixels_sha256, ())

    def learn(
        self, page: DecodedPage, meta: PageMeta, characters: NDArray[np.uint8] | None, rgb: NDArray[np.uint8],
        parts: NDArray[np.float32] | None,
    ) -> None:  # fmt: skip
        """Note nothing: pages of a shelf know nothing of one another."""


@dataclass(frozen=True, slots=True, eq=False)
class Worn:
    """The palette of a volume. cast: None where nobody in it has colours of the reader's; mood: of it, in words.

    colours: the digest of what the cast wears. wordy: the same with what is said of places, for engines that read that.
    digest: of all of it.
    """

    series: str
    digest: str
    mood: str
    cast: ShelfCast | None
    people: int
    colours: str = ""
    wordy: ShelfCast | None = None

    @property
    def words(self) -> str:
        """Say whose palette it is, and how many of its characters wear something."""
        return f"palette of {self.series} ({self.people} character{'' if self.people == 1 else 's'})"

    def worn(self, *, reads_words: bool) -> tuple[ShelfCast | None, str]:
        """Return what pages wear by an engine, and what tells that from another palette. reads_words: it does."""
        return (self.wordy, self.digest) if reads_words and self.wordy is not None else (self.cast, self.colours)


class SeriesPalettes:
    """The palettes of one pass over a shelf, as they were at its start."""

    def __init__(self, palettes: Iterable[SeriesPalette], embedder: EmbedderUse, named: str = "") -> None:
        """Take the palettes that are kept. named: the series whose palette all volumes wear; empty: each its own.

        Raises:
            NotFound: the series that was named has none.
        """
        worn = [one for palette in palettes if (one := _worn(palette, embedder)) is not None]
        self._exact = {one.series: one for one in worn}
        self._alike: dict[str, Worn] = {}
        for one in worn:
            self._alike.setdefault(_plain(one.series), one)
        self._named = self._of_name(named) if named else None
        if named and self._named is None:
            known = ", ".join(repr(one.series[:64]) for one in worn[:20]) or "none yet"
            hint = f"`irodori palette list` shows them. Those that colour anything are of: {known}."
            raise NotFound(f"The series {named[:128]!r} has no palette that colours anything.", hint)

    def of(self, source: Source, series: str) -> Worn | None:
        """Return what a book of a volume wears. series: as its ComicInfo.xml calls it; empty where nobody says.

        That name counts first, then the volume's folder, whole and its last part, and what the file's own name begins
        with, then all of it. Case, width and spaces of names are not compared.
        """
        if self._named is not None or not self._exact:
            return self._named
        place = PurePosixPath(source.place)
        names = (series, source.series, place.parent.name, name_of(place.name).series, place.name)
        return next(filter(None, map(self._of_name, names)), None)

    def _of_name(self, name: str) -> Worn | None:
        return (self._exact.get(name) or self._alike.get(_plain(name))) if name else None


def _worn(palette: SeriesPalette, embedder: EmbedderUse) -> Worn | None:
    """Return a palette as pages wear it, without what they do not: faces, names, colours that were only found."""
    bare = structs.replace(palette, characters=[_bare(one) for one in palette.characters])
    wardrobe = Wardrobe(bare, f"{embedder.id} {embedder.version}")
    places = words_of(bare)
    if not wardrobe.colours and not bare.mood and not places:
        return None
    if not wardrobe.colours:
        bare = structs.replace(bare, characters=[])
    dressed = ShelfCast(wardrobe, embedder) if wardrobe.colours else None
    return Worn(
        series=palette.series, digest=_digest(bare, embedder), mood=bare.mood, cast=dressed,
        people=len(wardrobe.colours), colours=_digest(structs.replace(bare, mood="", places=[]), embedder),
        wordy=ShelfCast(wardrobe, embedder, places) if places else None,
    )  # fmt: skip


def _digest(palette: SeriesPalette, embedder: EmbedderUse) -> str:
    facts = (structs.replace(palette, series=""), embedder.id, embedder.version)
    return hashlib.sha256(msgspec.msgpack.encode(facts)).hexdigest()


def _bare(one: PaletteCharacter) -> PaletteCharacter:
    laid = {part: getattr(one, part) for part in LAID}
    worn = {part: colour if colour is not None and colour.origin == "reader" else None for part, colour in laid.items()}
    return structs.replace(one, name="", face=b"", eyes=None, **worn)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@lru_cache(maxsize=4)
def _opened(use: EmbedderUse) -> Embedder:
    from engines.embed.registry import choose_embedder

    choice = choose_embedder(use.id, use.folder)
    if (choice.id, choice.version) != (use.id, use.version):
        words = f"The palette wants the embedder {use.id} {use.version}; here is {choice.id} {choice.version}."
        raise EngineNotAvailable(words, _INSTALL)
    return choice.open()
