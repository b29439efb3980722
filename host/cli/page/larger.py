"""`irodori page upscale`: a page in, a larger one out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from engines.upscale.pulled import upscaler_of
from engines.upscale.registry import upscaler_in_memory
from host.books.whole_files import write_whole
from host.cli.console import say
from host.cli.page.guests import guest_of_machine
from host.cli.page.pictures import format_of, read, require_output
from host.pipeline.encode import encode_page
from host.pipeline.faults import faults_mapped
from host.studio.larger import larger
from host.studio.page import picture_of

if TYPE_CHECKING:
    from pathlib import Path


def upscale_page(picture: Path, output: Path, model: Path | None, scale: int, *, keep_letters: bool) -> None:
    """Write a page, larger.

    Raises:
        BadRequest: a file cannot be read or written. EngineNotAvailable, WeightsMissing, WeightsInvalid, OutOfMemory,
        ImageInvalid, TooLarge, DiskFull
    """
    wanted = format_of(output)
    require_output(output, picture)
    with (
        faults_mapped(),
        Progress(console=Console(stderr=True), transient=True) as bars,
        guest_of_machine() as guest,
        upscaler_in_memory(upscaler_of(model), scale, guest) as upscaler,
    ):
        # Interpolation keeps letters by itself: then nobody needs to know where they are.
        page = read(picture, "auto") if keep_letters and model is not None else None
        rgb, lettering = (picture_of(picture), None) if page is None else (page.rgb, page.masks.lettering)
        bar = bars.add_task(upscaler.info.name, total=1.0)
        large = larger(upscaler, rgb, lettering, lambda share: bars.update(bar, completed=share))
    write_whole(output, encode_page(large, wanted)[0], frozenset({picture.resolve()}))
    height, width = large.shape[:2]
    say(f"{output}: {width} x {height} by {upscaler.info.name}")
