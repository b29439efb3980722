"""klein 4B at its full size on a graphics card: `python -m bench.card [--toy] [--pixels N] [--minutes 8] [--out FILE]`.

Random weights in the real layouts: what is measured is time and memory, not colour. For each file (bf16 in diffusers'
folder, fp8 as a single file with scales by rows) and each memory policy a page with one reference and, at the fastest
policy, with three: seconds a page by the bare pipeline's call and by the engine, the share of the lane's step in which
the engine works, the device's peak memory beside what `engines.device_memory` counts with. Then base weights, with and
without kept attention. Cases that do not fit into `--minutes` are left out and named. `--toy` runs all of it small, on
a processor too, where the peak is the process's own.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bench.overhead import lane_step, prepare
from engines.base import Plan, StagePlan
from engines.colorize.flux2.engine import Flux2KleinEngine
from engines.colorize.flux2.files import find_klein
from engines.colorize.flux2.info import KLEIN_4B, VARIANTS
from engines.device_memory import _taken, free_memory
from engines.device_rules import rules_of
from engines.testing.contract import flat_reference, ignore_step, request_of
from engines.torch_runtime import accelerator, prepare_torch, return_device_memory
from host.device import machine_device
from tests.engines.flux2.bare import bare_call, padded
from tests.engines.toys import klein
from tests.engines.toys.few_bits import by_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engines.base import Device, MemoryPolicy
    from engines.colorize.flux2.info import KleinVariant
    from host.pipeline.prepared import PreparedPage

PAGE = Path(__file__).parents[1] / "tests" / "pages" / "manga-library-ja.png"
RUNS = 3
_WORDS = "a page of a comic, flat colours"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one case took. lane_busy_01: the engine's share of the lane's step. counted_mib: what is reckoned with."""

    files: str
    policy: str
    references: int
    load_s: float
    bare_s: float
    engine_s: float
    lane_busy_01: float
    peak_mib: int
    counted_mib: int


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toy", action="store_true", help="small, to try the script itself")
    parser.add_argument("--pixels", type=int, default=1024 * 1024)
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--out", type=Path, help="the figures as JSON")
    asked = parser.parse_args(arguments)
    until = time.monotonic() + 60 * asked.minutes
    prepare_torch()
    device = accelerator() or machine_device()
    told: list[Figures] = []
    with tempfile.TemporaryDirectory() as scratch:
        folders = made(Path(scratch), toy=asked.toy, device=device)
        for name, case in cases(folders, device, toy=asked.toy, pixels=asked.pixels):
            if time.monotonic() > until:
                sys.stdout.write(f"left out: {name}\n")
                continue
            told.append(case())
            sys.stdout.write(f"{told[-1]}\n")
            sys.stdout.flush()
    sys.stdout.write(table(told, device))
    if asked.out:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(json.dumps([asdict(one) for one in told], indent=1) + "\n", "utf-8")
    return 0


def cases(
    folders: dict[str, Path], device: Device, *, toy: bool, pixels: int
) -> Iterator[tuple[str, Callable[[], Figures]]]:
    """Give the cases by their names, what matters most first."""
    distilled = replace(KLEIN_4B, hidden=klein.HIDDEN) if toy else KLEIN_4B
    base = next(one for one in VARIANTS if one.id == "flux2-klein-base")
    base = replace(base, hidden=distilled.hidden)
    read: dict[str, PreparedPage] = {}

    def case(
        files: str, policy: MemoryPolicy, count: int, variant: KleinVariant = distilled, *, kept: bool = False
    ) -> tuple[str, Callable[[], Figures]]:
        def run() -> Figures:
            where = folders["base" if variant is base else files]
            named = f"{files}, attention kept" if kept else files
            return measured(where, variant, replace(device, policy=policy), named, count, pixels, read, kept=kept)

        return f"{files}, {policy}, {count} references", run

    fastest, *leaner = rules_of(device.kind).policies
    for files in ("bf16", "fp8"):
        for count in (1, 3):
            yield case(files, fastest, count)
    for policy in leaner:
        for files in ("bf16", "fp8"):
            yield case(files, policy, 1)
    for kept in (False, True):
        yield case("base", fastest, 1, base, kept=kept)


