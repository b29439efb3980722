"""`irodori library embed`, `progress` and `search`: a shelf as vectors, and what is found in it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console

from engines.base import EngineError
from engines.embed.closure import ID as CLOSURE
from engines.embed.closure import ClosureNetwork
from engines.embed.registry import choose_embedder
from host.books.named_files import read_named
from host.books.names import printable
from host.books.whole_files import require_nameable, require_writable, write_whole
from host.cli.console import STDERR, say
from host.cli.library.progress import shelf_bars
from host.errors import BadRequest, EngineNotAvailable
from host.library.embed.indexes import postprocess
from host.library.embed.run import EmbedRun
from host.library.embed.search import search_picture, search_words
from host.library.embed.sheet import cards, sheet_html
from host.library.embed.store import PANELS, EmbeddingStore, StoreKind
from host.library.embed.vectors import by_closure, by_likeness
from host.library.understand.shelf import AnalysedShelf
from host.logs import start_log
from host.paths import state_paths
from host.pipeline.decode import decode_page
from host.settings import SettingsFile

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from engines.embed.base import Embedder
    from engines.embed.registry import EmbedderChoice
    from host.library.embed.vectors import RowMaker


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderWish:
    """Which embedder; empty: the setting's. folder: of a `siglip2` or `clip`. closure: a Closure-Lite's file."""

    id: str = ""
    folder: Path | None = None
    closure: Path | None = None

    def choose(self) -> EmbedderChoice:
        """Return it.

        Raises:
            EngineNotAvailable: it cannot run here; here none takes its place.
        """
        settings = SettingsFile(state_paths().settings_file).current
        wanted = self.id or settings.embedder
        folder = str(self.folder) if self.folder is not None else settings.embedder_folder
        choice = choose_embedder(wanted, folder)
        if choice.id != wanted:
            raise EngineNotAvailable(f"The embedder {wanted} cannot run here.", "The log says why; choose another.")
        return choice


def embed(
    analysis: Path, output: Path, wish: EmbedderWish, *, panels: int = PANELS, overwrite: bool = False,
    pages_max: int | None = None, index: bool = True,
) -> int:  # fmt: skip
    """Write the embeddings of an analysis; return 1 where pages were skipped.

    Raises:
        IrodoriError: nothing could be begun, or the disk is full; what was written is kept.
    """
    start_log(state_paths().log_file)
    shelf = AnalysedShelf(analysis)
    require_nameable(output)
    require_writable(output)
    rows, kind = _maker(wish, panels)
    store = EmbeddingStore(output, kind)
    bars = shelf_bars(STDERR)
    task = bars.add_task("pages", total=None, unit="pages")
    with bars:
        run = EmbedRun(
            shelf,
            store,
            rows,
            lambda done, total: bars.update(task, completed=done, total=total),
            overwrite=overwrite,
            pages_max=pages_max,
        )
        run.run()
    done = run.tally
    say(f"{done.written} pages written, {done.kept} kept, {done.skipped} skipped -> {store.path}")
    if index:
        counts = postprocess(store, shelf)
        say(f"Indexed {counts['page']} pages and {counts['panel']} panels.")
    return 1 if done.skipped else 0


def _maker(wish: EmbedderWish, panels: int) -> tuple[RowMaker, StoreKind]:
    if wish.closure is not None:
        network = _network(wish.closure)
        return by_closure(network), StoreKind(CLOSURE, network.version, network.width, panels)
    choice = wish.choose()
    embedder = _opened(choice)
    return by_likeness(embedder), StoreKind(choice.id, choice.version, embedder.info.width, panels)


def _network(path: Path) -> ClosureNetwork:
    try:
        return ClosureNetwork(path)
    except EngineError as exc:
        raise EngineNotAvailable(str(exc), exc.hint) from exc


def show_progress(root: Path, poll_s: float | None) -> int:
    """Say how many rows are whole; with `poll_s` again and again until all are."""
    store = EmbeddingStore(root)
    while True:
        written = store.written()
        done, total = int(written.sum()), len(written)
        say(f"{done} of {total} pages ({100 * done / max(1, total):.1f} %)")
        if poll_s is None or done == total:
            return 0
        time.sleep(poll_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What is searched for: words, or a picture's file."""

    root: Path
    words: str = ""
    picture: Path | None = None
    analysis: Path | None = None
    wish: EmbedderWish
    k: int = 20
    sheet: Path | None = None
    json: bool = False


def search(request: SearchRequest) -> int:
    """Print what is found, and write the sheet; return 1 where nothing is.

    Raises:
        BadRequest: neither or both are asked for, or nothing was embedded there.
    """
    if bool(request.words) == (request.picture is not None):
        raise BadRequest("Say what to search for.", 'Words: "a witch flying at night"; or --picture FILE.')
    if request.sheet is not None and request.analysis is None:
        raise BadRequest("A sheet needs the pages' pictures.", "Add --analysis, the folder of `library analyse`.")
    store = EmbeddingStore(request.root)
    if request.picture is not None:
        rgb = decode_page(read_named(request.picture, "The picture", "Name a picture.")).rgb
        found = search_picture(store, _seen(store, request.wish, rgb), request.k)
    else:
        has_words = store.kind.embedder in ("siglip2", "clip")
        found = search_words(store, _embedder_of(store, request.wish) if has_words else None, request.words, request.k)
    if request.json:
        listed: list[dict[str, Any]] = [
            {"page_id": one.page_id, "score": round(one.score, 5), "panel": one.panel, "why": one.why} for one in found
        ]
        Console(soft_wrap=True).print(json.dumps(listed, indent=1), markup=False, highlight=False)
    else:
        for one in found:
            Console(soft_wrap=True, highlight=False).print(
                printable(f"{one.score:.3f}  {one.page_id}  ({one.why})"), markup=False
            )
    if not found:
        say("Nothing was found. Try other words, or --picture.")
    if request.sheet is not None and request.analysis is not None:
        asked = request.words or f"Like {request.picture}"
        html = sheet_html(asked, cards(found, AnalysedShelf(request.analysis)))
        write_whole(request.sheet, html.encode())
        say(f"Sheet: {request.sheet}")
    return 0 if found else 1


def _seen(store: EmbeddingStore, wish: EmbedderWish, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture's vector as the store's are made; for Closure-Lite it is a page of one panel."""
    if store.kind.embedder != CLOSURE:
        vectors = _embedder_of(store, wish).embed([rgb])
        return np.asarray(vectors[0], np.float32)
    if wish.closure is None:
        raise BadRequest("The embeddings are Closure-Lite's.", "Name its file: --closure FILE.onnx.")
    network = _network(wish.closure)
    if network.version != store.kind.version:
        raise BadRequest("The embeddings are of another Closure-Lite.", "Name the file that they were made with.")
    return network.read(rgb, [(0, 0, rgb.shape[1], rgb.shape[0])], [""]).page


def _embedder_of(store: EmbeddingStore, wish: EmbedderWish) -> Embedder:
    choice = EmbedderWish(id=store.kind.embedder, folder=wish.folder).choose()
    if choice.version != store.kind.version:
        words = f"The embeddings are of {choice.id} {store.kind.version}, here is {choice.version}."
        raise BadRequest(words, "Embed the shelf anew, or name the folder of that one.")
    return _opened(choice)


def _opened(choice: EmbedderChoice) -> Embedder:
    try:
        return choice.open()
    except EngineError as exc:
        raise EngineNotAvailable(str(exc), exc.hint) from exc
