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
                    words = page_words(page)
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
        table, terms = ("letters", _pieces(words)) if _WITHOUT_BLANKS.search(plain) else ("latin", _telling(words))
        asked = " OR ".join(f'"{one}"' for one in terms[:_TERMS_MAX])
        with closing(sqlite3.connect(f"file:{self._path.absolute().as_posix()}?mode=ro", uri=True)) as base:
            if table == "letters" and not terms:
                return self._containing(base, words, k)
            found = base.execute(
                f"SELECT page_id, -bm25({table}) FROM {table} JOIN pages ON pages.id = {table}.rowid "  # noqa: S608
                f"WHERE {table} MATCH ? ORDER BY bm25({table}), page_id LIMIT ?",
                (asked, k),
            )
            return [(str(page_id), float(score)) for page_id, score in found]

    @staticmethod
    def _containing(base: sqlite3.Connection, words: list[str], k: int) -> list[tuple[str, float]]:
        found = base.execute(
            "SELECT page_id FROM pages WHERE instr(words, ?) ORDER BY page_id LIMIT ?", ("".join(words), k)
        )
        return [(str(page_id), 1.0) for (page_id,) in found]


def page_words(page: AnalysedPage) -> str:
    """Return all that is written on a page and said of it."""
    meta, story = page.meta(), page.story()
    found: list[str] = []
    if meta is not None:
        found += [words for panel in words_by_panel(meta).values() for words in panel]
    if story is not None:
        found.append(story.summary)
        for panel in story.panels:
            found += [panel.description, *panel.lines, *panel.characters]
            found += [one.speaker for one in panel.dialogue]
    joined = "\n".join(" ".join(words.split()) for words in found if words.strip())
    return unicodedata.normalize("NFKC", joined).casefold()


def _telling(words: list[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word not in _COMMON] or words


def _pieces(words: list[str]) -> list[str]:
    """Return each three letters in a row: pages with some of them are found, those with all of them first."""
    pieces = [word[at : at + _TRIGRAM] for word in words for at in range(len(word) - _TRIGRAM + 1)]
    return list(dict.fromkeys(pieces))
