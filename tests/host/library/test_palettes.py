"""Which palette a volume wears, and that a page is dressed by itself, whoever colours it."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import structs
from PIL import Image

from engines.embed.registry import choose_embedder
from host.application import Application
from host.errors import EngineNotAvailable, NotFound
from host.library.asked import Asked
from host.library.colourer import PageColourer
from host.library.orders import OrderBook
from host.library.palettes import EmbedderUse, SeriesPalettes, ShelfCast
from host.library.references import Chosen, References
from host.library.shelf import Source
from host.messaging.messages import Options
from host.palette_records import PaletteCharacter, PalettePlace, PartColour, SeriesPalette
from host.paths import state_paths
from host.pipeline.decode import decode_page
from host.pipeline.prepare import dress
from host.pipeline.records.page_meta import PageMeta
from tests.host.library.shelves import people_of_page
from tests.host.palettes.people import AKI, BLUE, BOTAN, EMBEDDER, RED, character, palette

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from host.library.palettes import Worn

TOY = EmbedderUse(*EMBEDDER.split())


def source(place: str) -> Source:
    folder = place.rpartition("/")[0]
    return Source(Path(f"{place}.cbz"), place, folder, 1, "s", Path("out"))


def of(series: str, *people: PaletteCharacter, mood: str = "") -> SeriesPalette:
    return structs.replace(palette(*people), series=series, mood=mood)


def palettes(*names: str, named: str = "") -> SeriesPalettes:
    return SeriesPalettes([of(name, character("Aki", AKI, RED)) for name in names], TOY, named)


@pytest.mark.parametrize(
    ("place", "series", "worn"),
    [
        ("Shelf/Aki's Day/v1", "", "Aki's Day"),
        ("aki's　day/v1", "", "Aki's Day"),
        ("Other/v1", "AKI'S DAY", "Aki's Day"),
        ("Aki's Day/v1", "Other", "Other"),
        ("Aki's Day v02", "", "Aki's Day"),
        ("One shot", "", "One shot"),
        ("Nobody/v1", "", ""),
        ("Shelf/Deep/v1", "", "Shelf/Deep"),
    ],
)
def test_a_volume_wears_the_palette_of_its_series_by_what_that_is_called(place: str, series: str, worn: str) -> None:
    found = palettes("Aki's Day", "Other", "One shot", "Shelf/Deep").of(source(place), series)
    assert (found.series if found else "") == worn


def test_a_series_that_was_named_dresses_all_and_one_without_colours_is_refused() -> None:
    assert palettes("A", "B", named="b").of(source("A/v1"), "A").series == "B"  # type: ignore[union-attr]
    with pytest.raises(NotFound, match="no palette that colours anything") as told:
        palettes("A", "B", named="C")
    assert "'A', 'B'" in told.value.hint
    with pytest.raises(NotFound):
        SeriesPalettes([of("C", character("Aki", AKI))], TOY, "C")


def test_only_what_dresses_pages_tells_palettes_apart() -> None:
    def digest(*people: PaletteCharacter, mood: str = "", use: EmbedderUse = TOY, series: str = "S") -> str:
        worn = SeriesPalettes([of(series, *people, mood=mood)], use).of(source(f"{series}/v"), "")
        return worn.digest if worn is not None else ""

    aki = character("Aki", AKI, RED)
    found = PartColour(rgb=BLUE, origin="page", sure=0.9)
    same = digest(aki)
    assert digest(structs.replace(aki, name="A", face=b"f", skin=found, eyes=found)) == same
    assert digest(aki, series="T") == same
    assert (
        len({same, digest(character("Aki", AKI, BLUE)), digest(aki, character("Bo", BOTAN)), digest(aki, mood="dark")})
        == 4
    )
    assert digest(aki, use=EmbedderUse("toy", "2")) != same
    assert digest(character("Aki", AKI)) == ""
    assert digest(mood="dark") != ""


@pytest.fixture
def orders(irodori_home: Path) -> Iterator[OrderBook]:
    with Application.open(state_paths(), lambda _: None) as application:
        yield OrderBook(application, None, Options(), "png")


def test_a_changed_palette_asks_for_its_own_volumes_anew_and_for_no_others(orders: OrderBook) -> None:
    def digests(colour: tuple[int, int, int]) -> list[str]:
        worn = SeriesPalettes([of("S", character("Aki", AKI, colour))], TOY)
        asked = Asked(orders, "cbz", "auto", References(Chosen(), {}, [], lambda _: False), worn)
        return [
            asked.digest(source("S/v1"), ()), asked.digest(source("x"), ("S",)), asked.digest(source("x"), ("T", "S")),
            asked.digest(source("T/v1"), ("",)), asked.digest(source("S/v1"), ("S",)),
        ]  # fmt: skip

    red, blue = digests(RED), digests(BLUE)
    assert [one != other for one, other in zip(red, blue, strict=True)] == [True, True, True, False, True]
    assert red[0] == red[4]


def test_references_by_the_series_that_a_book_names_are_a_part_of_how_it_was_asked_for(orders: OrderBook) -> None:
    def digest(mapping: dict[str, Chosen]) -> str:
        asked = Asked(orders, "cbz", "auto", References(Chosen(), mapping, [], lambda _: False), palettes())
        return asked.digest(source("x"), ("Named within",))

    assert digest({"Named*": Chosen()}) != digest({})


def test_an_order_with_a_palette_has_a_key_of_its_own_and_its_mood_goes_where_words_are_read(orders: OrderBook) -> None:
    [red, blue] = [
        SeriesPalettes([of("S", character("Aki", AKI, one))], TOY).of(source("S/v"), "") for one in (RED, BLUE)
    ]
    keys = [orders.order((), "auto", one).key("0" * 64) for one in (None, red, blue)]
    assert len(set(keys)) == 3
    assert orders.order((), "auto", red).job.cast is red.cast  # type: ignore[union-attr]
    moody = SeriesPalettes([of("S", character("Aki", AKI, RED), mood="dark")], TOY).of(source("S/v"), "")
    assert orders.order((), "auto", moody).identity == orders.order((), "auto", red).identity
    mood = SeriesPalettes([of("S", mood="dark")], TOY).of(source("S/v"), "")
    assert orders.order((), "auto", mood).identity == orders.base.identity  # compact reads no words


def test_places_are_told_to_engines_that_read_words_and_to_no_others(orders: OrderBook) -> None:
    def placed(mood: str, *people: PaletteCharacter) -> Worn:
        harbour = PalettePlace(place_id="h", name="Harbour", mood=mood, shown=["a" * 64])
        told = structs.replace(of("S", *people), places=[harbour])
        return SeriesPalettes([told], TOY).of(source("S/v"), "")  # type: ignore[return-value]

    aki = character("Aki", AKI, RED)
    dusk, dawn, alone = placed("dusk", aki), placed("dawn", aki), placed("dusk")
    cast, digest = dusk.worn(reads_words=True)
    assert cast is not None
    assert [[one.text for one in cast.words(page * 64)] for page in "ab"] == [["Harbour, dusk"], []]
    assert cast.wardrobe.colours == dusk.cast.wardrobe.colours  # type: ignore[union-attr]
    assert digest != dawn.worn(reads_words=True)[1]
    mute, plain = dusk.worn(reads_words=False)
    assert mute is not None
    assert mute.words("a" * 64) == ()
    bare = SeriesPalettes([of("S", aki)], TOY).of(source("S/v"), "")
    assert plain == dawn.worn(reads_words=False)[1] == bare.digest  # type: ignore[union-attr]

    wordy = alone.worn(reads_words=True)[0]
    assert wordy is not None
    assert [one.text for one in wordy.words("a" * 64)] == ["Harbour, dusk"]
    assert alone.worn(reads_words=False)[0] is None
    assert orders.order((), "auto", alone).identity == orders.base.identity  # compact reads no words


def test_a_page_of_a_shelf_hears_of_the_place_that_it_shows(orders: OrderBook, pages: Path) -> None:
    page = decode_page((pages / "night-en.webp").read_bytes())
    harbour = PalettePlace(place_id="h", name="Harbour", mood="dusk", shown=[page.pixels_sha256])
    worn = SeriesPalettes([structs.replace(of("S"), places=[harbour])], EmbedderUse("compact", "0-other"))
    cast, _ = worn.of(source("S/v"), "").worn(reads_words=True)  # type: ignore[union-attr]
    job = replace(orders.base.job, cast=pickle.loads(pickle.dumps(cast)))
    meta = PageMeta(size=page.size, pixels_sha256=page.pixels_sha256, kind="story", direction="rtl", panels=[])
    dressed = dress(page, meta, None, job)
    assert [one.text for one in dressed.corrections.words] == ["Harbour, dusk"]
    assert dressed.corrections.palettes == ()


def test_an_embedder_that_is_another_one_elsewhere_fails_the_page() -> None:
    with pytest.raises(EngineNotAvailable, match="wants the embedder compact 0-other"):
        EmbedderUse("compact", "0-other").open()


@pytest.mark.slow
def test_people_wear_their_palette_on_a_page_by_itself_wherever_it_is_coloured(
    orders: OrderBook, pages: Path, tmp_path: Path
) -> None:
    with Image.open(pages / "figures-en.webp") as picture:
        buffer = io.BytesIO()
        picture.convert("L").resize((picture.width * 2 // 3, picture.height * 2 // 3)).save(buffer, "PNG")
    encoded = buffer.getvalue()
    made = people_of_page(encoded, RED)
    choice = choose_embedder()
    worn = SeriesPalettes([made], EmbedderUse(choice.id, choice.version)).of(source("S/v"), "")
    assert worn is not None
    assert worn.words == f"palette of S ({len(made.characters)} characters)"
    job = orders.order((), "auto", worn).job
    colourer = PageColourer(tmp_path)
    dressed = colourer.colour(encoded, pickle.loads(pickle.dumps(job)))
    plain = colourer.colour(encoded, orders.base.job)
    assert dressed.verdict == plain.verdict == "coloured"
    assert isinstance(job.cast, ShelfCast)
    one, other = decode_page(dressed.image).rgb, decode_page(plain.image).rgb
    changed = (one != other).any(axis=2)
    assert changed.any()

    def red(rgb: NDArray[np.uint8]) -> float:
        return float(rgb[changed][:, 0].mean() - rgb[changed][:, 2].mean())

    assert red(one) > red(other) + 20
