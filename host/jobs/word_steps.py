"""Which steps models take with the reader's words, from a request and the settings; and what of that decides pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from host.pipeline.word_choice import WordChoice

if TYPE_CHECKING:
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
