"""Which page says what: SQLite's full-text search over lettering and what a model told, Latin words and Japanese."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from contextlib import closing
from typing import TYPE_CHECKING, Final

from host.books.whole_files import temporary_beside
from host.errors import BadRequest
from host.pipeline.analysis.words import words_by_panel
from host.store.disk import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from host.library.understand.shelf import AnalysedPage, AnalysedShelf

_WITHOUT_BLANKS: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD: Final = re.compile(r"\w+")
_TRIGRAM: Final = 3
_TERMS_MAX: Final = 64
_RANKS: Final = 60
# What stands on every other page tells none from another.
_COMMON: Final = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "from", "had", "has", "he", "her", "his", "i", "in"}
    | {"is", "it", "its", "me", "my", "of", "on", "or", "she", "so", "that", "the", "their", "they", "this", "to"}
    | {"was", "we", "were", "what", "with", "you", "your"}
)


class WordsIndex:
    """A file that can be made again from the analysis. Words by their stems; Japanese by three letters in a row."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rebuild(self, shelf: AnalysedShelf) -> None:
        """Write it anew from all pages of an analysis.

        Raises:
            DiskFull, InternalError
        """
        with disk_errors(str(self._path)), temporary_beside(self._path, frozenset()) as temporary:
            temporary.unlink()
            with closing(sqlite3.connect(temporary)) as base, base:
                base.execute("CREATE TABLE pages (id INTEGER PRIMARY KEY, page_id TEXT, words TEXT)")
                base.execute("CREATE VIRTUAL TABLE latin USING fts5(words, tokenize='porter unicode61')")
                base.execute("CREATE VIRTUAL TABLE letters USING fts5(words, tokenize='trigram')")
                for number, page in enumerate(shelf.pages()):
                    words = unicodedata.normalize("NFKC", page_words(page)).casefold()
                    if words:
                        page_id = page.id.encode("utf-8", "replace").decode()
                        base.execute("INSERT INTO pages VALUES (?, ?, ?)", (number, page_id, words))
                        base.execute("INSERT INTO latin (rowid, words) VALUES (?, ?)", (number, words))
                        base.execute("INSERT INTO letters (rowid, words) VALUES (?, ?)", (number, words))

    def search(self, text: str, k: int) -> list[tuple[str, float]]:
        """Return the pages that say most of a text, by id, and how well (larger is better), best first.

        Raises:
            BadRequest: the text has no word in it.
        """
        plain = unicodedata.normalize("NFKC", text).casefold()
        words = _WORD.findall(plain)
        if not words:
            raise BadRequest("There is no word in it.", "Say what is on the page, or what is written there.")
        if not self._path.is_file():
            return []
        is_joined = bool(_WITHOUT_BLANKS.search(plain))
        with closing(sqlite3.connect(f"file:{self._path.absolute().as_posix()}?mode=ro", uri=True)) as base:
            if is_joined:
                pieces = _pieces(words)
                return _matching(base, "letters", pieces, k) if pieces else self._containing(base, words, k)
            terms = _telling(words)
            # Readers of lettering lose blanks between words: a word within others counts as well.
            within = [word for word in terms if len(word) > _TRIGRAM]
            rankings = [_matching(base, "latin", terms, k)]
            rankings += [_matching(base, "letters", within, k)] if within else []
        return _fused(rankings)[:k]

    @staticmethod
    def _containing(base: sqlite3.Connection, words: list[str], k: int) -> list[tuple[str, float]]:
        found = base.execute(
            "SELECT page_id FROM pages WHERE instr(words, ?) ORDER BY page_id LIMIT ?", ("".join(words), k)
        )
        return [(str(page_id), 1.0) for (page_id,) in found]


def _matching(base: sqlite3.Connection, table: str, terms: list[str], k: int) -> list[tuple[str, float]]:
    found = base.execute(
        f"SELECT page_id, -bm25({table}) FROM {table} JOIN pages ON pages.id = {table}.rowid "  # noqa: S608 - ours
        f"WHERE {table} MATCH ? ORDER BY bm25({table}), page_id LIMIT ?",
        (" OR ".join(f'"{one}"' for one in terms[:_TERMS_MAX]), k),
    )
    return [(str(page_id), float(score)) for page_id, score in found]


def _fused(rankings: list[list[tuple[str, float]]]) -> list[tuple[str, float]]:
    """Return rankings as one, by their ranks (see `search.fused`)."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, (page_id, _) in enumerate(ranking, 1):
            scores[page_id] = scores.get(page_id, 0.0) + 1 / (_RANKS + rank)
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))


def page_words(page: AnalysedPage) -> str:
    """Return all that is written on a page and said of it, as it is written."""
    meta, story = page.meta(), page.story()
    found: list[str] = []
    if meta is not None:
        found += [words for panel in words_by_panel(meta).values() for words in panel]
    if story is not None:
        found.append(story.summary)
        for panel in story.panels:
            found += [panel.description, *panel.lines, *panel.characters]
            found += [one.speaker for one in panel.dialogue]
    return "\n".join(" ".join(words.split()) for words in found if words.strip())


def _telling(words: list[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word not in _COMMON] or words


def _pieces(words: list[str]) -> list[str]:
    """Return each three letters in a row: pages with some of them are found, those with all of them first."""
    pieces = [word[at : at + _TRIGRAM] for word in words for at in range(len(word) - _TRIGRAM + 1)]
    return list(dict.fromkeys(pieces))
