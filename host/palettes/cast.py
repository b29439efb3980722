"""What a job takes from a series' palette: the colours that the reader set, for the figures that they belong to.

A job has the palette as it was at its start. A page that was seen before is dressed by what is known of it, without its
pixels: its key is known at once, and only pages on which somebody wears another colour than before have another one.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from engines.base import EngineError
from host.corrections import Corrections, FigurePalette, PageWords
from host.palettes.elements import known_elements
from host.store.disk import NotNeeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.corrections import Rgb
    from host.palette_records import SeriesPalette
    from host.palettes.files import PaletteFiles
    from host.palettes.likeness import Known
    from host.palettes.sightings import SeenPage, Sightings
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import PageMeta

_LOG = logging.getLogger(__name__)
LAID: Final = ("hair", "skin", "clothes")
"""What an engine's parts can be laid on; eyes are told in words alone."""
_PALETTES_MAX: Final = 64
_WORDS_MAX: Final = 16


class Wardrobe:
    """Who wears what: the characters whose colours the reader set."""

    def __init__(self, palette: SeriesPalette, embedder: str) -> None:
        self.colours: Mapping[str, Mapping[str, Rgb]] = {
            one.character_id: worn
            for one in palette.characters
            if (
                worn := {
                    name: colour.rgb
                    for name in LAID
                    if (colour := getattr(one, name)) is not None and colour.origin == "reader"
                }
            )
        }
        self.known: Sequence[Known] = ()
        if self.colours:
            from host.palettes.likeness import known_of

            # Those without colours, too: a figure that is somebody else's is not dressed as the next one.
            self.known = known_of(palette, embedder)

    def dress(self, page: SeenPage) -> tuple[FigurePalette, ...]:
        """Return the palettes of the figures of a page that are surely somebody's."""
        if not self.colours:
            return ()
        from host.palettes.likeness import whose

        worn = (
            structs.replace(FigurePalette(point=figure.point), **self.colours[one.character_id])
            for figure, one in zip(page.figures, whose(page, self.known), strict=True)
            if one.is_sure and one.character_id in self.colours
        )
        return tuple(worn)[:_PALETTES_MAX]


def words_of(palette: SeriesPalette) -> dict[str, tuple[PageWords, ...]]:
    """Return what is said of each page's places, by the digest of its pixels."""
    found: dict[str, tuple[PageWords, ...]] = {}
    for place in palette.places:
        text = ", ".join(filter(None, [place.name.strip(), place.mood.strip()]))
        for page in place.shown if text else ():
            found[page] = (*found.get(page, ()), PageWords(text=text))[:_WORDS_MAX]
    return found


class JobCast:
    """The cast of one job; thread-safe. `digest` tells palettes apart that dress pages otherwise; empty: none.

    mood: of the series, in words. elements: what trigger words in a wish stand for.
    """

    def __init__(
        self, series: str, palette: SeriesPalette, sightings: Sightings, embedder: tuple[str, str],
        open_embedder: Callable[[], Embedder], *, reads_words: bool = False,
    ) -> None:  # fmt: skip
        self._series = series
        self._words = words_of(palette) if reads_words else {}
        self._sightings = sightings
        self._embedder = " ".join(embedder)
        self._open_embedder = open_embedder
        self._wardrobe = Wardrobe(palette, self._embedder)
        self.mood = palette.mood
        self.elements = known_elements(palette)
        dresses = bool(self._wardrobe.colours)
        self.digest = hashlib.sha256(msgspec.msgpack.encode(palette)).hexdigest() if dresses else ""

    def known(self, pixels_sha256s: Iterable[str]) -> dict[str, Corrections]:
        """Return what the palette lays on the pages that were seen before; the others have to be read first."""
        if not self.digest:
            return {key: Corrections(words=self.words(key)) for key in pixels_sha256s}
        seen = self._sightings.get(self._series, pixels_sha256s)
        return {
            key: Corrections(palettes=self._wardrobe.dress(page), words=self.words(key))
            for key, page in seen.items()
            if page.embedder == self._embedder
        }

    def words(self, pixels_sha256: str, /) -> tuple[PageWords, ...]:
        """Return what the palette says of the places that a page shows; nothing for engines that read no words."""
        return self._words.get(pixels_sha256, ())

    def dress(
        self, page: DecodedPage, meta: PageMeta, characters: NDArray[np.uint8] | None
    ) -> tuple[FigurePalette, ...]:
        """Return what figures wear on a page that was read; characters: see `PageMaps`."""
        if not self.digest:
            return ()
        seen = self._sightings.get(self._series, [page.pixels_sha256]).get(page.pixels_sha256)
        if seen is None or seen.embedder != self._embedder:
            try:
                seen = self._look(page.grey, page.pixels_sha256, meta, characters)
            except EngineError as exc:
                _LOG.warning("the palette is not laid on a page: %s", exc.message)
                return ()
            self._note(seen)
        return self._wardrobe.dress(seen)

    def pass_over(self, pixels_sha256: str) -> None:
        """Note that a page stays as it is: nobody on it wears anything."""
        if self.digest:
            from host.palettes.sightings import SeenPage

            self._note(SeenPage(pixels_sha256=pixels_sha256, embedder=self._embedder))

    def learn(
        self, page: DecodedPage, meta: PageMeta, characters: NDArray[np.uint8] | None, rgb: NDArray[np.uint8],
        parts: NDArray[np.float32] | None,
    ) -> None:  # fmt: skip
        """Note who is on a coloured page, and in what colours; a fault is told in the log alone."""
        try:
            self._note(self._look(page.grey, page.pixels_sha256, meta, characters, rgb, parts))
        except EngineError as exc:
            _LOG.warning("who is on a page was not noted: %s", exc.message)

    def recall(self, pixels_sha256s: Iterable[str]) -> None:
        """Note pages whose colour was made before: who is on them is known where another series had them."""
        with NotNeeded("who is on a page was not noted"):
            self._sightings.adopt(self._series, pixels_sha256s)

    def _note(self, seen: SeenPage) -> None:
        """Remember who is on a page; one that cannot be written is looked at again."""
        with NotNeeded("who is on a page was not noted"):
            self._sightings.put(self._series, seen)

    def _look(
        self, grey: NDArray[np.uint8], pixels_sha256: str, meta: PageMeta, characters: NDArray[np.uint8] | None,
        rgb: NDArray[np.uint8] | None = None, parts: NDArray[np.float32] | None = None,
    ) -> SeenPage:  # fmt: skip
        from host.palettes.look import look_at

        return look_at(grey, pixels_sha256, meta, characters, self._open_embedder(), self._embedder, rgb, parts)


class Casts:
    """Where jobs get their cast from."""

    def __init__(
        self, files: PaletteFiles, sightings: Sightings, identity: Callable[[], tuple[str, str]],
        open_embedder: Callable[[], Embedder],
    ) -> None:  # fmt: skip
        """Open. identity: id and version of the embedder, known without opening it."""
        self._files = files
        self._sightings = sightings
        self._identity = identity
        self._open_embedder = open_embedder

    def open(self, series: str, *, reads_words: bool = False) -> JobCast | None:
        """Return the cast of a series' job; None for pages of no series. reads_words: the engine does.

        Raises:
            BadRequest, TooLarge: the palette's file was changed by somebody and is none any more.
        """
        if not series:
            return None
        palette, identity = self._files.get(series), self._identity()
        return JobCast(series, palette, self._sightings, identity, self._open_embedder, reads_words=reads_words)