def measured(
    folder: Path,
    variant: KleinVariant,
    device: Device,
    files: str,
    count: int,
    pixels: int,
    read: dict[str, PreparedPage],
    *,
    kept: bool = False,
) -> Figures:
    """Return what one case took: medians of some runs, the first one apart.

    read: the page as the pipeline read it, by engine; filled where it is not there yet.
    """
    return_device_memory()
    _forget_peak()
    engine = Flux2KleinEngine(variant, folder)
    began = time.perf_counter()
    engine.load(device)
    load_s = time.perf_counter() - began
    page, side = _page(pixels), min(768, int(pixels**0.5))
    references = [flat_reference(hue, side) for hue in np.linspace(0.5, 4.5, count)]
    stage = StagePlan(prompt=_WORDS, negative_prompt="grey", guidance=1.0 if variant.distilled else 4.0)
    plan = Plan(seed=1, stages=(stage,), engine_options={"attention_cache": kept})
    request = request_of(page, *references, plan=plan)
    pictures = [padded(page), *(padded(one) for one in references)]
    steps = variant.steps(plan.quality)
    if engine.info.id not in read:
        read[engine.info.id] = prepare(engine, page, references[0])
    prepared = read[engine.info.id]
    works: list[Callable[[], Any]] = [
        lambda: _bare(engine, pictures, stage, steps),
        lambda: engine.colorize(request, ignore_step),
        lambda: lane_step(prepared, engine),
        lambda: engine.colorize(prepared.request, ignore_step),
    ]
    bare_s, engine_s, lane_s, alone_s = (_median(work) for work in works)
    needs = find_klein(folder, variant).needs(variant.label)
    ram, own = _taken(device, needs, device.policy)
    figures = Figures(
        files, device.policy, count, load_s, bare_s, engine_s, min(1.0, alone_s / lane_s), _peak_mib(), own or ram
    )
    engine.unload()
    return figures


def _bare(engine: Flux2KleinEngine, pictures: list[Any], stage: StagePlan, steps: int) -> Any:
    """Call the pipeline itself; its words were read before, as the engine's are after its first page."""
    pipeline, said = engine._pipeline, engine._prompts  # noqa: SLF001 - the very ones that the engine calls
    words = {"prompt_embeds": said.embeds(pipeline, stage.prompt)}
    if stage.guidance > 1:
        words["negative_prompt_embeds"] = said.embeds(pipeline, stage.negative_prompt)
    return bare_call(pipeline, pictures, None, 1, num_inference_steps=steps, guidance_scale=stage.guidance, **words)


def _median(work: Callable[[], Any]) -> float:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def _page(pixels: int) -> Any:
    """Return a page of about so many pixels, its sides multiples of 16."""
    grey = cv2.imread(str(PAGE), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise FileNotFoundError(PAGE)
    scale = (pixels / grey.size) ** 0.5
    height, width = (max(64, int(side * scale) // 16 * 16) for side in grey.shape)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _forget_peak() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def _peak_mib() -> int:
    """Return the highest that the card's memory was, else the process's since it began."""
    import resource

    import torch

    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated() >> 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def made(folder: Path, *, toy: bool, device: Device) -> dict[str, Path]:
    """Write random weights: `bf16` and `base` in diffusers' layout, `fp8` as single files."""
    if toy:
        folders = {"bf16": klein.build_folder(folder / "bf16"), "base": klein.build_folder(folder / "base")}
    else:
        from bench.full_klein import build_full

        whole = build_full(folder / "bf16", device.kind)
        folders = {"bf16": whole, "base": whole}
    tensors = by_rows(klein.to_bfl(klein.weights_of(folders["bf16"], "transformer")))
    folders["fp8"] = klein.build_single_files(folders["bf16"], folder / "fp8", transformer=tensors)
    return folders


def table(told: list[Figures], device: Device) -> str:
    """Return the figures as a table of Markdown."""
    head = (
        "files", "policy", "references", "load s", "bare s", "engine s", "engine / bare", "lane busy", "peak MiB",
        "counted MiB",
    )  # fmt: skip
    rows = [
        (one.files, one.policy, str(one.references), f"{one.load_s:.1f}", f"{one.bare_s:.2f}", f"{one.engine_s:.2f}",
         f"{one.engine_s / one.bare_s:.2f}", f"{one.lane_busy_01:.0%}", str(one.peak_mib), str(one.counted_mib))
        for one in told
    ]  # fmt: skip
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    free = free_memory(device)
    return "\n".join([f"\n{device.name}, {free.ram_mib} MiB of memory free at the end", "", *lines, ""])


if __name__ == "__main__":
    raise SystemExit(main())
