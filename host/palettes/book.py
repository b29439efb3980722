"""The palettes as wire and command line see them: shown with what was seen, and changed with the pages that touches."""

from __future__ import annotations

import logging
from functools import reduce
from typing import TYPE_CHECKING, Final

from msgspec import structs

from engines.base import EngineError
from host.errors import BadRequest, IrodoriError, NotFound
from host.palette_records import (
    CharacterSeen,
    FigureAt,
    FoundFigure,
    PaletteCard,
    PaletteFile,
    PaletteMerge,
    PaletteQuery,
    PaletteSet,
    PaletteView,
    PlaceSeen,
)
from host.palettes.cast import Wardrobe
from host.palettes.changes import changed, merged
from host.palettes.elements import known_elements, names_of, with_element
from host.palettes.files import decode, encode
from host.palettes.named import character_of
from host.pipeline.faults import faults_mapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from host.palette_records import ElementSet, PaletteElement, PlaceSet, SeriesPalette
    from host.palettes.files import PaletteFiles
    from host.palettes.sightings import SeenFigure, SeenPage, Sightings
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.decode import DecodedPage
    from host.pipeline.records.page_meta import PageMeta
    from host.store.references import ReferenceStore
    from host.store.sources import SourceIndex

_LOG = logging.getLogger(__name__)
_UNSURE_MAX: Final = 24
_OTHERS_MAX: Final = 24
_LOOKED_AT_MAX: Final = 600


