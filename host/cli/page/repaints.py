"""`irodori page inpaint` and `extend`: a part of a picture made anew by an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engines.base import Plan
from host.application import Application
from host.books.whole_files import write_whole
from host.cli.console import say
from host.cli.page.outlines import box_of
from host.cli.page.pictures import format_of, require_output
from host.errors import BadRequest
from host.logs import start_log
from host.paths import state_paths
from host.pipeline.decode import decode_page
from host.pipeline.encode import encode_page
from host.studio.page import mask_of, picture_of
from host.studio.painters import FILL, Painters
from host.studio.repaint import extended, fill

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from host.studio.repaint import Margins


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for. engine: None for the first that can; `fill` paints on from the rim, without a network."""

    picture: Path
    output: Path
    words: str = ""
    references: tuple[Path, ...] = ()
    engine: str | None = None
    seed: int = 0


def inpaint(request: Request, mask: Path | None, box: str | None) -> None:
    """Make a region anew: what a mask's white covers, or a box.

    Raises:
        BadRequest: neither or both are given, or they do not fit. EngineNotAvailable and what colouring raises.
    """
    if (mask is None) == (box is None):
        raise BadRequest("Which part is to be made anew?", "Give either --mask or --box.")
    rgb = _picture(request, mask)
    _write(request, rgb, mask_of(picture_of(mask), rgb) if mask is not None else _of_box(box or "", rgb))


def extend(request: Request, margins: Margins) -> None:
    """Add to a picture's sides.

    Raises:
        BadRequest: nothing is added. EngineNotAvailable and what colouring raises.
    """
    wider, mask = extended(_picture(request), margins)
    _write(request, wider, mask)


def _picture(request: Request, mask: Path | None = None) -> NDArray[np.uint8]:
    format_of(request.output)
    require_output(request.output, request.picture, *request.references, *([mask] if mask else []))
    return picture_of(request.picture)


def _write(request: Request, rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    made, by = (fill(rgb, mask), FILL) if request.engine == FILL else _painted(request, rgb, mask)
    sources = frozenset(path.resolve() for path in (request.picture, *request.references))
    write_whole(request.output, encode_page(made, format_of(request.output))[0], sources)
    say(f"{request.output}: {mask.mean():.0%} of it made anew by {by}")


def _painted(request: Request, rgb: NDArray[np.uint8], mask: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], str]:
    paths = state_paths()
    start_log(paths.log_file)
    references = [picture_of(path) for path in request.references]
    with Application.open(paths, lambda _: None) as application, application.engine_room() as room:
        painters = Painters(application.engines, room, lambda: application.settings.current.default_engine)
        painter = painters.engine(request.engine) if request.words else None
        page = decode_page(request.picture.read_bytes())
        words, done = application.wording()(page, request.words, painter, "part", lambda: None)
        for step in done.steps:
            say(f"{step.step}: {step.fault or step.after}")
        plan = Plan(seed=request.seed, prompt=words)
        return painters.paint(rgb, mask, request.engine, plan, references)


def _of_box(text: str, rgb: NDArray[np.uint8]) -> NDArray[np.bool_]:
    left, top, right, bottom = box_of(text, rgb)
    mask = np.zeros(rgb.shape[:2], np.bool_)
    mask[top:bottom, left:right] = True
    return mask
