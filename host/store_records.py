"""What the store takes and tells, declared once: store, wire and command line share it. Loads fast."""

from msgspec import Struct

from host.vocabulary import Fraction, Level, Text


class PaletteEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A colour and the share of the picture that it covers."""

    rgb: tuple[Level, Level, Level]
    share: Fraction


class ReferenceAdd(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Keep a picture as a style reference; the same pixels give the same id."""

    image: bytes
    name: Text | None = None
    series: Text | None = None
    character: Text | None = None
    source_url: Text | None = None


class Reference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A style reference; `thumbnail` is an encoded WebP or PNG of at most 256 px, empty where it was not asked for."""

    reference_id: str
    width: int
    height: int
    thumbnail: bytes
    palette: list[PaletteEntry]
    name: str | None = None
    series: str | None = None
    character: str | None = None
    source_url: str | None = None


class ReferenceThumbnail(Struct, frozen=True, kw_only=True):
    """The thumbnail of a reference; see there."""

    reference_id: str
    thumbnail: bytes


class ReferenceScore(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A hit of a search; higher is nearer, 1.0 is the same picture."""

    reference_id: str
    score: float


class HistorySeries(Struct, frozen=True, kw_only=True):
    """What is remembered of a series that was coloured here; `first` and `last` in seconds since 1970.

    seconds: what the machine took for its pages. engines, references: ids of all that served.
    """

    series: str
    chapters: int
    pages: int
    seconds: float
    first: float
    last: float
    engines: list[str]
    references: list[str]


class CacheStats(Struct, frozen=True, kw_only=True):
    """What the cache of results holds."""

    entries: int
    bytes: int
    limit_bytes: int
    hits: int
    misses: int
