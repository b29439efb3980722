"""Has models work on the reader's words: on the lane, one model after the other, answers kept for the next page.

What a model cannot do is noted with its reason and the words stay as they are: no page fails for want of them.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from cachetools import LRUCache, TTLCache

from engines.base import EngineError, EngineUnavailable
from engines.memory_ledger import HEAVY_MIB, Holder
from engines.words.languages import ENGLISH, INSTALL, guess_language
from engines.words.prompts import family_of, question, system_prompt
from engines.words.registry import open_captioner, open_enhancer, open_translator
from host.pipeline.records.rewording import Rewording, WordStep
from host.pipeline.rewording import of_scene, plain_wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from engines.words.base import Captioner, Enhancer, Translator, WordModel
    from host.jobs.engine_room import EngineRoom
    from host.pipeline.decode import DecodedPage
    from host.pipeline.job import PageJob
    from host.pipeline.records.page_meta import PageMeta

    Kept = tuple[str, ...]

_LOG = logging.getLogger(__name__)
_KEPT: Final = 512
_PANELS_MAX: Final = 6
_REFERENCES_MAX: Final = 4
_PANEL_LEAST_PX: Final = 64
_SEEN_PX: Final = 768
_FAULT_MAX: Final = 300
# So long a step that failed is not tried again: a chapter does not wait for the same silence on every page.
_FAULT_KEPT_S: Final = 90.0


class Wordsmith:
    """A `host.pipeline.rewording.Reworder`. Thread-safe; a page at a time."""

    def __init__(self, room: EngineRoom, clock: Callable[[], float] = time.monotonic) -> None:
        self._room = room
        self._lock = threading.RLock()
        self._faults: TTLCache[Kept, str] = TTLCache(_KEPT, _FAULT_KEPT_S, clock)
        self._answers: LRUCache[Kept, str] = LRUCache(_KEPT)
        self._made: dict[str, WordModel] = {}

    def reword(self, page: DecodedPage, meta: PageMeta, job: PageJob, check: Callable[[], None]) -> Rewording:
        """Translate, look and word anew, as the job asks for."""
        while not self._lock.acquire(timeout=0.01):
            check()
        try:
            with ExitStack() as stack:
                return _Page(self, page, meta, job, check, stack).reworded()
        finally:
            self._lock.release()

    def kept(self, key: Kept) -> str | None:
        """Return what was answered before."""
        return self._answers.get(key)

    def keep(self, key: Kept, answer: str) -> str:
        """Keep an answer, and return it."""
        self._answers[key] = answer
        return answer

    def fault(self, key: Kept) -> str | None:
        """Return why a step failed a moment ago; None where it did not."""
        return self._faults.get(key)

    def keep_fault(self, key: Kept, fault: str) -> str:
        """Keep why a step failed, and return it."""
        self._faults[key] = fault
        return fault

    def model(self, key: str, make: Callable[[], WordModel]) -> Any:
        """Return a small model that an earlier page loaded, or make one."""
        return self._made.get(key) or make()

    def enter(self, model: WordModel, stack: ExitStack, *, elsewhere: bool = False) -> None:
        """Make room for a model that is about to work.

        Raises:
            EngineTooLarge
        """
        holder = Holder("llm", model.id, model.memory_mib, lambda: self._unload(model), elsewhere)
        if elsewhere or model.memory_mib >= HEAVY_MIB:
            stack.enter_context(self._room.ledger.holding(holder))
        else:
            self._room.ledger.enter(holder)
            self._made[model.id] = model

    def lane(self, stack: ExitStack, check: Callable[[], None]) -> None:
        """Hold the lane for the rest of a page's steps."""
        stack.enter_context(self._room.lane(check))

    def _unload(self, model: WordModel) -> None:
        # Another thread's page may be at work with it; then it is noted anew with its next question.
        if self._lock.acquire(blocking=False):
            try:
                self._made.pop(model.id, None)
                model.unload()
            finally:
                self._lock.release()


