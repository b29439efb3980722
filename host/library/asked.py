"""How a volume is asked for: all that decides its output, apart from itself."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from host.library.orders import OrderBook
    from host.library.palettes import SeriesPalettes
    from host.library.references import References
    from host.library.shelf import Source
    from host.vocabulary import Direction, OutputKind


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What one pass over a shelf is asked for. named: knows what the reader named, and need not know covers."""

    orders: OrderBook
    kind: OutputKind
    direction: Direction
    named: References
    palettes: SeriesPalettes

    def digest(self, source: Source, series: Sequence[str]) -> str:
        """Return what tells this order of a volume from another one. series: what its books call theirs."""
        facts = [self.orders.base.identity, self.kind, self.direction]
        for name in dict.fromkeys(series or ("",)):
            told, worn = self.named.told(source, name), self.palettes.of(source, name)
            facts += ["cover"] if told is None else [one.reference_id for one in told.pictures]
            facts += [f"palette {worn.digest}"] if worn is not None else []
        return hashlib.sha256("\0".join(facts).encode()).hexdigest()
