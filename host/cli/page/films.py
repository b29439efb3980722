"""`irodori page animate`: a page in, a film out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from host.books.whole_files import temporary_beside, write_whole
from host.cli.console import say
from host.cli.page.pictures import format_of, read, require_output
from host.pipeline.encode import encode_page
from host.pipeline.faults import faults_mapped
from host.store.disk import disk_errors
from host.studio.animate import animate
from host.studio.film import kind_of, require_writer, write_film

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from host.studio.animate import Motion
    from host.studio.page import StudioPage
    from host.vocabulary import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Who moves the panels, and how. folder: of LTX-2. words: what happens."""

    folder: Path
    words: str = ""
    steps: int = 30
    seed: int = 0


def film_page(
    picture: Path,
    output: Path,
    motion: Motion,
    direction: Direction,
    poster: Path | None = None,
    network: Network | None = None,
) -> None:
    """Write a page's film; ended midway, nothing is left. poster: a picture of its first frame.

    network: None for a camera before the layers of each panel.

    Raises:
        BadRequest: the page has no such panel, or a file cannot be read or written.
        EngineNotAvailable, ImageInvalid, TooLarge, DiskFull
    """
    kind = kind_of(output)
    require_writer(kind)
    require_output(output, picture)
    if poster is not None:
        format_of(poster)
        require_output(poster, picture)
    began = time.perf_counter()
    page = read(picture, direction)
    frames = animate(page, motion) if network is None else _moved(page, motion, network)
    if poster is not None:
        frames = _with_poster(frames, poster, picture)
    with disk_errors(str(output)), temporary_beside(output, frozenset({picture.resolve()})) as temporary:
        count = write_film(temporary, kind, frames, motion.rate)
    say(f"{output}: {count / motion.rate:.1f} s of film in {time.perf_counter() - began:.1f} s")


def _moved(page: StudioPage, motion: Motion, network: Network) -> Iterator[NDArray[np.uint8]]:
    """Yield a film that a network makes, on the lane, with no other model in memory."""
    from engines.motion.ltx2 import Ltx2
    from host.application import Application
    from host.logs import start_log
    from host.paths import state_paths
    from host.studio.motion import Wish, come_alive

    wish = Wish(
        panels=motion.panels, words=network.words, seconds=motion.seconds, rate=motion.rate,
        longest_px=motion.longest_px, steps=network.steps, seed=network.seed,
    )  # fmt: skip
    paths = state_paths()
    start_log(paths.log_file)
    with (
        faults_mapped(),
        Progress(console=Console(stderr=True), transient=True) as bars,
        Application.open(paths, lambda _: None) as application,
        application.engine_room() as room,
        room.alone(lambda: None),
    ):
        maker = Ltx2(network.folder)
        bar = bars.add_task(maker.name, total=1.0)
        yield from come_alive(maker, page, wish, lambda share: bars.update(bar, completed=share))


def _with_poster(frames: Iterator[NDArray[np.uint8]], poster: Path, picture: Path) -> Iterator[NDArray[np.uint8]]:
    """Pass frames on, and write the first one as a picture when all have gone by."""
    first = None
    for frame in frames:
        first = frame if first is None else first
        yield frame
    if first is not None:
        write_whole(poster, encode_page(first, format_of(poster))[0], frozenset({picture.resolve()}))
