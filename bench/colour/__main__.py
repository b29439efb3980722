"""How well an engine colours: `python -m bench.colour --data FOLDER [--engine ID] [--input grey|manga] [--out DIR]`.

With `--many FOLDER` in the place of `--data` it colours pictures by many artists (`many.py`): those that are kept out
of training, or with `--set line` the artists' own line drawings.

FOLDER holds `art/NAME.webp`, colour pages without lettering, and `splits.json` (`{"dev": ["E14P01", …]}`); the part
of a name before its last `P` is the episode; `annotations/NAME.json` may tell the panels. Each page is made grey or
like manga and coloured by the real pipeline with one reference, the next page of its episode (`cases.py`). Everything
is drawn from fixed seeds. Besides the engine: baselines (`baselines.py`), and what can be had, composed like
everybody's: `truth`, the true chroma, and `reach`, the nearest to it that the reference has at all.

Prints a Markdown table of means; writes `figures.json` (also by page) and `sheet.webp` into DIR.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.colour.cases import INPUTS, Case, chosen, read_cases, read_truth
from bench.colour.many import DEV_LIST, read_many
from bench.colour.measure import Collector, as_json
from bench.colour.paint import TURNS, Painted, painters, protected
from bench.colour.sheet import Sheet
from bench.colour.steadiness import Things, find_things
from bench.colour.table import legend, markdown
from bench.folder import FolderUnusable
from engines import registry
from engines.base import EngineError
from host.pipeline.page import PagePipeline
from training.pages.annotated import HAND_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    options.engine = options.engine or [registry.DEFAULT_ENGINE]
    try:
        collectors, sheet = run(options)
    except FolderUnusable as exc:
        sys.stderr.write(f"bench.colour: {exc}\n")
        return 2
    except KeyError as exc:
        sys.stderr.write(f"bench.colour: no engine {exc}; there are {', '.join(one.id for one in registry.infos())}\n")
        return 2
    except EngineError as exc:
        sys.stderr.write(f"bench.colour: {exc.message}. {exc.hint}\n")
        return 2
    print(f"{len(collectors[0].pages)} pages, input {options.input}\n")
    print(markdown([one.summary() for one in collectors], timed=not options.untimed))
    print("\n" + legend(timed=not options.untimed))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        settings = {"split": options.split, "input": options.input, "turns_degrees": TURNS}
        figures = json.dumps({**settings, **as_json(collectors)}, indent=1)
        (options.out / "figures.json").write_text(figures, "utf-8")
        sheet.save(options.out / "sheet.webp")
    return 0


def run(options: argparse.Namespace) -> tuple[list[Collector], Sheet]:
    """Colour every case with every painter."""
    things, cases = _many(options) if options.many else _comic(options)
    pipeline, sheet = PagePipeline(), Sheet()
    found = painters(options.engine, pipeline, obeys=not options.no_turns)
    collectors = [(painter, Collector(painter.name, things)) for painter in found]
    for case in cases:
        print(f"{case.name} …", file=sys.stderr)
        protect = protected(case, pipeline)
        painted = {}
        for painter, collector in collectors:
            painted[painter.name] = painter.paint(case)
            collector.add(case, protect, painted[painter.name])
        sheet.add(_cells(case, painted, options.engine))
    return [collector for _, collector in collectors], sheet


def _comic(options: argparse.Namespace) -> tuple[Things, Iterator[Case]]:
    names = chosen(options.data, options.split, options.pages)
    things = find_things(((name, read_truth(options.data, name)) for name in names), options.labels)
    return things, read_cases(options.data, names, options.input)


def _many(options: argparse.Namespace) -> tuple[Things, Iterator[Case]]:
    return Things(), read_many(options.many, options.set, options.pages, options.dev_list).cases(options.input)


def _cells(case: Case, painted: dict[str, Painted], engines: list[str]) -> list[tuple[str, Rgb]]:
    shown = [name for name in painted if name not in ("grey", "truth", "reach")]
    cells = [
        (f"{case.name}, input", case.uncoloured),
        (f"reference {case.reference_name}", case.reference),
        ("truth", case.truth),
    ]
    cells += [("truth, composed", painted["truth"].rgb), ("within reach", painted["reach"].rgb)]
    for name in shown:
        cells.append((name, painted[name].rgb))
        if name in engines:
            cells += [
                (f"{name}, after itself turned {degrees}°", other) for degrees, other in painted[name].turned.items()
            ]
    return cells


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m bench.colour", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder with art/ and splits.json")
    source.add_argument("--many", type=Path, help="folder with manifest.jsonl, pictures by many artists")
    parser.add_argument("--set", choices=("unseen", "line"), default="unseen", help="which of --many")
    parser.add_argument("--dev-list", type=Path, default=DEV_LIST, help="what of --many is kept out of training")
    parser.add_argument("--no-turns", action="store_true", help="do not measure obedience, which takes long")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--engine", action="append", help="an engine's id; may be given several times")
    parser.add_argument("--input", choices=INPUTS, default="grey")
    parser.add_argument("--pages", type=int, help="only so many pages, at even distances")
    parser.add_argument("--labels", type=Path, default=HAND_LABELS, help="folder of NAME.json that names figures")
    parser.add_argument("--untimed", action="store_true", help="leave seconds and MB out of the table")
    parser.add_argument("--out", type=Path, help="folder for figures.json and sheet.webp")
    return parser


if __name__ == "__main__":
    sys.exit(main())
