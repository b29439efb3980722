"""The table of an alignment: one row a page as CSV, lists of the good ones, and how scores are spread."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from host.books.whole_files import temporary_beside, write_whole
from host.library.align.measures import TEXT_COVERAGE_MIN, agreement
from host.library.align.page_types import page_type
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from host.library.align.measures import Agreement
    from host.library.align.pairs import PagePair

_ROWS_AT_ONCE: Final = 4096
COLUMNS: Final[dict[str, str]] = {
    "page_id": "String", "image_path": "String", "record_path": "String",
    "series": "String", "volume": "String", "issue": "String", "page_num": "Int64",
    "direction": "String", "kind": "String", "page_type": "String", "page_type_source": "String",
    "detector_panels": "Int64", "model_panels": "Int64", "panel_ratio": "Float64", "text_coverage": "Float64",
    "order_coherence": "Float64", "ocr_text_coverage": "Float64", "score": "Int64", "reason": "String",
    "md5": "String", "phash": "String",
}  # fmt: skip


@dataclass(slots=True)
class Distribution:
    """How many pages there are of each quality."""

    pages: int = 0
    perfect: int = 0
    near: int = 0
    scores: Counter[int] = field(default_factory=Counter)

    def add(self, found: Agreement) -> None:
        """Count a page."""
        self.pages += 1
        self.perfect += found.is_perfect
        self.near += found.is_near
        self.scores[found.score] += 1

    def rows(self) -> list[tuple[str, int, float]]:
        """Return the table: a name, how many, and which share of all pages."""
        low = sum(self.scores[score] for score in (0, 1, 2))
        named = [
            ("perfect matches", self.perfect),
            ("near-perfect", self.near),
            ("high quality (score 4)", self.scores[4]),
            ("medium quality (score 3)", self.scores[3]),
            ("low quality (score 0-2)", low),
        ]
        return [(name, count, count / self.pages if self.pages else 0.0) for name, count in named]


@dataclass(frozen=True, slots=True)
class TableFiles:
    """The files beside a CSV `NAME.csv`."""

    csv: Path

    def beside(self, ending: str) -> Path:
        """Return `NAME` with an ending."""
        return self.csv.with_name(f"{self.csv.stem}{ending}")


def write_table(
    pairs: Iterable[PagePair], path: Path, text_coverage_min: float = TEXT_COVERAGE_MIN, limit: int | None = None
) -> Distribution:
    """Write the CSV, the lists of pictures and the training manifest; some thousand rows are held at a time.

    Raises:
        DiskFull, InternalError
    """
    spread = Distribution()
    lists: dict[str, list[str]] = {"_perfect_matches.txt": [], "_near_perfect.txt": [], "_high_quality.txt": []}
    perfect: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    with disk_errors(str(path)), temporary_beside(path, frozenset()) as temporary, temporary.open("wb") as file:
        file.write(csv_bytes([], header=True))
        for number, pair in enumerate(pairs):
            if number == limit:
                break
            found = agreement(pair, text_coverage_min)
            row = _row(pair, found)
            spread.add(found)
            waiting.append(row)
            if found.is_perfect:
                lists["_perfect_matches.txt"].append(pair.picture_path)
                lists["_high_quality.txt"].append(pair.picture_path)
                perfect.append(row)
            if found.is_near:
                lists["_near_perfect.txt"].append(pair.picture_path)
            if len(waiting) == _ROWS_AT_ONCE:
                file.write(csv_bytes(waiting))
                waiting.clear()
        file.write(csv_bytes(waiting))
    files = TableFiles(path)
    for ending, names in lists.items():
        write_whole(files.beside(ending), "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape"))
    write_whole(files.beside("_perfect_match_training_manifest.csv"), csv_bytes(perfect, header=True))
    return spread


def csv_bytes(rows: list[dict[str, Any]], *, header: bool = False) -> bytes:
    """Return rows as CSV."""
    import polars

    schema = {name: getattr(polars, kind) for name, kind in COLUMNS.items()}
    frame = polars.DataFrame(rows, schema=schema, orient="row")
    return frame.write_csv(include_header=header, float_precision=6).encode() if rows or header else b""


def _row(pair: PagePair, found: Agreement) -> dict[str, Any]:
    kind = page_type(pair)
    return {
        "page_id": _text(pair.id),
        "image_path": _text(pair.picture_path),
        "record_path": _text(pair.record_path),
        "series": _text(pair.name.series),
        "volume": pair.name.volume,
        "issue": pair.name.issue,
        "page_num": pair.number + 1,
        "direction": pair.direction,
        "kind": pair.kind,
        "page_type": kind.kind,
        "page_type_source": kind.source,
        "detector_panels": found.detector_panels,
        "model_panels": found.model_panels,
        "panel_ratio": found.panel_ratio,
        "text_coverage": found.text_coverage,
        "order_coherence": found.order_coherence,
        "ocr_text_coverage": found.ocr_coverage,
        "score": found.score,
        "reason": found.reason,
        "md5": pair.md5,
        "phash": pair.perceptual_hash,
    }


def _text(name: str) -> str:
    """Return a name as UTF-8 has it: bytes that are none are replaced."""
    return name.encode("utf-8", "replace").decode()
