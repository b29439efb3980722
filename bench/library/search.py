"""Whether search finds what it should on labelled pages: recall@10 by picture and by words, beside guessing.

The pages are analysed (with OCR where it is installed), embedded and indexed by the commands' own code. By picture:
the same page without lettering and colour, and each of its larger panels so, cut out. By words: for each page whose
lettering was read, four words in a row of one of its balloons, which tests the index of words, not the OCR.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from bench.library.shelves import ROOT
from engines.embed.registry import choose_embedder
from host.library.embed.search import search_picture, search_words
from host.library.embed.store import EmbeddingStore
from host.library.understand.shelf import AnalysedShelf
from host.pipeline.decode import decode_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from host.library.understand.shelf import AnalysedPage

_K: Final = 10
_LARGE: Final = 0.08
_WORDS: Final = 4


def main(arguments: Sequence[str]) -> int:
    """Print recall@10; return 1 where it is no better than guessing."""
    parser = argparse.ArgumentParser(prog="python -m bench.library search", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder with lettered/en and art")
    parser.add_argument("--out", type=Path, help="keeps the analysis and the embeddings, and goes on with them")
    parser.add_argument("--analysis", type=Path, help="an analysis of lettered/en that is there already")
    options = parser.parse_args(list(arguments))
    with tempfile.TemporaryDirectory() as name:
        root = options.out or Path(name)
        analysis = options.analysis or root / "analysis"
        ocr = ["--ocr", "rapidocr"] if find_spec("rapidocr_onnxruntime") is not None else []
        if options.analysis is None:
            _irodori(root, "analyse", options.data / "lettered" / "en", "-o", analysis, "--direction", "ltr", *ocr)
        _irodori(root, "embed", analysis, "-o", root / "vectors")
        return _measure(AnalysedShelf(analysis), EmbeddingStore(root / "vectors"), options.data / "art")


def _measure(shelf: AnalysedShelf, store: EmbeddingStore, art: Path) -> int:
    embedder = choose_embedder(store.kind.embedder).open()
    dice, pages = random.Random(0), list(shelf.pages())
    hits: dict[str, list[bool]] = {"page without lettering, grey": [], "panel without lettering, grey": [], "words": []}
    for page in pages:
        grey = _grey(art / Path(page.entry.name).name)
        meta = page.meta()
        if grey is None or meta is None:
            continue
        by_page, by_panel, by_words = hits.values()
        by_page.append(_finds(page, [one.page_id for one in search_picture(store, embedder.embed([grey])[0], _K)]))
        for panel in meta.panels:
            box = panel.box
            if (
                box.area > _LARGE * grey.shape[0] * grey.shape[1]
                and box.right <= grey.shape[1]
                and len(meta.panels) > 1
            ):
                crop = np.ascontiguousarray(grey[box.top : box.bottom, box.left : box.right])
                by_panel.append(
                    _finds(page, [one.page_id for one in search_picture(store, embedder.embed([crop])[0], _K)])
                )
        asked = _asked([one.words.split() for one in meta.balloons], dice)
        if asked:
            by_words.append(_finds(page, [one.page_id for one in search_words(store, None, asked, _K)]))
    guess = _K / max(1, len(pages))
    sys.stdout.write(f"{len(pages)} pages; guessing finds {guess:.3f}\n")
    for what, found in hits.items():
        sys.stdout.write(f"recall@{_K} {what}: {sum(found) / max(1, len(found)):.3f} of {len(found)}\n")
    return 0 if all(not found or sum(found) / len(found) > guess for found in hits.values()) else 1


def _finds(page: AnalysedPage, found: list[str]) -> bool:
    return page.id in found


def _grey(path: Path) -> NDArray[np.uint8] | None:
    if not path.is_file():
        return None
    return np.repeat(decode_page(path.read_bytes()).grey[..., None], 3, 2)


def _asked(balloons: list[list[str]], dice: random.Random) -> str:
    long = [words for words in balloons if len(words) >= _WORDS]
    if not long:
        return ""
    words = dice.choice(long)
    first = dice.randint(0, len(words) - _WORDS)
    return " ".join(words[first : first + _WORDS])


def _irodori(root: Path, *arguments: object) -> None:
    import subprocess

    environ = os.environ | {"IRODORI_HOME": str(root / "home"), "NO_COLOR": "1"}
    line = [sys.executable, "-m", "host.cli", "library", *map(str, arguments)]
    subprocess.run(line, env=environ, cwd=ROOT, check=False)
