"""The kinds of corrections that `irodori colorize` takes."""

from typing import TYPE_CHECKING, Any, Final

from host.books.hints import HINTS
from host.books.palettes import PALETTES

if TYPE_CHECKING:
    from host.books.corrections import CorrectionKind

KINDS: Final[tuple["CorrectionKind[Any]", ...]] = (HINTS, PALETTES)
