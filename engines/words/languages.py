"""Which language a few words are in, told offline: by their script where it says so, else by py3langid.

Wishes are short, so that a guess has to be a clear one: words that may well be English are left as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from engines.libraries import missing_libraries
from models.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Collection

ENGLISH: Final = "en"
LIBRARY: Final = "py3langid"
INSTALL: Final = "pip install 'irodori[words]'"
_CARD: Final = re.compile(r"opus-mt-([a-z]{2})-en")
_KANA: Final = re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d]")
_HANGUL: Final = re.compile(r"[\u1100-\u11ff\uac00-\ud7a3]")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]")
_CLEAR: Final = 0.7
_MAYBE_ENGLISH: Final = 0.2


@dataclass(frozen=True, slots=True)
class Guess:
    """language: ISO 639-1, empty where it cannot be told. by: `script`, the library, or empty."""

    language: str
    by: str = ""


def translated_languages() -> dict[str, str]:
    """Return the languages that the catalogue has a translator for, each with its card's id."""
    return {match[1]: card for card in load_catalog() if (match := _CARD.fullmatch(card))}


def guess_language(text: str, among: Collection[str] | None = None) -> Guess:
    """Return the language of a text; English where nothing speaks clearly against it.

    among: languages to choose from besides English; None: those of `translated_languages`.
    """
    known = frozenset(translated_languages() if among is None else among)
    if not any(letter.isalpha() for letter in text):
        return Guess(ENGLISH, "script")
    if _KANA.search(text):
        return Guess("ja", "script")
    if _HANGUL.search(text):
        return Guess("ko", "script")
    if _HAN.search(text):
        return _by_library(text, known & {"ja", "zh"}) if _is_here() else Guess("zh", "script")
    if _CYRILLIC.search(text):
        return Guess("ru", "script")
    return _by_library(text, known | {ENGLISH}) if _is_here() else Guess("")


def _is_here() -> bool:
    return not missing_libraries((LIBRARY,))


def _by_library(text: str, among: Collection[str]) -> Guess:
    ranked = dict(_identifier(frozenset(among)).rank(text))
    best, share = max(ranked.items(), key=lambda one: float(one[1]))
    if ENGLISH in ranked and (share < _CLEAR or ranked[ENGLISH] > _MAYBE_ENGLISH):
        best = ENGLISH
    return Guess(str(best), LIBRARY)


@cache
def _identifier(among: frozenset[str]) -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(sorted(among))
    return made
