"""The way of a shelf, with a colourer that answers at once."""

from __future__ import annotations

import hashlib
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from host.application import Application
from host.errors import BadRequest, DiskFull
from host.library.manifest import FOLDER, Manifest
from host.library.orders import OrderBook
from host.library.page_store import PageStore
from host.library.plan import Plan, make_plan
from host.library.references import Chosen, References, read_mapping, read_named
from host.library.run import ShelfRun
from host.library.shelf import Shelf, find_volumes
from host.library.writing import Writer
from host.messaging.messages import Options
from host.paths import state_paths
from tests.host.library.shelves import Inline, make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host.library.colourer import PageResult
    from host.library.manifest import VolumeRecord
    from host.library.shelf import Source
    from host.vocabulary import OutputKind

pytestmark = pytest.mark.slow


class Heard:
    def __init__(self) -> None:
        self.pages: list[str] = []
        self.volumes: list[VolumeRecord] = []

    def began(self, source: Source, pages: int) -> None: ...

    def page_ended(self, source: Source, page: str, result: PageResult) -> None:
        self.pages.append(f"{source.place}/{page}")

    def ended(self, source: Source, record: VolumeRecord) -> None:
        self.volumes.append(record)


class Library:
    """A shelf and its output, coloured inline."""

    def __init__(self, root: Path, application: Application) -> None:
        self.shelf, self.output = root / "shelf", root / "out"
        self.shelf.mkdir()
        self.workers = Inline()
        self.heard = Heard()
        self.orders = OrderBook(application, None, Options(), "png")
        self.kind: OutputKind = "cbz"
        self.references = root / "none"

    def found(self) -> Shelf:
        return find_volumes([self.shelf], self.output)

    def colour(self, *, retry: bool = False) -> Plan:
        self.output.mkdir(exist_ok=True)
        shelf = self.found()
        with Manifest(self.output) as manifest:
            plan = make_plan(shelf.sources, self.output, manifest, lambda *_: self.kind, 1, "png", retry=retry)
            references = References(Chosen(), {}, shelf.sources, self.workers.has_colour)
            writer = Writer(self.output, self.kind, "png", manifest.folder / "waiting")
            ShelfRun(
                manifest, PageStore(manifest.folder / "pages"), self.workers, self.orders, references, writer,
                self.heard, lambda *_: self.kind,
            ).run(plan)  # fmt: skip
        return plan

    def digests(self) -> dict[str, str]:
        return {
            path.relative_to(self.output).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.output.rglob("*")
            if path.is_file() and FOLDER not in path.parts
        }


@pytest.fixture
def library(tmp_path: Path, irodori_home: Path) -> Iterator[Library]:
    with Application.open(state_paths(), lambda _: None) as application:
        yield Library(tmp_path, application)


def fill(shelf: Path) -> None:
    make_cbz(shelf / "A" / "1.cbz", {"1.png": picture(1), "2.png": picture(2), "ComicInfo.xml": b"<ComicInfo/>"})
    make_cbz(shelf / "A" / "2.cbz", {"1.png": picture(3), "skip.png": b"skip", "fail.png": b"fail"})
    inner = make_cbz(shelf / "inner.cbz", {"1.png": picture(1)}).read_bytes()
    make_cbz(shelf / "B.cbz", {"1.png": picture(4), "more.cbz": inner, "cover.txt": b"hello"})


def test_every_page_in_is_a_page_out(library: Library) -> None:
    fill(library.shelf)
    library.colour()
    with zipfile.ZipFile(library.output / "A" / "2.cbz") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "1.png": b"col" + picture(3), "skip.png": b"skip", "fail.png": b"fail"
        }  # fmt: skip
    with zipfile.ZipFile(library.output / "A" / "1.cbz") as archive:
        assert "<PageCount>2</PageCount>" in archive.read("ComicInfo.xml").decode()
    with zipfile.ZipFile(library.output / "B.cbz") as archive:
        assert archive.namelist() == ["1.png", "cover.txt"]
    with zipfile.ZipFile(library.output / "B" / "more.cbz") as archive:
        assert archive.namelist() == ["1.png"]
    [second] = [one for one in library.heard.volumes if one.place == "A/2"]
    [output] = second.outputs
    assert (output.pages, output.coloured, output.left, output.failed) == (3, 1, 1, (("fail.png", "It failed."),))
    assert second.has_failures
    assert output.direction == "rtl"


