"""What a language model said, made into one line that an engine can be told."""

from __future__ import annotations

import re
from typing import Final

from engines.base import EngineRemoteFailed

LONGEST: Final = 800
_THOUGHTS: Final = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE: Final = re.compile(r"```[a-z]*", re.IGNORECASE)
_PREAMBLE: Final = re.compile(
    r"\A(?:sure|certainly|here(?:'s| is)[^:\n]*|(?:enhanced |final )?(?:prompt|tags|output|answer))\s*[:!]\s*",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"<!doctype|<html|<body", re.IGNORECASE)
_QUOTES: Final = "\"'`“”„«»*_ "


def tidy_answer(text: str, name: str) -> str:
    """Return an answer without thoughts, fences, preambles and quotes, on one line, cut at the end of a word.

    Raises:
        EngineRemoteFailed: nothing is left, or it is a document.
    """
    if _MARKUP.search(text):
        raise EngineRemoteFailed(f"{name} answered with a document, not with words", told=("no_words", name))
    plain = _FENCE.sub(" ", _THOUGHTS.sub(" ", text))
    plain = "".join(one if one.isprintable() or one.isspace() else " " for one in plain)
    plain = _PREAMBLE.sub("", " ".join(plain.split()).strip(_QUOTES)).strip(_QUOTES)
    if len(plain) > LONGEST:
        plain = plain[:LONGEST].rpartition(" ")[0].rstrip(",;: ") or plain[:LONGEST]
    if not any(one.isalnum() for one in plain):
        raise EngineRemoteFailed(f"{name} gave no words", told=("no_words", name))
    return plain