class PaletteBook:
    """Thread-safe."""

    def __init__(
        self, files: PaletteFiles, sightings: Sightings, sources: SourceIndex, references: ReferenceStore,
        embedder: Callable[[], Embedder], reader: Callable[[], PageReader],
    ) -> None:  # fmt: skip
        """Open. embedder, reader: opened where a reference is looked at for the first time."""
        self._files = files
        self._sightings = sightings
        self._sources = sources
        self._references = references
        self._embedder = embedder
        self._reader = reader

    def list(self) -> list[PaletteCard]:
        """Return a card of every palette that is kept."""
        return [
            PaletteCard(
                series=one.series,
                characters=len(one.characters),
                pages=sum(not page.reference_id for page in self._sightings.get(one.series).values()),
            )
            for one in self._files.every()
        ]

    def get(self, query: PaletteQuery) -> PaletteView:
        """Return a series' palette and who was seen; references of the series that were never looked at are, now.

        Raises:
            BadRequest, TooLarge: its file is no palette.
        """
        self._look_at_references(query.series)
        return self._view(query.series, self._files.get(query.series))

    def set(self, change: PaletteSet) -> PaletteView:
        """Change a palette, and tell which pages that touches.

        Raises:
            NotFound: there is no such character, or nobody was seen there. BadRequest, TooLarge, Busy, DiskFull
        """
        pages = self._sightings.get(change.series)
        change, seen = self._found(change, pages)

        def edit(palette: SeriesPalette) -> SeriesPalette:
            return changed(palette, change, _whom(palette, change, seen), seen)

        before, after = self._files.change(change.series, edit)
        about = _whom(after, change, seen) if not change.remove else None
        return structs.replace(self._changed(change.series, before, after), about=about or "")

    def see(self, series: str, page: DecodedPage) -> None:
        """Note who is on a page that was never coloured as one of its series, so that its figures can be named.

        Raises:
            InternalError, WeightsMissing, OutOfMemory: it cannot be read here.
        """
        if not self._sightings.get(series, [page.pixels_sha256]):
            with faults_mapped():
                self._sightings.put(series, self._looked_at(page))

    def merge(self, request: PaletteMerge) -> PaletteView:
        """Make two characters one; errors as `set`."""
        return self._changed(
            request.series, *self._files.change(request.series, lambda palette: merged(palette, request))
        )

    def undo(self, query: PaletteQuery) -> PaletteView:
        """Take the last change back.

        Raises:
            NotFound: there is none.
        """
        return self._changed(query.series, *self._files.undo(query.series))

    def export(self, query: PaletteQuery) -> PaletteFile:
        """Return a palette as a file holds it.

        Raises:
            NotFound: nobody made one.
        """
        if not self._files.has(query.series):
            words, told = f"The series {query.series[:128]!r} has no palette.", ("no_palette", query.series[:128])
            raise NotFound(words, "Name somebody in it first.", told=told)
        return PaletteFile(series=query.series, json=encode(self._files.get(query.series)))

    def take_in(self, file: PaletteFile) -> PaletteView:
        """Let a file be the palette of a series; that of before can be had back.

        Raises:
            BadRequest, TooLarge: it is none.
        """
        palette = structs.replace(decode(file.json), series=file.series)
        return self._changed(file.series, *self._files.change(file.series, lambda _: palette))

    def elements(self, series: str) -> Sequence[PaletteElement]:
        """Return the elements of a series; errors as `get`."""
        return known_elements(self._files.get(series)) if series else ()

    def set_elements(
        self, series: str, changes: Callable[[Sequence[PaletteElement]], Sequence[ElementSet]]
    ) -> PaletteView:
        """Change elements as one change that can be taken back. changes: of those that there are.

        Raises:
            NotFound, BadRequest: as `set`; nothing is changed then. TooLarge, Busy, DiskFull
        """

        def edit(palette: SeriesPalette) -> SeriesPalette:
            return reduce(with_element, changes(palette.elements), palette)

        return self._changed(series, *self._files.change(series, edit))

    def people(self, series: str, pixels_sha256: str) -> Mapping[int, Sequence[str]]:
        """Return who is surely seen on a page, by the order of the panel; errors as `get`."""
        seen = self._sightings.get(series, [pixels_sha256]).get(pixels_sha256) if series else None
        return {} if seen is None else _named_by_panel(self._files.get(series), seen)

    def people_on(
        self, series: str, page: DecodedPage, meta: PageMeta, characters: NDArray[np.uint8] | None
    ) -> Mapping[int, Sequence[str]]:
        """Return the same of a page that was just read, of the series or not; nothing is noted.

        characters: `(H, W)` uint8, see `PageMaps`; None where unknown.

        Raises:
            InternalError, OutOfMemory: the heads cannot be compared. As `get`.
        """
        from host.palettes.look import look_at

        palette = self._files.get(series)
        if not names_of(palette):
            return {}
        with faults_mapped():
            embedder = self._embedder()
            seen = look_at(page.grey, page.pixels_sha256, meta, characters, embedder, _name_of(embedder))
        return _named_by_panel(palette, seen)

    def forget_sightings(self, series: str | None) -> None:
        """Forget who was seen on the pages of a series, or of all; the palettes stay."""
        self._sightings.forget(series)

    def _found(
        self, change: PaletteSet, pages: Mapping[str, SeenPage]
    ) -> tuple[PaletteSet, tuple[SeenPage, SeenFigure] | None]:
        """Return a change with its pages named by pixels, figures by their own points, and the figure it is about."""
        if change.place is not None:
            change = structs.replace(change, place=self._located(change.place))
        if change.figure is not None and change.is_not is not None:
            raise BadRequest("A figure is somebody or is not.", "Leave figure or is_not out.")
        at = change.figure or change.is_not
        if at is None:
            return change, None
        source = self._sources.get([at.page]).get(at.page)
        page = pages.get(source.pixels_sha256 if source is not None else at.page)
        figure = page.figure_at(at.point) if page is not None else None
        if page is None or figure is None:
            words = "Nobody was found at this place of the page."
            raise NotFound(words, "Correct the colour of this place alone.", told=("nobody_there",))
        exact = FigureAt(page=page.pixels_sha256, point=figure.point)
        if change.is_not is not None:
            return structs.replace(change, is_not=exact), None
        return structs.replace(change, figure=exact), (page, figure)

    def _located(self, place: PlaceSet) -> PlaceSet:
        """Return a change of a place whose pages are named by their pixels."""
        sources = self._sources.get([*place.shows, *place.shows_not])

        def pixels(pages: Sequence[str]) -> list[str]:
            return [sources[one].pixels_sha256 if one in sources else one for one in pages]

        return structs.replace(place, shows=pixels(place.shows), shows_not=pixels(place.shows_not))

    def _changed(self, series: str, before: SeriesPalette, after: SeriesPalette) -> PaletteView:
        pages = [page for page in self._sightings.get(series).values() if not page.reference_id]
        embedders = {page.embedder for page in pages}
        wardrobes = {name: (Wardrobe(before, name), Wardrobe(after, name)) for name in embedders}
        touched = [
            page.pixels_sha256
            for page in pages
            if wardrobes[page.embedder][0].dress(page) != wardrobes[page.embedder][1].dress(page)
        ]
        view = self._view(series, after)
        return structs.replace(view, pages=sorted(self._sources.encoded(touched)), touched=len(touched))

    def _view(self, series: str, palette: SeriesPalette) -> PaletteView:
        from host.palettes.likeness import alike, known_of, whose

        seen = {one.character_id: set[str]() for one in palette.characters}
        unsure: dict[str, list[FoundFigure]] = {one.character_id: [] for one in palette.characters}
        nobodies: list[tuple[SeenPage, SeenFigure]] = []
        for page in self._sightings.get(series).values():
            for figure, one in zip(page.figures, whose(page, known_of(palette, page.embedder)), strict=True):
                if not one.character_id:
                    nobodies.append((page, figure))
                elif not one.is_sure:
                    unsure[one.character_id].append(_found_figure(page, figure, sure=one.likeness))
                elif not page.reference_id:
                    seen[one.character_id].add(page.pixels_sha256)
        return PaletteView(
            palette=palette,
            seen=[
                CharacterSeen(
                    character_id=one.character_id,
                    pages=len(seen[one.character_id]),
                    unsure=sorted(unsure[one.character_id], key=lambda each: -each.sure)[:_UNSURE_MAX],
                )
                for one in palette.characters
            ],
            others=_gathered(nobodies, alike),
            undo=self._files.can_undo(series),
            pages=[],
            places=[
                PlaceSeen(place_id=one.place_id, pages=sorted(self._sources.encoded(one.shown)))
                for one in palette.places
            ],
        )

    def _look_at_references(self, series: str) -> None:
        known = {page.reference_id for page in self._sightings.get(series).values()}
        for reference in self._references.list(series) if series else ():
            if reference.reference_id not in known:
                try:
                    self._look_at(series, reference.reference_id, reference.character or reference.name or "")
                except (IrodoriError, EngineError) as exc:
                    _LOG.warning("a reference is not looked at: %s", exc.message)

    def _look_at(self, series: str, reference_id: str, name: str) -> None:
        import cv2
        import numpy as np

        from host.pipeline.decode import DecodedPage, pixels_digest

        rgb = self._references.pixels(reference_id)
        page = DecodedPage(rgb, np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8), pixels_digest(rgb))
        seen = self._looked_at(page, in_colour=True)
        self._sightings.put(series, structs.replace(seen, reference_id=reference_id, name=name[:200]))

    def _looked_at(self, page: DecodedPage, *, in_colour: bool = False) -> SeenPage:
        from host.palettes.look import look_at
        from host.pipeline.strips.whole import read_whole

        embedder = self._embedder()
        meta, layers = read_whole(page, self._reader())
        make = layers.maps.get("characters")
        rgb = page.rgb if in_colour or meta.kind == "already_coloured" else None
        return look_at(page.grey, page.pixels_sha256, meta, make and make(), embedder, _name_of(embedder), rgb)


