"""From a request and the settings to a recipe in which nothing is left open."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import structs

from engines.base import LoraUse, Plan
from engines.segment.pulled import pulled_identity
from host.corrections import laid_over
from host.errors import BadRequest, EngineNotAvailable, NotFound, WeightsInvalid
from host.jobs.word_steps import facts_of_words, word_choice
from host.messaging.messages import Options
from host.model_library import dropped, dropped_id
from host.palettes.elements import spoken
from host.pipeline.faults import faults_mapped
from host.pipeline.version import PIPELINE_VERSION
from host.pipeline.word_choice import WordChoice
from host.store.keys import Recipe, result_key
from host.viability import viability_of
from models.digests import file_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engines.base import ColorizeEngine, EngineSource
    from engines.info import EngineInfo
    from host.corrections import Corrections
    from host.jobs.retrieval import Memories, Retrieval
    from host.messaging.messages import LoraChoice, RunChapter
    from host.palettes.cast import Casts, JobCast
    from host.pipeline.analysis.layout.direction import ChapterDirection
    from host.pipeline.duplicates import Duplicates
    from host.pipeline.job import PageJob
    from host.pipeline.series import SeriesMemory
    from host.settings import Settings
    from host.store.references import ReferenceStore
    from host.vocabulary import PageFormat

_NO_PIXELS: Final = "0" * 64


class JobRecipe:
    """A job's recipe, what identifies it, and the pictures that it needs, loaded when the first page asks."""

    def __init__(
        self, recipe: Recipe, engine: EngineInfo, references: ReferenceStore,
        memories: Memories | None = None, retrieval: Retrieval | None = None, cast: JobCast | None = None,
        words: WordChoice | None = None,
    ) -> None:  # fmt: skip
        self.engine = engine
        self.direction = recipe.direction
        # Whoever wears other colours has another recipe: pages learn nothing of what they wore before.
        self.identity = self._identity(recipe) + (cast.digest if cast is not None else "")
        self.cast = cast
        self._recipe = recipe
        self._words = words
        self._references = references
        self._page_job: PageJob | None = None
        self._chapter: ChapterDirection | None = None
        self._memories, self._retrieval = memories, retrieval
        self._duplicates: Duplicates | None = None
        self._memory: SeriesMemory | None = None
        self._lock = threading.Lock()

    @property
    def references(self) -> tuple[str, ...]:
        """The ids of the reader's references, in their order."""
        return tuple(self._recipe.references)

    def key(self, pixels_sha256: str, corrections: Corrections | None = None, undone: Sequence[str] = ()) -> str:
        """Return the key of a page's result. undone: the steps of its words that failed."""
        is_pointed = corrections is not None and bool(corrections.hints or corrections.palettes)
        segmenter = pulled_identity() if is_pointed else ""
        return result_key(pixels_sha256, self._recipe, corrections, segmenter, undone)

    def corrected(self, pixels_sha256s: Iterable[str], own: Corrections) -> dict[str, Corrections]:
        """Return a page's corrections, the series' palette in them, by its pixels; none where it must be read first."""
        if self.cast is None:
            return dict.fromkeys(pixels_sha256s, own)
        return {pixels: laid_over(below, own) for pixels, below in self.cast.known(pixels_sha256s).items()}

    def page_job(self, corrections: Corrections | None = None, check: Callable[[], None] | None = None) -> PageJob:
        """Return what the pipeline is asked for, a page's own corrections in it.

        check: called while large references are decoded; what it raises ends that.

        Raises:
            NotFound, ImageInvalid: a reference has gone or is damaged.
        """
        with self._lock:
            if self._page_job is None:
                self._page_job = self._load(check)
            return replace(self._page_job, corrections=corrections) if corrections else self._page_job

    @property
    def duplicates(self) -> Duplicates:
        """The pages that this job coloured, for those that are the same picture saved again."""
        from host.pipeline.duplicates import Duplicates

        with self._lock:
            if self._duplicates is None:
                self._duplicates = Duplicates()
            return self._duplicates

    def release(self) -> None:
        """Give the pictures' memory back; a later page loads them again."""
        with self._lock:
            self._page_job = self._duplicates = None
            if self._memory is not None:
                self._memory.release()

    def _load(self, check: Callable[[], None] | None) -> PageJob:
        from host.pipeline.analysis.layout.direction import ChapterDirection
        from host.pipeline.job import PageJob
        from host.store.job_memory import library_reference

        self._chapter = self._chapter or ChapterDirection()
        if self._memory is None and self._memories is not None and self._retrieval is not None:
            self._memory = self._memories.open(self._retrieval, self.identity)
        return PageJob(
            engine=self.engine,
            plan=self._recipe.plan,
            references=tuple(library_reference(self._references, one, check) for one in self._recipe.references),
            keep_coloured=self._recipe.keep_coloured,
            direction=self._recipe.direction,
            chapter=self._chapter,
            memory=self._memory,
            cast=self.cast,
            words=self._words or WordChoice(),
            output_format=cast("Any", self._recipe.output_format),
        )

    @staticmethod
    def _identity(recipe: Recipe) -> str:
        try:
            return result_key(_NO_PIXELS, recipe)
        except (TypeError, ValueError) as exc:
            raise BadRequest(f"engine_options must be plain values: {exc}") from exc