def test_what_is_done_is_not_done_again_and_what_changed_is(library: Library) -> None:
    fill(library.shelf)
    library.colour()
    count = len(library.workers.coloured)
    before = library.digests()
    assert library.colour().to_do == []
    assert len(library.workers.coloured) == count
    make_cbz(library.shelf / "A" / "1.cbz", {"1.png": picture(9)})
    (library.output / "inner.cbz").unlink()
    assert {volume.source.place for volume in library.colour().to_do} == {"A/1", "inner"}
    assert set(library.digests()) == set(before)


def test_a_file_that_was_only_touched_is_not_done_again(library: Library) -> None:
    fill(library.shelf)
    library.colour()
    import os

    os.utime(library.shelf / "B.cbz", (1, 1))
    assert library.colour().to_do == []


@pytest.mark.parametrize("kind", ["cbz", "folder"])
def test_a_run_that_was_ended_anywhere_goes_on_to_the_same_bytes(
    library: Library, tmp_path: Path, kind: OutputKind
) -> None:
    fill(library.shelf)
    library.kind = kind
    library.colour()
    whole, pages = library.digests(), len(library.workers.coloured)
    for end in range(pages):
        library.output = tmp_path / f"out{end}"
        library.workers = Inline()
        library.workers.end_after = end
        with pytest.raises(KeyboardInterrupt):
            library.colour()
        first = library.workers.coloured
        library.workers = Inline()
        library.colour()
        assert library.digests() == whole
        repeated = [page for page in library.workers.coloured if page in first and not page.startswith(b"fail")]
        shared = {picture(1)}  # a page of three volumes; each forgets it once it is written
        assert set(repeated) <= shared, end


def test_what_travels_along_goes_through_no_file_and_ends_no_run(library: Library) -> None:
    files = {"a.png": picture(1), "b/1.png": picture(2), "a.png/notes.txt": b"notes", "b": b"words"}
    make_cbz(library.shelf / "v.cbz", files)
    library.kind = "folder"
    library.colour()
    out = library.output / "v"
    there = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert sorted(there) == ["a (2).png/notes.txt", "a.png", "b (2)", "b/1.png"]
    assert sorted(there.values()) == sorted([b"col" + picture(1), b"col" + picture(2), b"notes", b"words"])


def test_one_picture_of_several_pages_is_coloured_once_while_it_is_under_way(library: Library) -> None:
    make_cbz(library.shelf / "v.cbz", {f"{n}.png": picture(1) for n in range(3)})
    library.colour()
    assert len(library.workers.coloured) == 1
    with zipfile.ZipFile(library.output / "v.cbz") as archive:
        assert len(archive.namelist()) == 3


def test_a_volume_that_cannot_be_read_stops_no_other(library: Library) -> None:
    fill(library.shelf)
    (library.shelf / "bad.cbz").write_bytes(b"PK\x03\x04 rubbish")
    make_cbz(library.shelf / "none.cbz", {"readme.txt": b"x"})
    library.colour()
    faults = {one.place: one.fault for one in library.heard.volumes if one.fault}
    assert set(faults) == {"bad", "none"}
    assert len(library.heard.volumes) == 6


def test_a_volume_that_could_not_be_read_is_looked_at_again(library: Library) -> None:
    (library.shelf / "bad.cbz").write_bytes(b"PK\x03\x04 rubbish")
    library.colour()
    before = (library.shelf / "bad.cbz").stat()
    assert [volume.source.place for volume in library.colour().to_do] == ["bad"]
    make_cbz(library.shelf / "bad.cbz", {"1.png": picture(1)})
    assert before.st_size != (library.shelf / "bad.cbz").stat().st_size
    assert [volume.fault for volume in library.colour().to_do] == [""]
    assert library.colour().to_do == []


def test_a_volume_that_is_tried_again_takes_its_own_place_and_no_other_s(library: Library) -> None:
    path = make_cbz(library.shelf / "v.cbz", {"1.png": picture(1), "2.png": picture(2)})
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x03\x04", 4)
    data[at : at + 4] = b"gone"
    path.write_bytes(data)
    (library.output).mkdir()
    (library.output / "v.cbz").write_bytes(b"somebody's")
    library.colour()
    [record] = library.heard.volumes
    assert [(one.path, one.pages, one.written) for one in record.outputs] == [("v (2).cbz", 2, 1)]
    (library.output / "v.cbz").unlink()
    for _ in range(3):
        assert len(library.colour(retry=True).to_do) == 1
    assert set(library.digests()) == {"v (2).cbz", "v.cbz"}


