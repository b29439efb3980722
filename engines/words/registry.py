"""Which reader of lettering there is, and which models help with words. Nothing heavy loads before one works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engines.base import EngineUnavailable, ModelMissing

if TYPE_CHECKING:
    from pathlib import Path

    from engines.words.base import Captioner, Enhancer, Translator, WordReader

READERS: Final = ("rapidocr", "manga-ocr")
CAPTIONERS: Final = ("florence-2-base", "florence-2-large")
ENHANCERS: Final = ("qwen3-0.6b", "qwen3-1.7b", "qwen3-4b")
"""Those that run in this process; folders of other models of their class can be dropped under any name."""


def open_word_reader(wanted: str, folder: Path | None = None, threads: int = 0) -> WordReader:
    """Return a reader by its name.

    folder: where a `manga-ocr` lies; None for where it is pulled to. threads: that it takes, 0 for all cores.

    Raises:
        EngineUnavailable: it cannot run here, or there is none of this name. ModelMissing
    """
    if wanted == "rapidocr":
        from engines.words.rapid import INSTALL, RapidWordReader, rapid_missing

        missing = rapid_missing()
        if missing:
            raise EngineUnavailable(
                f"{', '.join(missing)} is not installed", INSTALL, told=("not_installed", ", ".join(missing), INSTALL)
            )
        return RapidWordReader(threads)
    if wanted == "manga-ocr":
        from engines.words.manga import MangaWordReader
        from models.store import local_folder

        return MangaWordReader(folder if folder is not None else local_folder(wanted))
    raise EngineUnavailable(f"there is no reader of lettering {wanted!r}", f"There are {', '.join(READERS)}.")


def open_translator(language: str, folder: Path | None = None) -> Translator:
    """Return what brings a language into English. folder: where it lies; None for where it is pulled to.

    Raises:
        EngineUnavailable: the catalogue has none for this language. ModelMissing: it is not on this machine.
    """
    from engines.words.languages import translated_languages
    from engines.words.marian import MarianTranslator
    from models.store import local_folder

    known = translated_languages()
    if folder is None and language not in known:
        raise EngineUnavailable(f"there is no translator for {language!r}", f"There are {', '.join(sorted(known))}.")
    return MarianTranslator(folder if folder is not None else local_folder(known[language]))


def open_captioner(model: str) -> Captioner:
    """Return what says what a picture shows. model: a card's id, or the name of a folder in the models' folder.

    Raises:
        ModelMissing: it is not on this machine.
    """
    from engines.words.florence import FlorenceCaptioner

    return FlorenceCaptioner(_named(model))


def open_enhancer(provider: str, model: str, url: str = "") -> Enhancer:
    """Return what words a wish anew: `local`, in this process, or `ollama` at a loopback address.

    model: a card's id or a folder's name in the models' folder; for Ollama, a name of its own. url: empty for its usual
    one.

    Raises:
        EngineUnavailable: there is no such provider, or the address is not this machine's. ModelMissing
    """
    if provider == "local":
        from engines.words.causal import CausalEnhancer

        return CausalEnhancer(_named(model))
    if provider == "ollama":
        from engines.words.ollama import DEFAULT_URL, Ollama, OllamaEnhancer

        return OllamaEnhancer(Ollama(url or DEFAULT_URL), model)
    raise EngineUnavailable(f"there is no enhancer {provider!r}", "There are local and ollama.")


def _named(model: str) -> Path:
    from pathlib import PurePath

    from models.store import local_folder

    if PurePath(model).name != model or model in ("", ".", ".."):
        raise ModelMissing(f"{model[:128]!r} is no name of a model", "Name a folder in the models' folder.")
    return local_folder(model)
