"""Which steps models take with the reader's words, from a request and the settings; and what of that decides pixels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engines.base import EngineError
from engines.memory_ledger import HEAVY_MIB
from host.pipeline.word_choice import WordChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.words.base import WordModel
    from host.messaging.messages import Options
    from host.settings import Settings

_WEIGHTS = "model.safetensors"


def word_choice(options: Options, settings: Settings) -> WordChoice:
    """Return the steps of a job: what its options say goes before the settings."""
    translate = settings.translate if options.translate is None else options.translate
    caption = settings.caption if options.caption is None else options.caption
    enhance = options.enhance or settings.enhance
    return WordChoice(
        translate=translate,
        caption=settings.caption_model if caption else "",
        enhance=enhance,
        model={"local": settings.enhance_model, "ollama": settings.ollama_model}.get(enhance, ""),
        url=settings.ollama_url if enhance == "ollama" else "",
    )


def memory_of_words(choice: WordChoice) -> tuple[int, int]:
    """Return what a choice's models take in MiB: what each process that uses them keeps, and one at a time at most.

    A model from `HEAVY_MIB` on is loaded for its step alone, by one process at a time; smaller ones stay. One language
    is translated at a time, as a rule. What cannot be opened takes nothing, and what Ollama holds is not known.
    """
    from engines.words.languages import translated_languages
    from engines.words.registry import open_captioner, open_enhancer, open_translator

    sizes: list[int] = []
    if choice.translate:
        sizes.append(max(_memory(partial(open_translator, one)) for one in translated_languages()))
    if choice.caption:
        sizes.append(_memory(lambda: open_captioner(choice.caption)))
    if choice.enhance == "local":
        sizes.append(_memory(lambda: open_enhancer("local", choice.model)))
    heavy = [size for size in sizes if size >= HEAVY_MIB]
    return sum(sizes) - sum(heavy), max(heavy, default=0)


def _memory(opened: Callable[[], WordModel]) -> int:
    try:
        return opened().memory_mib
    except EngineError:
        return 0


def facts_of_words(choice: WordChoice) -> tuple[str, ...]:
    """Return what of a choice decides a page's pixels: the steps, with the weights that are here for them.

    Of Ollama's models only the name is known.

    Raises:
        WeightsMissing: a file that is here cannot be read.
    """
    facts: list[str] = []
    if choice.translate:
        from engines.words.languages import translated_languages

        cards = sorted(translated_languages().values())
        facts += ["translate", *(f"{card} {digest}" for card in cards if (digest := _digest(card)))]
    if choice.caption:
        facts += ["caption", f"{choice.caption} {_digest(choice.caption)}"]
    if choice.enhance != "off":
        facts += ["enhance", choice.enhance, choice.model]
        if choice.enhance == "local":
            facts.append(_digest(choice.model))
    return tuple(facts)


def _digest(model: str) -> str:
    from models.digests import file_digest
    from models.store import local_folder

    path = local_folder(model) / _WEIGHTS
    return file_digest(path)[:16] if path.is_file() else ""
