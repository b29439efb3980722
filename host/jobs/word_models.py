"""Which models there are for the reader's words, which of them are here, and what chosen steps lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.base import EngineError
from engines.libraries import missing_libraries
from engines.words.languages import translated_languages
from engines.words.registry import CAPTIONERS, ENHANCERS
from host.messaging.messages import WordModel, WordModels
from models.catalog import load_catalog
from models.store import local_folder

if TYPE_CHECKING:
    from host.settings import Settings

_ANSWER_S: Final = 3.0
_LIBRARIES: Final = ("torch", "transformers", "safetensors")
_OF_TRANSLATION: Final = ("py3langid", "sacremoses", "sentencepiece")
_INSTALL: Final = "pip install 'irodori[diffusion,words]'"


def word_models(settings: Settings, *, ollama: bool) -> WordModels:
    """Return every model that a step can take; Ollama's, too, where they are asked for."""
    here = [
        *(_here("translate", card, language) for language, card in translated_languages().items()),
        *(_here("caption", card) for card in _named(CAPTIONERS, settings.caption_model)),
        *(_here("enhance", card) for card in _named(ENHANCERS, settings.enhance_model)),
    ]
    if not ollama:
        return WordModels(models=here)
    try:
        served = _served(settings)
    except EngineError as exc:
        return WordModels(models=here, trouble=f"{exc.message}. {exc.hint}".strip())
    return WordModels(models=[*here, *served])


def lacking(settings: Settings) -> list[tuple[str, str]]:
    """Return what the steps that are switched on lack here, each with what mends it; nobody else is asked."""
    found: list[tuple[str, str]] = []
    local = settings.translate or settings.caption or settings.enhance == "local"
    wanted = [*(_LIBRARIES if local else ()), *(_OF_TRANSLATION if settings.translate else ())]
    if missing := missing_libraries(wanted):
        found.append((", ".join(missing), _INSTALL))
    if settings.translate and not any(_is_here(card) for card in translated_languages().values()):
        found.append(("a translator", "irodori models pull opus-mt-ja-en"))
    chosen = [settings.caption_model] if settings.caption else []
    chosen += [settings.enhance_model] if settings.enhance == "local" else []
    found += [(model, f"irodori models pull {model}") for model in chosen if not _is_here(model)]
    if settings.enhance == "ollama" and not settings.ollama_model:
        found.append(("a model of Ollama's", "irodori settings set ollama_model NAME"))
    return found


def _here(step: str, model: str, language: str = "") -> WordModel:
    card = load_catalog().get(model)
    return WordModel(
        step=step, provider="local", model=model, label=card.label if card is not None else model,
        ready=_is_here(model), language=language,
    )  # fmt: skip


def _served(settings: Settings) -> list[WordModel]:
    from engines.words.ollama import DEFAULT_URL, Ollama

    server = Ollama(settings.ollama_url or DEFAULT_URL, _ANSWER_S)
    return [
        WordModel(step="enhance", provider="ollama", model=one.name, label=one.name, ready=True, sees=one.sees)
        for one in server.models()
    ]


def _named(known: tuple[str, ...], chosen: str) -> list[str]:
    return list(dict.fromkeys([*known, chosen]))


def _is_here(model: str) -> bool:
    """Tell whether a model's weights lie in its folder, whole or in parts."""
    from engines.words.transformers_model import WEIGHTS, missing_files

    return not missing_files(local_folder(model), ("config.json", WEIGHTS))