def test_a_full_disk_ends_the_run_and_loses_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library.shelf)

    def full(*_: object) -> None:
        raise DiskFull("The disk has no room.")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "write", full)
        with pytest.raises(DiskFull):
            library.colour()
    library.workers = Inline()
    library.colour()
    assert {one.place for one in library.heard.volumes} == {"A/1", "A/2", "B", "inner"}


def test_nothing_is_left_in_the_work_folder_of_volumes_that_are_written(library: Library) -> None:
    fill(library.shelf)
    library.colour()
    assert not list((library.output / FOLDER).rglob("*.page"))
    assert not list((library.output / FOLDER / "waiting").glob("*"))


@pytest.mark.parametrize("kind", ["pdf", "epub"])
def test_a_volume_becomes_a_document(library: Library, kind: OutputKind) -> None:
    make_cbz(library.shelf / "v.cbz", {"1.png": picture(5), "fail.png": b"fail"})
    library.workers.word = b""
    library.kind = kind
    library.colour()
    [record] = library.heard.volumes
    [output] = record.outputs
    assert (output.path, output.coloured, output.failed) == (f"v.{kind}", 1, (("fail.png", "It failed."),))
    assert "fail.png" in output.words


def test_a_document_without_a_picture_is_told(library: Library) -> None:
    make_cbz(library.shelf / "v.cbz", {"fail.png": b"fail"})
    library.kind = "pdf"
    library.colour()
    [record] = library.heard.volumes
    assert record.fault or not record.outputs[0].path


def references_of(library: Library, mapping: Path | None = None, named: list[Path] | None = None) -> dict[str, str]:
    shelf = library.found()
    chosen = read_named(named or [])[0] if named else Chosen()
    references = References(chosen, read_mapping(mapping), shelf.sources, library.workers.has_colour)
    from host.library.opening import open_source

    found = {}
    for source in shelf.sources:
        books = open_source(source)
        found[source.place] = references.of(source, books[0]).words
        for book in books:
            book.close()
    return found


def test_a_volume_takes_the_colours_of_its_cover_else_of_its_series(library: Library, tmp_path: Path) -> None:
    grey, cover = picture(1), picture(2, coloured=True)
    make_cbz(library.shelf / "A" / "1.cbz", {"0.png": grey, "1.png": grey})
    make_cbz(library.shelf / "A" / "2.cbz", {"0.png": grey, "1.png": cover})
    make_cbz(library.shelf / "B.cbz", {"0.png": grey, "9.png": cover, "ComicInfo.xml":
             b'<ComicInfo><Pages><Page Image="1" Type="FrontCover"/></Pages></ComicInfo>'})  # fmt: skip
    make_cbz(library.shelf / "C" / "1.cbz", {"0.png": grey})
    assert references_of(library) == {
        "A/1": "page 1.png of 2.cbz", "A/2": "its page 1.png", "B": "its page 9.png",
        "C/1": "no reference: no cover in colour",
    }  # fmt: skip
    (tmp_path / "ref.png").write_bytes(cover)
    mapping = tmp_path / "map.json"
    mapping.write_text(json.dumps({"A/2": "ref.png", "C*": ["ref.png"]}))
    assert references_of(library, mapping)["A/2"] == "ref.png"
    assert references_of(library, mapping)["C/1"] == "ref.png"
    assert set(references_of(library, None, [tmp_path / "ref.png"]).values()) == {"ref.png"}


def test_covers_of_many_series_do_not_all_stay_in_memory(library: Library) -> None:
    for number in range(9):
        make_cbz(library.shelf / f"S{number}" / "1.cbz", {"0.png": picture(1)})
        make_cbz(library.shelf / f"S{number}" / "2.cbz", {"0.png": picture(number, coloured=True)})
    shelf = library.found()
    references = References(Chosen(), {}, shelf.sources, library.workers.has_colour)
    from host.library.opening import open_source

    for source in shelf.sources:
        [book] = open_source(source)
        assert references.of(source, book).pictures
        book.close()
    assert 0 < len(references._covers) <= 4


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', '{"a": []}', '{"a": ["nothing.png"]}', "[" * 100_000])
def test_a_mapping_that_is_none_is_refused_before_any_work(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.json"
    path.write_text(text)
    with pytest.raises(BadRequest):
        read_mapping(path)


def test_another_order_is_another_key(library: Library) -> None:
    order = library.orders.order((), "auto")
    assert order.identity == library.orders.order((), "auto").identity
    assert order.identity != library.orders.order((), "rtl").identity
    assert order.key("0" * 64) != order.key("1" * 64)
