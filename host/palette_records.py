"""The palette of a series as the wire and its own file carry it: who is in it, in what colours. Loads fast.

The file is JSON that a person can read (`docs/schemas/palette.schema.json`); the wire carries the same records.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from host.corrections import Rgb
from host.vocabulary import Count, Fraction, Identifier, Sha256, Text

PartName = Literal["hair", "skin", "eyes", "clothes"]
"""What of a character has a colour of its own."""
ColourOrigin = Literal["reader", "reference", "page"]
"""Who says so: the reader, or what a reference or a coloured page shows. Only the reader's word colours pages."""
ElementKind = Literal["character", "place", "thing"]
ElementName = Annotated[str, Meta(max_length=200)]
Trigger = Annotated[str, Meta(pattern=r"^(@[\w-]{1,64})?$")]
Description = Annotated[str, Meta(max_length=700)]
ElementPictures = Annotated[list[Identifier], Meta(max_length=16)]
OneCharacter = Annotated[str, Meta(max_length=200)]
Thumbnail = Annotated[bytes, Meta(max_length=65_536)]


class PartColour(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A colour, sRGB, where it is from, and how sure that is; `source` is the reference's id or the page's SHA-256."""

    rgb: Rgb
    origin: ColourOrigin
    sure: Fraction = 1.0
    source: Text = ""


class FigureAt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure on a page: the SHA-256 of the page's pixels (or of its encoded bytes), and a point of it, 0..1."""

    page: Sha256
    point: tuple[Fraction, Fraction]


class PaletteCharacter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody of a series.

    shown, not_shown: figures that are this one and that are not, as the reader said. looks: what the embedder says of
    some of them. face: an encoded crop of the head.
    """

    character_id: Identifier
    name: Text = ""
    hair: PartColour | None = None
    skin: PartColour | None = None
    eyes: PartColour | None = None
    clothes: PartColour | None = None
    shown: Annotated[list[FigureAt], Meta(max_length=256)] = field(default_factory=list)
    not_shown: Annotated[list[FigureAt], Meta(max_length=256)] = field(default_factory=list)
    looks: Annotated[list[Annotated[bytes, Meta(max_length=4096)]], Meta(max_length=8)] = field(default_factory=list)
    face: Thumbnail = b""


class PalettePlace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place of a series and its mood, in words for engines that read them.

    shown: the pages that show it, by the SHA-256 of their pixels, as the reader said.
    """

    place_id: Identifier
    name: Annotated[str, Meta(max_length=200)] = ""
    mood: Annotated[str, Meta(max_length=700)] = ""
    shown: Annotated[list[Sha256], Meta(max_length=5000)] = field(default_factory=list)


class PaletteElement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody, somewhere or something that comes again: what stands for it in wishes, and what shows it.

    trigger: a word such as `@Hero`, empty for none. pictures: ids of references, which a wish with the word adds.
    character: the id of the palette's character that it is; empty for none.
    """

    element_id: Identifier
    name: ElementName = ""
    kind: ElementKind = "character"
    trigger: Trigger = ""
    description: Description = ""
    pictures: ElementPictures = field(default_factory=list)
    character: OneCharacter = ""


class SeriesPalette(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The palette of a series. `embedder` made the looks; `mood`: in words, for engines that read them."""

    version: Literal[1]
    series: Text
    mood: Annotated[str, Meta(max_length=1000)] = ""
    embedder: Text = ""
    characters: Annotated[list[PaletteCharacter], Meta(max_length=256)] = field(default_factory=list)
    places: Annotated[list[PalettePlace], Meta(max_length=256)] = field(default_factory=list)
    elements: Annotated[list[PaletteElement], Meta(max_length=256)] = field(default_factory=list)


class FoundFigure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure that was seen on a coloured page: where, its head, its colours there, and on how many pages its like is.

    sure: how like a character's it is, where it may be one's; else how sure its colours are. name: as its reference
    calls it.
    """

    figure: FigureAt
    name: Text = ""
    face: bytes = b""
    hair: Rgb | None = None
    skin: Rgb | None = None
    clothes: Rgb | None = None
    pages: Count = 1
    sure: Fraction = 0.0


class CharacterSeen(Struct, frozen=True, kw_only=True):
    """On how many pages a character was seen for sure, and the figures that may be this one: the reader knows."""

    character_id: str
    pages: Count
    unsure: list[FoundFigure]


class PlaceSeen(Struct, frozen=True, kw_only=True):
    """The pages that show a place, by the SHA-256 of their encoded bytes; one may have come in several encodings."""

    place_id: str
    pages: list[str]


class PaletteView(Struct, frozen=True, kw_only=True):
    """A palette, where its characters were seen, who else was, and whether there is a change to take back.

    pages: the SHA-256 of the encoded bytes of the pages that the change before this answer touched; one page may have
    come in several encodings. touched: how many pages that are. about: the id of the character that it was about; empty
    for none.
    """

    palette: SeriesPalette
    seen: list[CharacterSeen]
    others: list[FoundFigure]
    undo: bool
    pages: list[str]
    about: str = ""
    touched: Count = 0
    places: list[PlaceSeen] = field(default_factory=list)


class PaletteCard(Struct, frozen=True, kw_only=True):
    """A palette that is kept."""

    series: str
    characters: Count
    pages: Count


class PaletteQuery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Ask for the palette of a series; one that nobody made is empty."""

    series: Text


class PlaceSet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Change a place of a palette, or without `place_id` make a new one; what is left out stays.

    shows, shows_not: pages that show it from now on, and that do not any more, by the SHA-256 of their encoded bytes or
    of their pixels. `remove`: all of it.
    """

    place_id: Identifier | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    mood: Annotated[str, Meta(max_length=700)] | None = None
    shows: Annotated[list[Sha256], Meta(max_length=5000)] = field(default_factory=list)
    shows_not: Annotated[list[Sha256], Meta(max_length=5000)] = field(default_factory=list)
    remove: bool = False


class ElementSet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Change an element of a palette, or without `element_id` make a new one; what is left out stays.

    character: the id or the name of a character of the palette, empty for none. `remove`: all of it.
    """

    element_id: Identifier | None = None
    name: ElementName | None = None
    kind: ElementKind | None = None
    trigger: Trigger | None = None
    description: Description | None = None
    pictures: ElementPictures | None = None
    character: OneCharacter | None = None
    remove: bool = False


class PaletteSet(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Change a palette, as the reader's own word; what is left out stays.

    The character is `character_id`, or else whoever `figure` shows: a new one where that is nobody yet. With both, the
    figure is that character from now on; `is_not`: this one is not. `clear`: colours to let go. `remove`: all of it.
    """

    series: Text
    character_id: Identifier | None = None
    figure: FigureAt | None = None
    is_not: FigureAt | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    hair: Rgb | None = None
    skin: Rgb | None = None
    eyes: Rgb | None = None
    clothes: Rgb | None = None
    clear: list[PartName] = field(default_factory=list)
    remove: bool = False
    mood: Annotated[str, Meta(max_length=1000)] | None = None
    place: PlaceSet | None = None
    element: ElementSet | None = None


class PaletteMerge(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two characters are one: `gone` goes into `kept`, whose name and colours stand where both have them."""

    series: Text
    kept: Identifier
    gone: Identifier


class ElementPicture(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A picture that a list of elements names, encoded."""

    name: Text
    image: bytes


class ElementsFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Make the elements of a list (JSON, UTF-8: `docs/schemas/elements.schema.json`) a series', all or none.

    One that has an element's name is changed. pictures: those that the list names, by their name or its last part; they
    become references of the series.
    """

    series: Text
    json: Annotated[bytes, Meta(max_length=4_194_304)]
    pictures: list[ElementPicture] = field(default_factory=list)


class PaletteFile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A palette as its file holds it: JSON, UTF-8."""

    series: Text
    json: Annotated[bytes, Meta(max_length=16_777_216)]
