"""The reader's words for a tool of the studio, worked on as a page's are: by the models that the settings name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from engines.base import Plan
from engines.info import EngineInfo, Supports
from host.pipeline.job import PageJob
from host.pipeline.records.page_meta import PageMeta
from host.pipeline.records.rewording import Rewording

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.words.prompts import Work
    from host.pipeline.decode import DecodedPage
    from host.pipeline.rewording import Reworder
    from host.pipeline.word_choice import WordChoice

FILMS: Final = EngineInfo("ltx-2", "LTX-2", "", "", Supports(0), (), "cpu", wording="sentences")
"""Stands for the network of films, which reads sentences."""


class WishWording:
    """Works on wishes. reworder: does the steps. choice: which steps, as the settings are now."""

    def __init__(self, reworder: Callable[[], Reworder] | None = None, choice: Callable[[], WordChoice] | None = None):
        self._reworder = reworder
        self._choice = choice

    def __call__(
        self, page: DecodedPage, words: str, engine: EngineInfo | None, work: Work, check: Callable[[], None]
    ) -> tuple[str, Rewording]:
        """Return the words that a network is told of a page's picture, and what was done to them.

        Raises:
            what `check` raises, called while it waits and between steps.
        """
        if self._reworder is None or self._choice is None or not words or engine is None or engine.wording == "none":
            return words, Rewording()
        choice = self._choice()
        # What the page shows is told to the language model alone: a part's wish is no description of the page.
        choice = replace(choice, work=work, caption=choice.caption if choice.enhance != "off" else "")
        if not choice.is_any:
            return words, Rewording()
        job = PageJob(engine=engine, plan=Plan(prompt=words), words=choice)
        meta = PageMeta(size=page.size, pixels_sha256=page.pixels_sha256, kind="story", direction="rtl", references=())
        done = self._reworder().reword(page, meta, job, check)
        return done.enhanced or done.english("wish", words), done
