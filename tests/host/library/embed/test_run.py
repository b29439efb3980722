"""The way of a shelf through an embedder: what is written, kept and skipped, and who else may be at a volume."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from host.library.embed.run import AUDIT, INPUTS, EmbedRun, append
from host.library.embed.store import LOCKS, EmbeddingStore, PageRow, StoreKind
from host.library.understand.shelf import AnalysedShelf
from host.locks import ProcessLock
from host.pipeline.records.page_meta import PageMeta
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("zarr")

META = PageMeta(size=(40, 60), pixels_sha256="0" * 64, kind="story", direction="rtl", panels=[])


def toy_rows(page: Any, meta: PageMeta, rgb: np.ndarray, panels_max: int) -> PageRow:
    assert meta == META
    nothing = np.zeros(0, np.float32)
    vector = np.full(4, rgb.mean(), np.float32)
    return PageRow(vector, np.zeros((0, 4), np.float32), nothing, nothing, np.zeros((0, 4), np.float32), ())


class Way:
    """Two analysed volumes of two pages, and an embedder that adds their pixels up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = EmbeddingStore(folder / "store", StoreKind("toy", "1", 4, 1))
        self.told: list[tuple[int, int]] = []
        for number in (0, 2):
            files = {f"{place}.png": picture(number + place) for place in range(2)}
            make_cbz(folder / "shelf" / f"v{number}.cbz", files)

    def analysed(self, **faults: str) -> AnalysedShelf:
        """Write what an analysis leaves behind. faults: of pages, by their names."""
        from hashlib import sha256

        lines = []
        for number in (0, 2):
            place = f"v{number}"
            folder = self.folder / "analysis" / place
            folder.mkdir(parents=True, exist_ok=True)
            entries = []
            for page in range(2):
                entry = {"id": f"{place}/{page}.png", "name": f"{page}.png", "stem": str(page), "number": page}
                entry |= {"sha256": sha256(picture(number + page)).hexdigest(), "order": "one"}
                entries.append(json.dumps(entry | {"fault": faults.get(f"{place}_{page}", "")}))
                (folder / f"{page}.meta.json").write_text(META.model_dump_json())
            (folder / "pages.jsonl").write_text("\n".join(entries) + "\n")
            volume = {"place": place, "path": str(self.folder / "shelf" / f"{place}.cbz"), "stamp": "", "order": "one"}
            lines.append(json.dumps(volume | {"books": [{"place": place, "within": 0, "pages": 2}]}))
        ledger = self.folder / "analysis" / ".irodori-library" / "analysis.jsonl"
        ledger.parent.mkdir(exist_ok=True)
        ledger.write_text("\n".join(lines) + "\n")
        return AnalysedShelf(self.folder / "analysis")

    def run(self, shelf: AnalysedShelf, **order: Any) -> tuple[int, int, int]:
        """Return how many pages were written, kept and skipped."""
        run = EmbedRun(shelf, self.store, toy_rows, lambda done, total: self.told.append((done, total)), **order)
        run.run()
        return run.tally.written, run.tally.kept, run.tally.skipped

    def noted(self, name: str) -> list[str]:
        lines = (self.store.root / name).read_text().splitlines()
        return [json.loads(line)["page"] for line in lines]


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    monkeypatch.setattr("host.library.embed.run.time.sleep", lambda _: pytest.fail("it waits, though it is alone"))
    return Way(tmp_path)


def test_each_page_is_written_once_and_noted(way: Way) -> None:
    shelf = way.analysed()
    assert way.run(shelf) == (4, 0, 0)
    assert way.told == [(2, 4), (4, 4)]
    assert way.noted(INPUTS) == ["v0/0.png", "v0/1.png", "v2/0.png", "v2/1.png"]
    assert way.store.arrays()["page_embeddings"][:].mean(1) == pytest.approx(
        [np.repeat(np.random.default_rng(n).integers(0, 256, (60, 40, 1), np.uint8), 3, 2).mean() for n in range(4)]
    )
    assert way.run(shelf) == (0, 4, 0)
    assert way.run(shelf, overwrite=True) == (4, 0, 0)
    assert len(way.noted(INPUTS)) == 8


def test_a_run_of_so_many_pages_writes_no_more_and_the_next_goes_on(way: Way) -> None:
    shelf = way.analysed()
    assert way.run(shelf, pages_max=3) == (3, 0, 0)
    assert way.store.written().tolist() == [True, True, True, False]
    assert way.run(shelf) == (1, 3, 0)
    assert way.run(shelf, overwrite=True, pages_max=0) == (0, 0, 0)


def test_what_cannot_be_embedded_is_told_with_the_reason(way: Way) -> None:
    shelf = way.analysed(v0_0="These bytes are not a picture.")
    (way.folder / "analysis" / "v0" / "1.meta.json").write_text("{}")
    make_cbz(way.folder / "shelf" / "v2.cbz", {"0.png": picture(9)})
    assert way.run(shelf) == (0, 0, 4)
    told = dict(json.loads(line).values() for line in (way.store.root / AUDIT).read_text().splitlines())
    assert told["v0/0.png"] == "These bytes are not a picture."
    assert "record is gone or damaged" in told["v0/1.png"]
    assert "another picture" in told["v2/0.png"]
    assert "gone from its volume" in told["v2/1.png"]


def test_a_volume_that_another_process_has_is_left_to_it_until_it_lets_go(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = way.analysed()
    way.run(shelf, pages_max=0)
    locks = sorted((way.store.root / LOCKS).glob("volume-*"))
    assert len(locks) == 2
    others = [ProcessLock(path) for path in locks]
    assert all(one.try_acquire() for one in others)  # a run has let go of every volume when it ends
    waits: list[float] = []

    def let_go(seconds: float) -> None:
        waits.append(seconds)
        others[len(waits) - 1].close()

    monkeypatch.setattr("host.library.embed.run.time.sleep", let_go)
    assert way.run(shelf) == (4, 0, 0)
    assert len(waits) == 2
    assert all(0 < seconds < 5 for seconds in waits)


@pytest.mark.parametrize("fails", [False, True])
def test_whatever_comes_of_a_volume_its_lock_is_closed(way: Way, monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    closed = []

    class Watched(ProcessLock):
        def close(self) -> None:
            super().close()
            closed.append(self._path.name)

    monkeypatch.setattr("host.library.embed.run.ProcessLock", Watched)
    if fails:
        monkeypatch.setattr(way.store, "write", lambda rows: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            way.run(way.analysed())
        assert len(closed) == 1
    else:
        way.run(way.analysed())
        assert len(set(closed)) == len(closed) == 2


def test_lines_are_added_after_those_of_others(tmp_path: Path) -> None:
    append(tmp_path / "log", ["a", "ä"])
    append(tmp_path / "log", ["b"])
    assert (tmp_path / "log").read_text("utf-8") == "a\nä\nb\n"
