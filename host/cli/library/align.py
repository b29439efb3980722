"""`irodori library align`, `duplicates` and `dataspec`: what detector and model agree on, and what is made of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from host.books.names import on_disk
from host.books.whole_files import require_nameable, write_whole
from host.cli.console import say
from host.errors import BadRequest, EngineNotAvailable
from host.library.align import dataspec, duplicates
from host.library.align.pairs import SCORE_MIN, ForeignFiles, pairs_of_analysis, pairs_of_files
from host.library.align.path_map import PathMap, normalized
from host.library.align.table import TableFiles, write_table
from host.library.understand.entries import STORY_SUFFIX
from host.library.understand.shelf import AnalysedShelf

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from host.library.align.dataspec import Naming
    from host.library.align.pairs import PagePair
    from host.library.align.table import Distribution
    from host.pipeline.records.page_meta import ReadingDirection

COCO_NAME: Final = "annotations.coco.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where pages come from: an analysis of ours, or a COCO file with a folder of models' answers."""

    analysis: Path | None = None
    coco: Path | None = None
    answers: Path | None = None
    answer_map: Path | None = None
    roots: tuple[Path, ...] = ()
    needs_picture: bool = False
    score_min: float = SCORE_MIN
    direction: ReadingDirection = "ltr"
    paths: tuple[str, ...] = field(default=())

    def pairs(self) -> Iterator[PagePair]:
        """Return the pages.

        Raises:
            BadRequest: neither or both are named, or something of it cannot be read.
        """
        if (self.analysis is None) == (self.coco is None):
            raise BadRequest("Name what to align.", "The folder of `library analyse`; or --coco FILE with --vlm DIR.")
        if self.analysis is not None:
            return pairs_of_analysis(AnalysedShelf(self.analysis), self.score_min)
        if self.coco is None or self.answers is None:
            raise BadRequest("A COCO file alone cannot be aligned.", "Add --vlm DIR, the folder of models' answers.")
        return pairs_of_files(
            ForeignFiles(
                coco=self.coco,
                answers=self.answers,
                answer_map=self.answer_map,
                roots=self.roots,
                needs_picture=self.needs_picture,
                score_min=self.score_min,
                direction=self.direction,
                paths=PathMap.read(self.paths),
            )
        )


def align(sources: Sources, output: Path, text_coverage_min: float, limit: int | None, *, as_json: bool) -> int:
    """Write the table, its lists and the manifest; print how scores are spread."""
    _require_tables()
    require_nameable(output)
    spread = write_table(sources.pairs(), output, text_coverage_min, limit)
    if as_json:
        counted = {name: {"pages": count, "share": round(share, 4)} for name, count, share in spread.rows()}
        scores = {str(score): spread.scores[score] for score in range(5)}
        _print(json.dumps({"pages": spread.pages, "quality": counted, "scores": scores}, indent=1))
    else:
        Console().print(_spread_table(spread))
    say(f"{spread.pages} pages -> {output}")
    return 0 if spread.pages else 1


def tag(csv: Path, output: Path | None, *, perceptual: bool, distance: int, paths: Sequence[str]) -> int:
    """Write the table anew with what is a double of what, and the list of pictures to train with."""
    _require_tables()
    rows = list(duplicates.hashed(duplicates.read_table(csv), PathMap.read(tuple(paths))))
    tagged = duplicates.tag_duplicates(rows, perceptual=perceptual, distance=distance)
    target = output or csv
    write_whole(target, duplicates.write_rows(tagged))
    kept = [str(row["image_path"]) for row in tagged if not row["dup_reason"]]
    dataspec.write_list(TableFiles(target).beside("_canonical.txt"), kept)
    exact = sum(row["dup_reason"] == "exact" for row in tagged)
    near = sum(row["dup_reason"] == "phash" for row in tagged)
    say(f"{len(tagged)} pages: {exact} exact and {near} near doubles, {len(kept)} to train with -> {target}")
    return 0


def dataspec_out(
    sources: Sources, output: Path, list_path: Path | None, naming: Naming, only: Path | None, paths: Sequence[str]
) -> int:
    """Write DataSpec files and their list."""
    require_nameable(output)
    wanted = None if only is None else frozenset(map(normalized, dataspec.read_list(only)))
    target = list_path or output / "dataspec_list.txt"
    count = dataspec.write_dataspecs(sources.pairs(), output, target, naming, PathMap.read(tuple(paths)), wanted)
    say(f"{count} pages -> {output}; list: {target}")
    return 0 if count else 1


def dataspec_in(files: Sequence[Path], output: Path, paths: Sequence[str]) -> int:
    """Read DataSpec files into a COCO file of panels and a story for each page, as `align --coco --vlm` takes them."""
    require_nameable(output)
    pages = []
    for number, (name, spec, size) in enumerate(dataspec.read_in(_listed(files), PathMap.read(tuple(paths))), 1):
        pages.append(dataspec.annotated_page(spec, number, name, size))
        stem = name.rpartition(".")[0] or name
        path = output / "stories" / on_disk(f"{stem}{STORY_SUFFIX}")
        write_whole(path, dataspec.story_json(dataspec.story_of(spec)))
    if not pages:
        raise BadRequest("There is no DataSpec file there.", "Name JSON files, or a list of them (.txt).")
    write_whole(output / COCO_NAME, dataspec.coco_of(pages))
    say(f"{len(pages)} pages -> {output}")
    return 0


def dataspec_subset(list_path: Path, subset_path: Path, output: Path, paths: Sequence[str]) -> int:
    """Write those of a list's DataSpec files whose pictures are in a subset's list."""
    mapped = PathMap.read(tuple(paths))
    found = dataspec.subset(dataspec.read_list(list_path), dataspec.read_list(subset_path), mapped)
    dataspec.write_list(output, found)
    say(f"{len(found)} pages -> {output}")
    return 0 if found else 1


def _listed(files: Sequence[Path]) -> list[Path]:
    """Return files, the lists among them as what they list."""
    found: list[Path] = []
    for path in files:
        found += [Path(line) for line in dataspec.read_list(path)] if path.suffix == ".txt" else [path]
    return found


def _spread_table(spread: Distribution) -> Table:
    table = Table(title=f"{spread.pages} pages")
    for name in ("quality", "pages", "share"):
        table.add_column(name, justify="left" if name == "quality" else "right")
    for name, count, share in spread.rows():
        table.add_row(name, str(count), f"{100 * share:.1f} %")
    return table


def _require_tables() -> None:
    if find_spec("polars") is None:
        raise EngineNotAvailable("polars is not installed.", "pip install 'irodori[shelf]'")


def _print(text: str) -> None:
    Console(soft_wrap=True).print(text, markup=False, highlight=False)