class _Page:
    """The steps of one page. The lane is held from the first model on that has to work."""

    def __init__(
        self, smith: Wordsmith, page: DecodedPage, meta: PageMeta, job: PageJob, check: Callable[[], None],
        stack: ExitStack,
    ) -> None:  # fmt: skip
        self._smith, self._page, self._meta, self._job, self._check = smith, page, meta, job, check
        self._stack = stack
        self._on_lane = False

    def reworded(self) -> Rewording:
        wish, avoid = plain_wish(self._job), self._job.plan.negative_prompt
        steps: list[WordStep] = []
        if self._job.words.translate:
            steps += [self._translated(subject, text) for subject, text in (("wish", wish), ("avoid", avoid)) if text]
        if self._job.words.caption:
            steps += self._captioned()
        if self._job.words.enhance != "off":
            done = Rewording(steps=tuple(steps))
            steps += self._enhanced(done.english("wish", wish), done)
        return Rewording(steps=tuple(steps))

    # --- steps -----------------------------------------------------------------------------------------------------

    def _translated(self, subject: str, text: str) -> WordStep:
        guess = guess_language(text)
        facts: dict[str, Any] = {"step": "translate", "subject": subject, "before": text, "language": guess.language}
        if guess.language == ENGLISH:
            return WordStep(after=text, by=guess.by, **facts)
        made: list[Translator] = []

        def work() -> str:
            if not guess.language:
                raise EngineUnavailable(
                    "whose language it is cannot be told without py3langid",
                    INSTALL,
                    told=("not_installed", "py3langid", INSTALL),
                )
            made.append(self._smith.model(f"opus-mt-{guess.language}-en", lambda: open_translator(guess.language)))
            return self._answer(made[0], ("translate", _named(made[0]), text), lambda: made[0].translate(text))

        after, fault = self._tried(("translate", guess.language), work)
        return WordStep(after=text if fault else after, by=_named(made[0]) if made else "", fault=fault, **facts)

    def _captioned(self) -> list[WordStep]:
        model, steps = self._job.words.caption, []
        for subject, picture, key in self._seen():

            def work(shown: NDArray[np.uint8] = picture, key: str = key) -> str:
                captioner: Captioner = self._smith.model(model, lambda: open_captioner(model))
                said = self._answer(captioner, ("caption", _named(captioner), key), lambda: captioner.caption(shown))
                return of_scene(said)

            after, fault = self._tried(("caption", model), work)
            if after or fault:
                steps.append(WordStep(step="caption", subject=subject, by=model, after=after, fault=fault))
            if fault:
                break  # the next one would fail alike
        return steps

    def _enhanced(self, wish: str, done: Rewording) -> list[WordStep]:
        words, engine = self._job.words, self._job.engine
        captions = "; ".join(f"{subject}: {caption}" for subject, caption in done.captions)

        def work() -> str:
            enhancer: Enhancer = open_enhancer(words.enhance, words.model, words.url)
            picture = self._jpeg() if enhancer.sees() else None
            if not (wish or captions or picture):
                return ""
            system, asked = system_prompt(family_of(engine.id, engine.wording), words.work), question(wish, captions)
            seen = hashlib.sha256(picture).hexdigest() if picture is not None else ""
            return self._answer(
                enhancer, ("enhance", _named(enhancer), enhancer.place, system, asked, seen),
                lambda: enhancer.enhance(system, asked, picture), elsewhere=words.enhance == "ollama",
            )  # fmt: skip

        after, fault = self._tried(("enhance", words.enhance, words.model, words.url), work)
        facts: dict[str, Any] = {"step": "enhance", "subject": "wish", "by": f"{words.enhance} {words.model}".strip()}
        return [WordStep(before=wish, after=after or wish, fault=fault, **facts)] if after or fault else []

    # --- inside ----------------------------------------------------------------------------------------------------

    def _answer(self, model: WordModel, key: Kept, work: Callable[[], str], *, elsewhere: bool = False) -> str:
        kept = self._smith.kept(key)
        if kept is not None:
            return kept
        if not self._on_lane:
            self._smith.lane(self._stack, self._check)
            self._on_lane = True
        self._check()
        with ExitStack() as stack:
            self._smith.enter(model, stack, elsewhere=elsewhere)
            return self._smith.keep(key, work())

    def _seen(self) -> Iterator[tuple[str, NDArray[np.uint8], str]]:
        rgb, pixels = self._page.rgb, self._page.pixels_sha256
        panels = sorted(self._meta.panels, key=lambda panel: panel.order)
        boxes = [(number, panel.box) for number, panel in enumerate(panels, 1)
                 if min(panel.box.width, panel.box.height) >= _PANEL_LEAST_PX]  # fmt: skip
        for number, box in boxes[:_PANELS_MAX]:
            crop = rgb[box.top : box.bottom, box.left : box.right]
            yield f"panel {number}", np.ascontiguousarray(crop), f"{pixels} {tuple(box)}"
        if not boxes:
            yield "page", rgb, pixels
        for one in self._job.references[:_REFERENCES_MAX]:
            yield f"reference {one.reference_id[:12]}", one.pixels, one.reference_id

    def _jpeg(self) -> bytes:
        from PIL import Image

        shown = Image.fromarray(self._page.rgb)
        shown.thumbnail((_SEEN_PX, _SEEN_PX))
        buffer = io.BytesIO()
        shown.save(buffer, "JPEG", quality=85)
        return buffer.getvalue()

    def _tried(self, key: Kept, work: Callable[[], str]) -> tuple[str, str]:
        """Return what a step gave, and why it gave nothing; one that failed a moment ago is not tried again."""
        fault = self._smith.fault(key)
        if fault is not None:
            return "", fault
        try:
            return work(), ""
        except Exception as exc:  # noqa: BLE001 - the page goes on with the words that there are
            self._check()  # what ended it may have been the page's own end
            said = f"{exc.message}. {exc.hint}" if isinstance(exc, EngineError) else f"{type(exc).__name__}: {exc}"
            _LOG.warning("words: %s", said, exc_info=not isinstance(exc, EngineError))
            return "", self._smith.keep_fault(key, " ".join(said.split())[:_FAULT_MAX])


def _named(model: WordModel) -> str:
    return f"{model.id} {model.version}"