def resolve(
    request: RunChapter, settings: Settings, engines: EngineSource, references: ReferenceStore,
    memories: Memories | None = None, page_format: PageFormat | None = None, casts: Casts | None = None,
    mood: str = "",
) -> JobRecipe:  # fmt: skip
    """Return the recipe of a request: what it says goes before the settings.

    memories: where the job's memory comes from; without it nothing is retrieved. page_format: goes before the setting.
    casts: where the series' palette comes from. mood: of the series, where there are no casts.

    Raises:
        NotFound: no such engine or reference. EngineNotAvailable, WeightsMissing, WeightsInvalid: the engine cannot
        run here; no other takes its place. BadRequest: an engine option is no plain value.
    """
    engine = viable_engine(engines, request.engine or settings.default_engine)
    references.require(request.references)
    options = request.options or Options()
    retrieval = memories.plan(request, settings, engine.info) if memories is not None else None
    cast = casts.open(request.series, reads_words=engine.info.wording != "none") if casts is not None else None
    wish = spoken(_chosen(options.prompt, settings.prompt), cast.elements if cast is not None else ())
    options = structs.replace(options, prompt=wish.words)
    chosen = _with_named(request.references, wish.pictures, references)[: settings.references_max]
    with faults_mapped():
        weights = engine.digests_for(options.engine_options or {})
        words = word_choice(options, settings) if engine.info.wording != "none" else WordChoice()
        word_facts = facts_of_words(words)
    recipe = Recipe(
        engine_id=engine.info.id,
        engine_version=engine.info.version,
        weights=weights,
        plan=_plan(options, settings, engine.info, cast.mood if cast is not None else mood),
        references=chosen,
        cast=_cast(references, chosen) if engine.info.wording != "none" else (),
        retrieval=retrieval.facts if retrieval is not None else (),
        words=word_facts,
        keep_coloured=_chosen(options.keep_coloured, settings.keep_coloured),
        direction=request.direction,
        output_format=page_format or settings.output_format,
        pipeline_version=_pipeline_version(settings),
    )
    return JobRecipe(recipe, engine.info, references, memories, retrieval, cast, words)


