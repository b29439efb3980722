"""How well the analysis reads a page: `python -m bench.analysis --data FOLDER [--input grey|manga|art] [--out DIR]`.

FOLDER is in the format of the detector's recipe (`training/pages`): `lettered/`, `art/`, `masks/`,
`annotations/` and `splits.json`; faces, figures and sound effects come from `--labels`. `--coco FILE --images FOLDER`
measures on pages that somebody labelled by hand instead: the same names of classes, `order` an attribute of panels.

Printed as Markdown: F1 at an overlap of 0.5 by class, what the protect mask keeps and what it keeps too much, reading
order (panels whose order is certain), kinds of pages, retrieval, milliseconds. A class of which the truth knows nothing
has no row. DIR gets `figures.json` and pictures of the worst pages.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.analysis import kinds, recall, table, timing
from bench.analysis.coco import read_coco
from bench.analysis.pages import ReadPage, Totals, read, totals
from bench.analysis.pictures import save_worst
from bench.analysis.truth import INPUTS, read_true_page
from bench.folder import FolderUnusable, read_picture, split_names, spread
from host.pipeline.analysis.shipped import shipped_reader
from training.pages.annotated import HAND_LABELS, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.analysis.truth import TruePage
    from engines.embed.base import Embedder


@dataclass
class Report:
    """Everything that was measured."""

    pages: list[ReadPage]
    totals: Totals
    kinds: list[kinds.KindVerdict] = field(default_factory=list)
    recall: list[recall.Recall] = field(default_factory=list)
    times: list[timing.StageTime] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        report = run(options)
    except FolderUnusable as exc:
        sys.stderr.write(f"bench.analysis: {exc}\n")
        return 2
    print(as_markdown(report, options))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "figures.json").write_text(json.dumps(as_json(report, options), indent=1), "utf-8")
        print("\nworst pages: " + ", ".join(save_worst(report.pages, options.out, options.worst)))
    return 0


def run(options: argparse.Namespace) -> Report:
    """Read all pages, then measure kinds, retrieval and time."""
    reader = shipped_reader(options.detector)
    pages = [read(true, reader, options.direction) for true in _true_pages(options)]
    if not pages:
        raise FolderUnusable("there is no page to read")
    report = Report(pages, totals(pages))
    embedders = recall.embedders()
    if options.data:
        made = list(kinds.made_pages(options.data, [page.true for page in pages], options.language))
        report.kinds = kinds.classify_kinds(made, reader)
        report.recall = _recall(options.data, pages, embedders)
    if options.runs:
        report.times = timing.measure(pages[0].true.page.grey, embedders, options.runs)
    return report


def as_markdown(report: Report, options: argparse.Namespace) -> str:
    """Return all tables."""
    source = options.coco or f"split {options.split}, input {options.input}, lettering {options.language}"
    parts = [f"{len(report.pages)} pages, {source}", table.box_table(report.totals)]
    parts += [table.protect_table(report.totals)] if report.totals.protected else []
    parts += [table.order_line(report.totals)]
    parts += [table.kind_table(report.kinds)] if report.kinds else []
    parts += [table.recall_table(report.recall)] if report.recall else []
    parts += [table.time_table(report.times)] if report.times else []
    return "\n\n".join(parts)


def as_json(report: Report, options: argparse.Namespace) -> dict[str, object]:
    """Return all figures, plain; those of every page, too."""
    sums = report.totals
    return {
        "input": {"split": options.split, "input": options.input, "language": options.language},
        "classes": {label: _tally(one) for label, one in sums.tallies.items()},
        "protect": {"all": sums.protected, "worst": sums.worst},
        "order": _pairs(sums.pairs),
        "kinds": [asdict(one) for one in report.kinds],
        "retrieval": [asdict(one) for one in report.recall],
        "times": [asdict(one) for one in report.times],
        "pages": [
            {
                "page": page.true.name,
                "kind": page.reading.meta.kind,
                "classes": {label: _tally(one) for label, one in page.tallies.items()},
                "protect": page.protected.shares() if page.protected else None,
                "order": _pairs(page.pairs),
            }
            for page in report.pages
        ],
    }


def _true_pages(options: argparse.Namespace) -> Iterator[TruePage]:
    if options.coco:
        yield from read_coco(options.coco, options.images or options.coco.parent)
        return
    for name in spread(split_names(options.data, options.split), options.pages):
        print(f"{name} …", file=sys.stderr)
        yield read_true_page(options.data, name, options.input, options.language, options.labels)


def _recall(data: Path, pages: list[ReadPage], embedders: list[Embedder]) -> list[recall.Recall]:
    panels: list[recall.Crop] = []
    figures: list[recall.Crop] = []
    for page in pages:
        grey, colour = recall.as_rgb(page.true.page.grey), read_picture(data / "art" / f"{page.true.name}.webp")
        panels += recall.crops(page.true.name, [("", box) for box in page.true.boxes["panel"]], grey, colour)
        figures += recall.crops(page.true.name, page.true.named, grey, colour)
    return [one for embedder in embedders for one in recall.measure(embedder, panels, figures)]


def _tally(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("f1", "precision", "recall", "truths", "found", "hits")}


def _pairs(pairs: tuple[int, int, int] | None) -> dict[str, int] | None:
    return None if pairs is None else dict(zip(("right", "judged", "certain"), pairs, strict=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m bench.analysis", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder with pages, masks and annotations")
    source.add_argument("--coco", type=Path, help="COCO JSON with boxes of pages")
    parser.add_argument("--images", type=Path, help="where the pictures of the COCO file lie; beside it by default")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--input", choices=INPUTS, default="grey")
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--direction", choices=("ltr", "rtl", "ttb", "auto"), default="ltr", help="how it is read")
    parser.add_argument(
        "--labels", type=Path, default=HAND_LABELS, help="folder of NAME.json: faces, figures, sound effects"
    )
    parser.add_argument("--detector", default="", help="a detector of your own, .onnx or .pt")
    parser.add_argument("--pages", type=int, help="only so many pages, at even distances")
    parser.add_argument("--runs", type=int, default=5, help="runs for the times; 0 takes none")
    parser.add_argument("--worst", type=int, default=4, help="how many of the worst pages become pictures")
    parser.add_argument("--out", type=Path, help="folder for figures.json and the pictures")
    return parser


if __name__ == "__main__":
    sys.exit(main())
