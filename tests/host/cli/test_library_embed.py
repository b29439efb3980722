"""`irodori library embed`, `progress` and `search` in this process, over small stores and the palette's embedder."""

from __future__ import annotations

import json
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engines.base import EngineError
from engines.embed.closure import ID as CLOSURE
from engines.embed.shipped import PALETTE
from host.cli.library import embed
from host.cli.library.embed import EmbedderWish, SearchRequest, search, show_progress
from host.errors import BadRequest, EngineNotAvailable
from host.library.embed.store import EmbeddingStore, PageFacts, PageRow, StoreKind
from tests.host.library.embed.test_sheet import analysed
from tests.host.library.shelves import picture

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("zarr")
pytestmark = [
    pytest.mark.usefixtures("irodori_home"),
    pytest.mark.skipif(find_spec("faiss") is None, reason="faiss makes the indexes"),
]
WISH = EmbedderWish(id="palette")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("NO_COLOR", "1")


def embedded(folder: Path, capsys: pytest.CaptureFixture[str], **wishes: Any) -> tuple[Path, list[str], int]:
    analysed(folder, "v0", "v1")
    status = embed.embed(folder / "analysis", folder / "store", WISH, **wishes)
    return folder / "store", capsys.readouterr().err.splitlines(), status


def test_pages_are_embedded_and_indexed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, said, status = embedded(tmp_path, capsys, panels=5)
    assert (said[0], status) == (f"4 pages written, 0 kept, 0 skipped -> {EmbeddingStore(root).path}", 0)
    assert said[1] == "Indexed 4 pages and 0 panels."
    kind = EmbeddingStore(root).kind
    assert (kind.embedder, kind.version, kind.panels) == (*PALETTE[:2], 5)
    for order, words in (
        ({}, "0 pages written, 4 kept"),
        ({"overwrite": True, "pages_max": 1}, "1 pages written, 0 kept"),
    ):
        assert embed.embed(tmp_path / "analysis", root, WISH, panels=5, index=False, **order) == 0
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(words)


def test_a_page_that_was_skipped_fails_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    analysed(tmp_path, "v0")
    (tmp_path / "analysis" / "v0" / "1.meta.json").write_text("{}")
    assert embed.embed(tmp_path / "analysis", tmp_path / "store", WISH, index=False) == 1
    assert capsys.readouterr().err.startswith("1 pages written, 0 kept, 1 skipped")


def test_how_much_is_whole_is_said_once_or_until_all_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EmbeddingStore(tmp_path, StoreKind("toy", "1", 4, 1))
    rows = store.add_pages([PageFacts(name, "/", "archive", "", "", "", 1) for name in "abc"])
    write(store, rows["b"])
    assert show_progress(tmp_path, None) == 0
    assert capsys.readouterr().err == "1 of 3 pages (33.3 %)\n"
    waits: list[float] = []

    def another(seconds: float) -> None:
        write(store, rows["ac"[len(waits)]])
        waits.append(seconds)

    monkeypatch.setattr(embed.time, "sleep", another)
    assert show_progress(tmp_path, 0.5) == 0
    assert waits == [0.5, 0.5]
    assert [line.split(" pages")[0] for line in capsys.readouterr().err.splitlines()] == ["1 of 3", "2 of 3", "3 of 3"]
    assert show_progress(tmp_path, 0.5) == 0
    assert len(waits) == 2


def test_of_no_pages_none_is_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    EmbeddingStore(tmp_path, StoreKind("toy", "1", 4, 1))
    assert show_progress(tmp_path, 0.5) == 0
    assert capsys.readouterr().err == "0 of 0 pages (0.0 %)\n"


def write(store: EmbeddingStore, row: int) -> None:
    nothing, vector = np.zeros((1, 4), np.float32), np.ones(4, np.float32)
    store.write({row: PageRow(vector, nothing, nothing[:, 0], nothing[:, 0], nothing, ("",))})


def asked(root: Path, **wishes: Any) -> SearchRequest:
    return SearchRequest(root=root, **({"wish": EmbedderWish()} | wishes))


def test_a_picture_finds_its_page_first_and_a_sheet_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, _, _ = embedded(tmp_path, capsys)
    (tmp_path / "seen.png").write_bytes(picture(3))
    sheet = tmp_path / "sheet.html"
    wishes = {"picture": tmp_path / "seen.png", "k": 2}
    assert search(asked(root, **wishes, sheet=sheet, analysis=tmp_path / "analysis")) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert len(lines) == 2
    assert lines[0] == "1.000  v1/1.png  (the page)"
    assert told.err.splitlines() == [f"Sheet: {sheet}"]
    html = sheet.read_text("utf-8")
    assert f"Like {tmp_path / 'seen.png'}" in html
    assert html.count("<li>") == 2
    assert search(asked(root, **wishes, json=True)) == 0
    found = json.loads(out := capsys.readouterr().out)
    assert found[0] == {"page_id": "v1/1.png", "score": 1.0, "panel": None, "why": "the page"}
    assert '[\n {\n  "page_id"' in out


