"""Embeddings: opened with plain xarray, written by two processes at once, one of them killed; searched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray
import zarr
from PIL import Image

from host.errors import BadRequest
from host.library.embed.indexes import faiss_kind, nearest, postprocess, unit_vectors
from host.library.embed.search import Found, fused
from host.library.embed.store import CHUNK_PAGES, ZARR, EmbeddingStore, PageFacts, PageRow, StoreKind
from host.library.embed.words import WordsIndex
from tests.host.library.shelves import make_cbz
from tests.host.test_cli_library import small

ROOT = Path(__file__).parents[4]
KIND = StoreKind("toy", "1", 8, 3)


def row(seed: int, panels: int = 2) -> PageRow:
    noise = np.random.default_rng(seed)
    return PageRow(
        page=noise.normal(size=8).astype(np.float32),
        panels=noise.normal(size=(panels, 8)).astype(np.float32),
        attention=np.full(panels, 1 / max(1, panels), np.float32),
        order=-np.arange(panels, dtype=np.float32),
        coordinates=np.full((panels, 4), seed, np.float32),
        texts=tuple(f"text {seed} ä" for _ in range(panels)),
    )


def facts(*names: str) -> list[PageFacts]:
    return [PageFacts(name, f"/shelf/{name}", "archive", "S", "1", "", place + 1) for place, name in enumerate(names)]


def test_plain_xarray_opens_what_was_written(tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, KIND)
    rows = store.add_pages(facts("b", "a"))
    assert rows == {"b": 0, "a": 1}
    store.write({1: row(1), 0: row(0, 0)})
    assert store.add_pages(facts("a", "c")) == {"b": 0, "a": 1, "c": 2}
    store.write({2: row(2, 3)})
    with xarray.open_zarr(tmp_path / ZARR) as found:
        assert dict(found.sizes) == {"page_id": 3, "panel_id": 3, "embedding_dim": 8, "coord_dim": 4}
        assert set(found.coords) == {
            *("page_id", "manifest_path", "source", "series", "volume", "issue", "page_num"),
            *("panel_id", "embedding_dim", "coord_dim"),
        }
        assert set(found.data_vars) == {
            *("panel_embeddings", "page_embeddings", "attention_weights", "reading_order", "panel_coordinates"),
            *("text_content", "panel_mask", "written"),
        }
        assert found.page_id.values.tolist() == ["b", "a", "c"]
        assert found.sel(page_id="c").text_content.values.tolist() == ["text 2 ä"] * 3
        np.testing.assert_array_equal(found.sel(page_id="a").panel_embeddings[:2], row(1).panels)
        assert found.panel_mask.values.sum(1).tolist() == [0, 2, 3]
        assert np.isnan(found.sel(page_id="b").reading_order.values).all()
        assert found.coord_dim.values.tolist() == list("xywh")
    array = zarr.open_group(tmp_path / ZARR, mode="r")["panel_embeddings"]
    assert array.chunks == (CHUNK_PAGES, 3, 8)
    assert array.compressors[0].to_dict()["configuration"]["cname"] == "zstd"
    with pytest.raises(BadRequest, match="was made with toy 1"):
        EmbeddingStore(tmp_path, StoreKind("toy", "2", 8, 3))
    with pytest.raises(BadRequest, match="no embeddings"):
        EmbeddingStore(tmp_path / "nothing")


@pytest.mark.parametrize("many", [10_000, 100])
def test_the_nearest_are_those_of_all_vectors(many: int, tmp_path: Path) -> None:
    store = EmbeddingStore(tmp_path, KIND)
    count = 1100  # more than a chunk
    rows = store.add_pages(facts(*(f"p{number:04}" for number in range(count))))
    store.write({rows[f"p{number:04}"]: row(number) for number in range(count) if number != 7})
    assert postprocess(store, None, many) == {"page": count - 1, "panel": 2 * (count - 1)}
    vectors = np.concatenate([found for _, found in unit_vectors(store, "page")])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    with xarray.open_zarr(tmp_path / ZARR) as found:
        assert found.page_embeddings_norm.dims == ("page_id", "embedding_dim")
    query = row(1005).page / np.linalg.norm(row(1005).page)
    by_index = nearest(store, "page", query, 5)
    (tmp_path / "faiss" / "page.json").write_text("{}")
    plain = nearest(store, "page", query, 5)
    assert by_index[0][0] == plain[0][0] == 1005
    if many > count:
        assert [one for one, _ in by_index] == [one for one, _ in plain]
    assert json.loads((tmp_path / "page_id_index.json").read_text())["1005"] == "p1005"


def test_indexes_are_exact_until_there_are_very_many_rows() -> None:
    assert faiss_kind(100_000) == "Flat"
    assert faiss_kind(100_001) == "IVF1264_HNSW32,Flat"


def test_rankings_are_put_together_by_their_ranks() -> None:
    one = [Found("a", 9.0, why="words"), Found("b", 8.0, why="words")]
    other = [Found("b", 0.9, 1, "panel 2"), Found("c", 0.8, None, "the page")]
    both = fused([one, other])
    assert [found.page_id for found in both] == ["b", "a", "c"]
    assert (both[0].panel, both[0].why) == (1, "words and panel 2")


def environ(home: Path) -> dict[str, str]:
    return os.environ | {"IRODORI_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "200", "OMP_NUM_THREADS": "1"}


def irodori(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "host.cli", "library", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, env=environ(home), cwd=ROOT, check=False, timeout=240)


@pytest.fixture
def analysed(irodori_home: Path, tmp_path: Path, pages: Path) -> Path:
    names = ("panels-en.webp", "insets-en.jpg", "figures-en.webp")
    for volume in range(3):
        files = {f"{place}.jpg": small(pages / name, 150 + volume) for place, name in enumerate(names)}
        make_cbz(tmp_path / "shelf" / f"v{volume}.cbz", files | ({"x.jpg": b"rubbish"} if volume == 2 else {}))
    done = irodori(irodori_home, "analyse", tmp_path / "shelf", "-o", tmp_path / "analysis", "--workers", 2)
    assert "9 read" in done.stderr, done.stderr
    return tmp_path / "analysis"


def test_two_processes_write_one_store_and_one_is_killed(irodori_home: Path, analysed: Path, tmp_path: Path) -> None:
    alone = irodori(irodori_home, "embed", analysed, "-o", tmp_path / "alone", "--no-index")
    assert "9 pages written, 0 kept, 1 skipped" in alone.stderr, alone.stderr
    line = [sys.executable, "-m", "host.cli", "library", "embed", str(analysed), "-o", str(tmp_path / "both")]
    quiet = {"env": environ(irodori_home), "cwd": ROOT, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(line, **quiet) as first, subprocess.Popen(line, **quiet) as second:  # type: ignore[call-overload]
        deadline = time.monotonic() + 120
        while not list((tmp_path / "both").glob(".locks/volume-*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        second.wait(timeout=200)
    assert second.returncode == 1  # the page that is none was skipped
    again = irodori(irodori_home, "embed", analysed, "-o", tmp_path / "both")
    assert "0 pages written, 9 kept, 1 skipped" in again.stderr, again.stderr
    with xarray.open_zarr(tmp_path / "alone" / ZARR) as one, xarray.open_zarr(tmp_path / "both" / ZARR) as other:
        assert bool(other.written.all())
        other = other.sel(page_id=one.page_id)
        for name in one.data_vars:
            np.testing.assert_array_equal(one[name].values, other[name].values)
        assert one.attrs["embedder"] == "compact"
        assert float(np.abs(one.attention_weights.values.sum(1) - 1).max()) < 1e-5
    audit = [json.loads(each) for each in (tmp_path / "both" / "audit_mapping.jsonl").read_text().splitlines()]
    assert {one["page"] for one in audit} == {"v2/x.jpg"}
    shown = irodori(irodori_home, "progress", tmp_path / "both")
    assert "9 of 9 pages" in shown.stderr
    picture = tmp_path / "query.png"
    make_query(tmp_path / "shelf" / "v1.cbz", picture)
    sheet = tmp_path / "sheet.html"
    arguments = ("--picture", picture, "--json", "--top", 3, "--sheet", sheet, "--analysis", analysed)
    found = irodori(irodori_home, "search", tmp_path / "both", *arguments)
    assert found.returncode == 0, found.stderr
    assert {one["page_id"].rpartition("/")[2] for one in json.loads(found.stdout)} == {"1.jpg"}
    html = sheet.read_text()
    assert html.count("data:image/webp") == 3
    assert "<script" not in html
    nothing = irodori(irodori_home, "search", tmp_path / "both", "zzz")
    assert nothing.returncode == 1
    assert "Nothing was found" in nothing.stderr


def make_query(volume: Path, path: Path) -> None:
    import io
    import zipfile

    with zipfile.ZipFile(volume) as archive, Image.open(io.BytesIO(archive.read("1.jpg"))) as page:
        page.convert("L").resize((300, 450)).save(path)


def test_words_are_found_by_their_stems_and_japanese_by_its_letters(tmp_path: Path) -> None:
    class Shelf:
        def pages(self) -> list[object]:
            return [
                Page("a", "A WITCH is flying\nAT NIGHT"),
                Page("b", "the cat sleepsundermoonlight"),
                Page("c", "今夜は空を飛ぶ"),
            ]

    class Page:
        def __init__(self, page_id: str, words: str) -> None:
            self.id, self.words = page_id, words

    from unittest import mock

    index = WordsIndex(tmp_path / "words.sqlite3")
    assert index.search("anything", 3) == []
    with mock.patch("host.library.embed.words.page_words", lambda page: page.words):
        index.rebuild(Shelf())  # type: ignore[arg-type]
    assert [one for one, _ in index.search("a witch flies in the nights", 5)] == ["a"]
    assert [one for one, _ in index.search("the Moonlight", 5)] == ["b"]
    assert [one for one, _ in index.search("空を飛ぶ", 5)] == ["c"]
    assert [one for one, _ in index.search("空を", 5)] == ["c"]
    assert index.search('" OR NEAR(*', 5) == []
    with pytest.raises(BadRequest):
        index.search("?!", 5)