def _name_of(embedder: Embedder) -> str:
    return f"{embedder.info.id} {embedder.info.version}"


def _named_by_panel(palette: SeriesPalette, seen: SeenPage) -> Mapping[int, Sequence[str]]:
    from host.palettes.likeness import known_of, whose

    names = names_of(palette)
    found: dict[int, tuple[str, ...]] = {}
    for figure, one in zip(seen.figures, whose(seen, known_of(palette, seen.embedder)), strict=True):
        name = names.get(one.character_id, "") if one.is_sure else ""
        if name and figure.panel is not None and name not in found.get(figure.panel, ()):
            found[figure.panel] = (*found.get(figure.panel, ()), name)
    return found


def _whom(palette: SeriesPalette, change: PaletteSet, seen: tuple[SeenPage, SeenFigure] | None) -> str | None:
    from host.palettes.likeness import known_of, whose

    if change.character_id is not None:
        return character_of(palette, change.character_id).character_id
    if seen is None:
        return None
    page, figure = seen
    found = whose(page, known_of(palette, page.embedder))[page.figures.index(figure)]
    return found.character_id if found.is_sure else None


def _gathered(
    nobodies: list[tuple[SeenPage, SeenFigure]], alike: Callable[[SeenFigure, SeenFigure], float]
) -> list[FoundFigure]:
    """Return figures that are nobody's, those that are drawn alike as one: the most seen and the largest first."""
    from host.palettes.likeness import SURE

    shown = [(page, figure) for page, figure in nobodies if figure.face and figure.has_face]
    shown.sort(key=lambda one: (not one[0].reference_id, -one[1].area, one[0].pixels_sha256, one[1].point))
    groups: list[tuple[SeenPage, SeenFigure, set[str]]] = []
    for page, figure in shown[:_LOOKED_AT_MAX]:
        own = next((group for group in groups if alike(group[1], figure) >= SURE), None)
        if own is None:
            groups.append((page, figure, {page.pixels_sha256}))
        else:
            own[2].add(page.pixels_sha256)
    groups.sort(key=lambda group: (not group[0].reference_id, -len(group[2])))
    return [_found_figure(page, figure, pages=len(pages)) for page, figure, pages in groups[:_OTHERS_MAX]]


def _found_figure(page: SeenPage, figure: SeenFigure, pages: int = 1, sure: float | None = None) -> FoundFigure:
    colours = {name: colour for name in ("hair", "skin", "clothes") if (colour := getattr(figure, name)) is not None}
    surest = max((colour.sure for colour in colours.values()), default=0.0)
    return FoundFigure(
        figure=FigureAt(page=page.pixels_sha256, point=figure.point),
        name=page.name,
        face=figure.face,
        pages=pages,
        sure=round(surest if sure is None else max(0.0, min(1.0, sure)), 3),
        **{name: colour.rgb for name, colour in colours.items()},
    )