def viable_engine(engines: EngineSource, engine_id: str) -> ColorizeEngine:
    """Return an engine that can run here.

    Raises:
        NotFound: there is none of this id. EngineNotAvailable: it cannot run here; the hint says how to mend that.
    """
    try:
        engine = engines.get(engine_id)
    except KeyError as exc:
        known = ", ".join(info.id for info in engines.infos())
        words, told = f"There is no engine {engine_id[:128]!r}.", ("no_engine", engine_id[:128], known)
        raise NotFound(words, f"The engines are: {known}.", told=told) from exc
    viability = viability_of(engines, engine_id)
    if not viability.ok:
        words = f"{engine.info.label} cannot run here: {viability.reason}"
        raise EngineNotAvailable(words, viability.fix, told=viability.told)
    return engine


def _with_named(asked: Iterable[str], pictures: Iterable[str], references: ReferenceStore) -> tuple[str, ...]:
    """Return the reader's references, then those of the elements that the wish names; one that has gone is left out."""
    named = []
    for one in pictures:
        with suppress(NotFound):
            references.require((one,))
            named.append(one)
    return tuple(dict.fromkeys((*asked, *named)))


def _plan(options: Options, settings: Settings, engine: EngineInfo, mood: str) -> Plan:
    prompt = _chosen(options.prompt, settings.prompt)
    if mood and engine.wording != "none":
        prompt = ", ".join(filter(None, [prompt, mood]))
    return Plan(
        seed=_chosen(options.seed, settings.seed),
        strength_01=float(_chosen(options.strength, settings.strength)),
        steps=_chosen(options.steps, 0),
        prompt=prompt,
        negative_prompt=_chosen(options.negative_prompt, ""),
        loras=tuple(_lora(choice, engine) for choice in options.loras or ()),
        quality=_chosen(options.quality, settings.quality),
        engine_options=options.engine_options or {},
    )


def _lora(choice: LoraChoice, engine: EngineInfo) -> LoraUse:
    """Return a LoRA by its name: one of the server's where the engine is remote, else a file that was dropped.

    The name is looked up among the files that are there; it never becomes a path.
    """
    if not engine.supports.lora:
        raise BadRequest(
            f"{engine.label} takes no LoRAs.",
            "Leave them out, or choose FLUX.2 klein.",
            told=("takes_no_loras", engine.label),
        )
    if engine.device == "remote":
        return LoraUse(name=choice.name, weight=choice.weight)
    found = {dropped_id(one): one for one in dropped() if one.identity.role == "lora" and not one.fault}
    if choice.name not in found:
        known = ", ".join(found) or "none yet"
        raise NotFound(
            f"There is no LoRA {choice.name[:128]!r}.",
            f"Dropped into the models' folder: {known}.",
            told=("no_lora", choice.name[:128], ", ".join(found) or "–"),
        )
    made_for = found[choice.name].identity
    if made_for.family and engine.id not in made_for.engines:
        raise BadRequest(
            f"{choice.name} is {made_for.label}: {engine.label} cannot take it.",
            _fitting(made_for.engines),
            told=("lora_of_another", choice.name, engine.label, ", ".join(made_for.engines) or "–"),
        )
    path = found[choice.name].path
    return LoraUse(name=choice.name, weight=choice.weight, path=str(path), sha256=file_digest(path))


def _fitting(engines: tuple[str, ...]) -> str:
    return f"Choose {', '.join(engines)}, or another LoRA." if engines else "Choose another LoRA."


def _pipeline_version(settings: Settings) -> str:
    """Return the pipeline's version, and which detector of the reader's own reads the pages."""
    # `isfile` answers for every text; a pipe or a device is no file.
    if not os.path.isfile(settings.detector_weights):  # noqa: PTH113
        return PIPELINE_VERSION
    try:
        return f"{PIPELINE_VERSION}+{file_digest(Path(settings.detector_weights))[:16]}"
    except OSError as exc:
        raise WeightsInvalid(
            f"The detector of your own cannot be read: {exc.strerror}.", "Mend its rights.", told=("own_detector",)
        ) from exc


def _cast(references: ReferenceStore, chosen: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(references.get(reference_id).character or "" for reference_id in chosen)


def _chosen(asked: Any, otherwise: Any) -> Any:
    return otherwise if asked is None else asked