def test_words_find_what_is_written_or_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = {"v0/0.png": "a witch at night", "v1/1.png": "rain"}
    monkeypatch.setattr("host.library.embed.words.page_words", lambda page: written.get(page.id, ""))
    root, _, _ = embedded(tmp_path, capsys)
    assert search(asked(root, words="witches")) == 0
    told = capsys.readouterr()
    assert told.out.endswith("  v0/0.png  (words)\n")
    assert told.err == ""
    assert search(asked(root, words="sunshine")) == 1
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "Nothing was found. Try other words, or --picture.\n")


@pytest.mark.parametrize(
    ("wishes", "message", "hint"),
    [
        ({}, "Say what to search for.", 'Words: "a witch flying at night"; or --picture FILE.'),
        (
            {"words": "a", "picture": "p"},
            "Say what to search for.",
            'Words: "a witch flying at night"; or --picture FILE.',
        ),
        (
            {"words": "a", "sheet": "s"},
            "A sheet needs the pages' pictures.",
            "Add --analysis, the folder of `library analyse`.",
        ),
    ],
)
def test_what_cannot_be_searched_for_is_refused(
    wishes: dict[str, Any], message: str, hint: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRequest) as told:
        search(asked(tmp_path, **wishes))
    assert (told.value.message, told.value.hint) == (message, hint)


def test_an_embedder_is_the_asked_for_one_or_the_setting_s_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, str]] = []

    def choose(wanted: str, folder: str) -> Any:
        calls.append((wanted, folder))
        return SimpleNamespace(id="palette")

    monkeypatch.setattr(embed, "choose_embedder", choose)
    settings = SimpleNamespace(embedder="palette", embedder_folder="/of/setting")
    monkeypatch.setattr(embed, "SettingsFile", lambda _: SimpleNamespace(current=settings))
    assert EmbedderWish().choose().id == "palette"
    with pytest.raises(EngineNotAvailable) as told:
        EmbedderWish(id="clip", folder=embed.state_paths().cache).choose()
    assert told.value.message == "The embedder clip cannot run here."
    assert calls == [("palette", "/of/setting"), ("clip", str(embed.state_paths().cache))]


def store_of(embedder: str, version: str) -> Any:
    return SimpleNamespace(kind=SimpleNamespace(embedder=embedder, version=version))


def test_a_picture_is_seen_as_the_store_s_were() -> None:
    rgb = np.full((20, 10, 3), 200, np.uint8)
    seen = embed._seen(store_of(*PALETTE), EmbedderWish(), rgb)
    np.testing.assert_array_equal(seen, embed._opened(WISH.choose()).embed([rgb])[0])
    with pytest.raises(BadRequest) as told:
        embed._seen(store_of(PALETTE[0], "0"), EmbedderWish(), rgb)
    assert told.value.message == f"The embeddings are of {PALETTE[0]} 0, here is {PALETTE[1]}."


def test_closure_lite_s_own_file_reads_a_picture_as_a_page_of_one_panel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb = np.zeros((20, 10, 3), np.uint8)
    with pytest.raises(BadRequest, match="The embeddings are Closure-Lite's"):
        embed._seen(store_of(CLOSURE, "1"), EmbedderWish(), rgb)
    network = SimpleNamespace(version="1", width=7, read=lambda *what: SimpleNamespace(page=what))
    monkeypatch.setattr(embed, "ClosureNetwork", lambda path: network)
    wish = EmbedderWish(closure=tmp_path / "c.onnx")
    assert embed._seen(store_of(CLOSURE, "1"), wish, rgb)[1:] == ([(0, 0, 10, 20)], [""])  # type: ignore[comparison-overlap]
    with pytest.raises(BadRequest, match="of another Closure-Lite"):
        embed._seen(store_of(CLOSURE, "2"), wish, rgb)
    assert embed._maker(wish, 3)[1] == StoreKind(CLOSURE, "1", 7, 3)


def test_what_a_network_or_embedder_refuses_is_told_with_its_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Any:
        raise EngineError("It is torn.", "Pull it again.")

    monkeypatch.setattr(embed, "ClosureNetwork", refuse)
    for call in (lambda: embed._network(tmp_path), lambda: embed._opened(SimpleNamespace(open=refuse))):  # type: ignore[arg-type]
        with pytest.raises(EngineNotAvailable) as told:
            call()
        assert (told.value.message, told.value.hint) == ("It is torn.", "Pull it again.")
