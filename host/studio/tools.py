"""What the studio does with a page's picture, as the wire asks for it: one function for each tool."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engines.base import EngineUnavailable, Plan
from engines.memory_ledger import nobody_else as alone_here
from engines.motion.registry import open_motion
from engines.segment.base import Pointing
from host.errors import BadRequest
from host.palettes.elements import spoken
from host.pipeline.decode import decode_page
from host.pipeline.encode import encode_page
from host.pipeline.faults import faults_mapped
from host.studio.filters import FilterChain, filter_from, lay
from host.studio.made import Made as Made
from host.studio.made import picture, png, reworded
from host.studio.page import mask_of, mask_text, page_of
from host.studio.repaint import Margins, extended
from host.studio.wording import FILMS, WishWording
from models.store import models_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from engines.memory_ledger import Guest
    from engines.words.base import WordReader
    from host.messaging.messages import FilterStep, StudioTask
    from host.palette_records import PaletteElement
    from host.pipeline.analysis.reader import PageReader
    from host.pipeline.decode import DecodedPage
    from host.studio.animate import Motion
    from host.studio.filters import Amount, Levels
    from host.studio.page import StudioPage
    from host.studio.painters import Painters
    from host.vocabulary import Direction

    Progress = Callable[[float], None]

_READ: Final = 0.2
"""The share of a task that reading its page takes."""
_SCRIPT_MAX: Final = 1 << 20
_FILM_TYPES: Final = {"webm": "video/webm", "mp4": "video/mp4", "gif": "image/gif"}


def nobody_else(check: Callable[[], None]) -> AbstractContextManager[None]:
    """Hold nothing: for who has no lane."""
    check()
    return nullcontext()


class Tools:
    """Used by one thread. The last page that was read is kept, so that another tool need not read it again.

    reader: makes what reads pages, when the first page is read. references: the pixels of the reader's references.
    words: opens what reads lettering. scratch: a folder for a film that is being written; None: the system's.
    captured: a page's bytes by their SHA-256, None where they are gone. alone: holds the lane with no other model in
    memory; guest: with one that the ledger knows; what they are given is called while they wait. elements: of a series.
    wording: has models work on the reader's words. people: of a series, surely seen on a page, by the panel's order.
    """

    def __init__(
        self,
        reader: Callable[[], PageReader],
        painters: Painters,
        references: Callable[[str], NDArray[np.uint8]],
        words: Callable[[], WordReader],
        scratch: Path | None = None,
        captured: Callable[[str], bytes | None] = lambda _: None,
        alone: Callable[[Callable[[], None]], AbstractContextManager[None]] = nobody_else,
        elements: Callable[[str], Sequence[PaletteElement]] = lambda _: (),
        guest: Guest = alone_here,
        wording: WishWording | None = None,
        people: Callable[[str, str], Mapping[int, Sequence[str]]] = lambda _series, _pixels: {},
    ) -> None:
        self._make_reader = reader
        self._reader: PageReader | None = None
        self._painters = painters
        self._references = references
        self._open_words = words
        self._scratch = scratch
        self._captured = captured
        self._alone = alone
        self._elements = elements
        self._guest = guest
        self._wording = wording or WishWording()
        self._people = people
        self._kept: tuple[tuple[str, Direction], StudioPage] | None = None
        self._tools: dict[str, Callable[[StudioTask, DecodedPage, Progress], Made]] = {
            "filter": self._filter,
            "cut_out": self._cut_out,
            "vectorise": self._vectorise,
            "animate": self._animate,
            "inpaint": self._inpaint,
            "extend": self._extend,
            "outline": self._outline,
            "upscale": self._upscale,
            "words": self._words,
            "parts": self._parts,
        }

    def run(self, task: StudioTask, progress: Progress) -> Made:
        """Do what a task asks. progress: hears how far it is, from 0 to 1; what it raises ends the task.

        Raises:
            BadRequest: the page has not what was asked for. ImageInvalid, TooLarge, EngineNotAvailable and what
            engines raise.
        """
        progress(0.0)
        with faults_mapped():
            if task.tool == "storyboard":
                return self._storyboard(task, progress)
            return self._tools[task.tool](task, decode_page(task.image), progress)

    def forget(self) -> None:
        """Give the memory of the last page back."""
        self._kept = None

    # --- without an engine -----------------------------------------------------------------------------------------

    def _filter(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        filters = filters_of(task.filters)
        if not filters:
            raise BadRequest("No filter is given.", "Move one of the sliders first.", told=("no_filter",))
        chain = FilterChain(pixels_sha256=page.pixels_sha256, filters=tuple(filters))
        laid = lay(page.rgb, filters)
        progress(_READ)
        return picture(laid, chain.model_dump(mode="json"))

    def _cut_out(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        from engines.segment.registry import open_matting
        from host.studio.cutout import cut_out

        read = self._read(task, page, progress)
        matting = open_matting(None)
        cut = cut_out(
            read,
            task.figures,
            None if matting is None else matting.alpha,
            lambda share: progress(_READ + (1 - _READ) * share),
        )
        return png(cut, {"figures": list(task.figures), "by": "" if matting is None else matting.name})

    def _vectorise(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        from host.studio.vector import drawing_of, require_tracer

        require_tracer()
        read = self._read(task, page, progress)
        height, width = page.size
        return Made(
            data=drawing_of(read, lambda: progress(_READ)), mime="image/svg+xml", width=width, height=height, record={}
        )

    def _animate(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        from host.studio.animate import Motion
        from host.studio.film import require_writer

        require_writer(task.film)
        if task.by == "network":
            return self._moved(task, page, progress)
        motion = Motion(
            panels=tuple(task.panels),
            seconds=task.seconds,
            longest_px=task.size_px,
            move=task.move,
            loop=task.loop,
        )
        data, height, width = self._film(task, self._read(task, page, progress), motion, progress)
        record = {"panels": list(task.panels), "seconds": task.seconds, "move": task.move, "loop": task.loop}
        return Made(data=data, mime=_FILM_TYPES[task.film], width=width, height=height, record=record)

    def _film(self, task: StudioTask, page: StudioPage, motion: Motion, progress: Progress) -> tuple[bytes, int, int]:
        from host.studio.animate import animate

        total = max(1, round(motion.seconds * motion.rate)) * (len(motion.panels) or len(page.meta.panels))

        def told() -> Iterator[NDArray[np.uint8]]:
            for number, frame in enumerate(animate(page, motion)):
                progress(_READ + (1 - _READ) * number / total)
                yield frame

        return self._written(task, told(), motion.rate)

    def _moved(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        """Let a network move the panels, alone in memory; what a task's cancel raises ends it after the step."""
        from host.studio.film import require_writer
        from host.studio.motion import Wish, come_alive

        require_writer(task.film)
        maker = open_motion(models_folder())
        words, done = self._wording(
            page, spoken(task.words, self._elements(task.series)).words, FILMS, "film", lambda: progress(0.0)
        )
        found = self._captioned(self._read(task, page, progress))
        wish = Wish(
            panels=tuple(task.panels), words=words, seconds=task.seconds, longest_px=task.size_px,
            steps=task.steps, seed=task.seed,
        )  # fmt: skip
        with self._alone(lambda: progress(_READ)):
            try:
                told = come_alive(maker, found, wish, lambda share: progress(_READ + (1 - _READ) * share))
                data, height, width = self._written(task, told, wish.rate)
            finally:
                maker.unload()
        record = {
            "by": maker.name, "panels": list(task.panels), "seconds": task.seconds, "words": words,
            "steps": task.steps, "seed": task.seed, "size_px": task.size_px, **reworded(done),
        }  # fmt: skip
        return Made(data=data, mime=_FILM_TYPES[task.film], width=width, height=height, record=record)

    def _captioned(self, page: StudioPage) -> StudioPage:
        """Return the page with what its balloons say, where something here can read them."""
        from host.pipeline.analysis.words import with_words

        letters = self._letters()
        return page if letters is None else replace(page, meta=with_words(page.meta, page.rgb, letters))

    def _letters(self) -> WordReader | None:
        """Return what reads balloons; None where nothing here can."""
        try:
            return self._open_words()
        except EngineUnavailable:
            return None

    def _written(self, task: StudioTask, frames: Iterator[NDArray[np.uint8]], rate: int) -> tuple[bytes, int, int]:
        from host.studio.film import write_film

        sides = [0, 0]

        def told() -> Iterator[NDArray[np.uint8]]:
            for frame in frames:
                sides[:] = frame.shape[:2]
                yield frame

        if self._scratch is not None:
            self._scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._scratch) as folder:
            path = Path(folder, f"film.{task.film}")
            write_film(path, task.film, told(), rate)
            return path.read_bytes(), sides[0], sides[1]

    def _words(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        from host.pipeline.analysis.words import with_words, words_by_panel

        reader = self._open_words()
        found = self._read(task, page, progress)
        read = words_by_panel(with_words(found.meta, found.rgb, reader))
        told = "\n\n".join("\n".join(lines) for lines in read.values() if lines)
        return Made(data=told.encode(), mime="text/plain", record={})

    def _parts(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        found = self._read(task, page, progress).meta
        height, width = page.size
        figures = [
            {"index": one.index, "panel": None if one.panel is None else one.panel + 1, "box": list(one.box)}
            for one in sorted(found.characters, key=lambda one: one.index)
        ]
        return Made(data=b"", mime="text/plain", width=width, height=height, record={"figures": figures})

    def _outline(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        from engines.segment.registry import open_segmenter

        if task.figures:
            return self._outlined(task, page, progress)
        height, width = page.size
        for x, y in (*task.inside, *task.outside):
            if x >= width or y >= height:
                raise BadRequest(f"The place {x}, {y} is not on the page.", f"The page is {width} x {height}.")
        pointing = Pointing(inside=tuple(task.inside), outside=tuple(task.outside), words=task.words)
        if pointing.is_empty:
            raise BadRequest("Nothing is pointed at.", "Click what is meant.", told=("nothing_there",))
        segmenter = open_segmenter(None)
        progress(_READ)
        with segmenter.in_memory(self._guest, lambda: progress(_READ)):
            mask = segmenter.segment(page.rgb, pointing)
        if not mask.any():
            raise BadRequest("Nothing was found there.", "Click another place.", told=("nothing_there",))
        return png(mask.view(np.uint8) * np.uint8(255), {"by": segmenter.name})

    def _outlined(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        from host.studio.cutout import figures_of

        found = self._read(task, page, progress)
        mask = np.isin(found.maps.characters, [one + 1 for one in figures_of(found, task.figures)])
        return png(mask.view(np.uint8) * np.uint8(255), {"figures": list(task.figures)})

    def _storyboard(self, task: StudioTask, progress: Progress) -> Made:
        from host.studio.chapters import chapter_storyboard
        from host.studio.elements.match import matches
        from host.studio.elements.records import elements_of_palette

        self._reader = self._reader or self._make_reader()
        letters = self._letters()
        data, board, script, missing = chapter_storyboard(
            task.words, task.pages, self._captured, self._reader, progress,
            elements_of_palette(self._elements(task.series)), letters, partial(self._people, task.series),
        )  # fmt: skip
        shots = sum(len(scene.shots) for scene in board.scenes)
        record = {
            "scenes": len(board.scenes), "shots": shots, "missing": missing, "script": script[:_SCRIPT_MAX],
            "matches": matches(board), "letters": letters is not None,
        }  # fmt: skip
        return Made(data=data, mime="application/zip", record=record)

    # --- with an engine --------------------------------------------------------------------------------------------

    def _inpaint(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        if task.mask is None:
            raise BadRequest("Which part is to be made anew?", "Mark it on the page.", told=("nothing_marked",))
        mask = mask_of(decode_page(task.mask).rgb, page.rgb)
        return self._painted(task, page, page.rgb, mask, progress, {"mask": mask_text(mask)})

    def _extend(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        margins = Margins(left=task.left, right=task.right, top=task.top, bottom=task.bottom)
        wider, mask = extended(page.rgb, margins)
        return self._painted(task, page, wider, mask, progress, asdict(margins))

    def _painted(
        self, task: StudioTask, page: DecodedPage, rgb: NDArray[np.uint8], mask: NDArray[np.bool_], progress: Progress,
        where: dict[str, Any],
    ) -> Made:  # fmt: skip
        wish = spoken(task.words, self._elements(task.series))
        ids = tuple(dict.fromkeys((*task.references, *wish.pictures)))
        references = [self._references(one) for one in ids]
        painter = self._painters.engine(task.engine) if wish.words else None
        words, done = self._wording(page, wish.words, painter, "part", lambda: progress(0.0))
        plan = Plan(seed=task.seed, prompt=words)

        def on_step(step: int, steps: int) -> None:
            progress(_READ + (1 - _READ) * step / max(1, steps))

        made, by = self._painters.paint(rgb, mask, task.engine, plan, references, on_step)
        record = {"by": by, "words": words, "seed": task.seed, "references": list(ids), **reworded(done)}
        return picture(made, record | where | {"engine": task.engine or ""})

    def _upscale(self, task: StudioTask, page: DecodedPage, progress: Progress) -> Made:
        from engines.upscale.pulled import pulled_upscaler
        from engines.upscale.registry import upscaler_in_memory
        from host.studio.larger import larger

        model = None if task.model is None else pulled_upscaler(task.model)
        # Interpolation keeps letters by itself; what a network would draw for them is not what is written.
        lettering = None if task.model is None else self._read(task, page, progress).masks.lettering
        begun = 0.0 if lettering is None else _READ

        def told(share: float) -> None:
            progress(begun + (1 - begun) * share)

        with upscaler_in_memory(model, task.scale, self._guest, lambda: told(0.0)) as upscaler:
            record = {"by": upscaler.info.name, "scale": upscaler.info.scale}
            return picture(larger(upscaler, page.rgb, lettering, told), record)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _read(self, task: StudioTask, page: DecodedPage, progress: Progress) -> StudioPage:
        asked = page.pixels_sha256, task.direction
        if self._kept is None or self._kept[0] != asked:
            self._kept = None
            self._reader = self._reader or self._make_reader()
            progress(_READ / 2)
            self._kept = asked, page_of(page, self._reader, task.direction)
        progress(_READ)
        return self._kept[1]


def filters_of(steps: Sequence[FilterStep]) -> list[Amount | Levels]:
    """Return the filters that the wire names.

    Raises:
        BadRequest: a level's black is not below its white.
    """
    return [filter_from(one.filter, one.amount, (one.black, one.white, one.gamma)) for one in steps]


def look(image: bytes, steps: Sequence[FilterStep], scale: float) -> tuple[bytes, str]:
    """Return a small picture with filters laid over it, to be looked at, and its type.

    Raises:
        BadRequest, ImageInvalid, TooLarge
    """
    return encode_page(lay(decode_page(image).rgb, filters_of(steps), scale), "jpeg")
