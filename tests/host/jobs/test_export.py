"""A chapter in one file."""

from __future__ import annotations

import io
import os
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from host.books.chapter_file import WRITERS
from host.books.chapter_names import chapter_stem, safe_stem
from host.errors import BadRequest, HashMismatch, JobCancelled, NotFound
from host.jobs.export import Exporter, _settle
from host.messaging.messages import (
    CacheClear,
    ChapterExport,
    ExportCancel,
    ExportPage,
    ExportProgress,
    JobStatusQuery,
    Page,
    PageDone,
    PageKeep,
    PageSkipped,
    RunChapter,
)
from host.vocabulary import ExportFormat
from tests.host.jobs.conftest import eventually, page_bytes, sha256
from tests.host.jobs.test_board import coloured_bytes

if TYPE_CHECKING:
    from host.messaging.messages import Message
    from tests.host.jobs.conftest import Reader, Watched

pytestmark = pytest.mark.slow


def run_mixed(reader: Reader, series: str = "A/B: <S>", chapter: str = "7") -> str:
    """Colour a chapter of a page, a coloured one, a broken one and another page; return the job's id."""
    contents = {"p0": page_bytes(1), "p1": coloured_bytes(), "p2": b"broken", "p3": page_bytes(2)}
    pages = [Page(page_id=name, index=int(name[1]), sha256=sha256(data)) for name, data in contents.items()]
    reader.encoded |= contents
    request = RunChapter(series=series, chapter=chapter, direction="rtl", references=[], pages=pages[::-1])
    accepted = reader.board.run_chapter(request)
    for page_id in accepted.need:
        reader.put(accepted.job_id, page_id)
    end = reader.listener.end_of(accepted.job_id)
    assert (end.done, end.skipped, end.failed) == (2, 1, 1)
    return accepted.job_id


def test_every_format_has_a_writer() -> None:
    assert set(WRITERS) == set(get_args(ExportFormat))


@pytest.mark.parametrize("kind", ["cbz", "zip"])
def test_an_archive_holds_the_pages_in_reading_order(reader: Reader, kind: str) -> None:
    job_id = run_mixed(reader)
    result = reader.board.export(ChapterExport(job_id=job_id, format=kind))  # type: ignore[arg-type]
    path = Path(result.path)
    assert path.parent == reader.application.paths.exports
    assert path.stat().st_size == result.bytes
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert names[:4] == ["001.png", "002.png", "003.bin", "004.png"]
        images = {page.page_id: page.image for page in reader.listener.of(PageDone)}
        assert [archive.read(name) for name in names[:4]] == [images["p0"], coloured_bytes(), b"broken", images["p3"]]
        if kind == "cbz":
            facts = {one.tag: one.text for one in ET.fromstring(archive.read("ComicInfo.xml"))}
            assert facts == {
                "Series": "A/B: <S>",
                "Number": "7",
                "Notes": "As they were: 2, 3.",
                "PageCount": "4",
                "Manga": "YesAndRightToLeft",
            }
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    again = reader.board.export(ChapterExport(job_id=job_id, format=kind))  # type: ignore[arg-type]
    assert again == result


def test_a_pdf_has_a_page_per_picture(reader: Reader) -> None:
    result = reader.board.export(ChapterExport(job_id=run_mixed(reader), format="pdf"))
    content = Path(result.path).read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 3


def test_without_a_finished_page_there_is_nothing_to_export(reader: Reader) -> None:
    accepted = reader.board.run_chapter(reader.chapter([1]))
    with pytest.raises(BadRequest) as refused:
        reader.board.export(ChapterExport(job_id=accepted.job_id, format="cbz"))
    assert refused.value.hint


def test_pages_that_the_cache_has_dropped_are_told(reader: Reader) -> None:
    job_id = reader.run([1])
    reader.listener.end_of(job_id)
    reader.application.store.results.clear(CacheClear().older_than_s)
    with pytest.raises(NotFound):
        reader.board.export(ChapterExport(job_id=job_id, format="zip"))


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_title_makes_a_plain_file_name(series: str, chapter: str) -> None:
    stem = safe_stem(f"{series} - {chapter}")
    assert 0 < len(stem.encode()) <= 101
    assert Path(stem).name == stem
    assert not re.search(r'[\x00-\x1f<>:"/\\|?*]', stem)
    assert stem[0] not in ". "
    assert stem[-1] not in ". "
    assert stem.split(".")[0].lower() not in {"con", "nul", "aux", "prn", "com1", "lpt9"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("あ" * 40, "1"), ("あ" * 40, "2")),
        (("x" * 120, "1"), ("x" * 120, "2")),
        ((".", ""), ("", "")),
        (("", "."), ("", "..")),
        (("A/B", "1"), ("A:B", "1")),
        (("A - B", "1"), ("A", "B - 1")),
        (("A - 1", ""), ("A", "1")),
    ],
)
def test_no_two_chapters_have_one_name(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert chapter_stem(*one) != chapter_stem(*other)
    assert chapter_stem(*one) == chapter_stem(*one)
    assert len(chapter_stem(*one).encode()) <= 110


@given(st.tuples(st.text(max_size=60), st.text(max_size=9)), st.tuples(st.text(max_size=60), st.text(max_size=9)))
def test_names_of_any_two_chapters_differ(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (chapter_stem(*one) == chapter_stem(*other)) == (one == other)


def test_chapters_whose_titles_differ_in_case_alone_get_files_that_no_disk_takes_for_one(reader: Reader) -> None:
    paths = []
    for series in ("Fog", "FOG", "fog", "Fog", "FOG"):
        job_id = run_mixed(reader, series)
        paths.append(Path(reader.board.export(ChapterExport(job_id=job_id, format="cbz")).path).name)
    assert paths[0] == paths[3] == "Fog - 7.cbz"
    assert paths[1] == paths[4]
    assert len({name.casefold() for name in paths}) == 3


def test_a_plain_title_is_the_name() -> None:
    assert chapter_stem("One Piece", "1") == "One Piece - 1"


def test_identical_pages_stand_in_the_file_as_often_as_in_the_chapter(reader: Reader, engine: Watched) -> None:
    engine.gate.clear()
    job_id = reader.run([5, 5, 5])
    assert engine.began.wait(10)
    assert eventually(lambda: reader.board.status(JobStatusQuery(job_id=job_id))[0].pages.running == 3)
    engine.gate.set()
    reader.listener.end_of(job_id)
    with zipfile.ZipFile(reader.board.export(ChapterExport(job_id=job_id, format="zip")).path) as archive:
        assert len({archive.read(name) for name in archive.namelist()}) == 1
        assert len(archive.namelist()) == 3


def test_a_pdf_of_a_picture_is_without_loss(reader: Reader) -> None:
    job_id = reader.run([3])
    reader.listener.end_of(job_id)
    (page,) = reader.listener.of(PageDone)
    result = reader.board.export(ChapterExport(job_id=job_id, format="pdf"))
    with Image.open(io.BytesIO(page.image)) as picture:
        width, height = picture.size
    content = Path(result.path).read_bytes()
    assert f"/Width {width}".encode() in content
    assert f"/Height {height}".encode() in content
    assert b"/FlateDecode" in content


def pages_of(reader: Reader, job_id: str) -> list[ExportPage]:
    """Return a mixed chapter's pages as the extension knows them: by the keys that came with their ends."""
    keys = {one.page_id: one.result_key for kind in (PageDone, PageSkipped) for one in reader.listener.of(kind)}
    ids = sorted(page_id for page_id in reader.encoded)
    return [ExportPage(page_id=one, sha256=sha256(reader.encoded[one]), result_key=keys.get(one)) for one in ids]


def test_pages_of_any_job_make_the_file_that_the_job_makes(reader: Reader) -> None:
    job_id = run_mixed(reader)
    of_job = Path(reader.board.export(ChapterExport(job_id=job_id, format="cbz")).path).read_bytes()
    asked = ChapterExport(
        pages=pages_of(reader, job_id), format="cbz", series="A/B: <S>", chapter="7", direction="rtl", export_id="e"
    )
    result = reader.board.export(asked)
    assert Path(result.path).read_bytes() == of_job
    assert (result.coloured, result.as_they_were, result.missing, result.need) == (2, [2, 3], [], [])
    told = reader.listener.of(ExportProgress, export_id="e")
    assert [(one.done, one.total) for one in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_bytes_that_a_new_host_lacks_are_asked_for_and_what_nobody_has_is_told(reader: Reader) -> None:
    pages = pages_of(reader, run_mixed(reader))
    unknown = [page_bytes(77), page_bytes(78)]
    pages += [ExportPage(page_id=f"u{at}", sha256=sha256(data)) for at, data in enumerate(unknown)]
    pages.append(ExportPage(page_id="unreadable"))
    first = reader.board.export(ChapterExport(pages=pages, format="zip", series="N"))
    assert (first.path, first.need) == ("", ["u0", "u1"])
    assert not (reader.application.paths.exports / "N.zip").exists()
    assert reader.board.keep(PageKeep(sha256=sha256(unknown[0]), image=unknown[0])).accepted
    whole = reader.board.export(ChapterExport(pages=pages, format="zip", series="N", partial=True))
    assert (whole.coloured, whole.as_they_were, whole.missing) == (2, [2, 3, 5], [6, 7])
    with zipfile.ZipFile(whole.path) as archive:
        assert archive.read("005.png") == unknown[0]
        assert len(archive.namelist()) == 5


def test_kept_bytes_are_those_that_were_announced(reader: Reader) -> None:
    with pytest.raises(HashMismatch):
        reader.board.keep(PageKeep(sha256="0" * 64, image=b"x"))


@pytest.mark.parametrize("facts", [{}, {"job_id": "j", "pages": [ExportPage(page_id="p")]}])
def test_an_export_names_either_a_job_or_pages(reader: Reader, facts: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        reader.board.export(ChapterExport(format="cbz", **facts))


def test_another_file_of_the_name_is_never_overwritten(reader: Reader) -> None:
    job_id = reader.run([1])
    reader.listener.end_of(job_id)
    folder = reader.application.paths.exports
    folder.mkdir(parents=True)
    theirs = folder / "S - 1.cbz"
    theirs.write_bytes(b"bought")
    ours = reader.board.export(ChapterExport(job_id=job_id, format="cbz"))
    again = reader.board.export(ChapterExport(job_id=job_id, format="cbz"))
    assert theirs.read_bytes() == b"bought"
    assert Path(ours.path).name == "S - 1 (2).cbz"
    assert again == ours
    assert sorted(each.name for each in folder.iterdir()) == ["S - 1 (2).cbz", "S - 1.cbz"]


def test_a_host_that_closes_leaves_no_part_of_a_file(reader: Reader) -> None:
    job_id = reader.run([1])
    reader.listener.end_of(job_id)
    reader.board.close(1)
    with pytest.raises(JobCancelled):
        reader.board.export(ChapterExport(job_id=job_id, format="cbz"))
    assert list(reader.application.paths.exports.iterdir()) == []


class Stopping:
    """Takes notifications in place of a board's listener, and cancels an export once so many of its pages are done."""

    def __init__(self, reader: Reader, after: int) -> None:
        self.reader, self.after, self.heard = reader, after, list[int]()

    def __call__(self, message: Message) -> None:
        if isinstance(message, ExportProgress):
            self.heard.append(message.done)
            if message.done == self.after:
                self.reader.board.cancel_export(ExportCancel(export_id=message.export_id))


@pytest.mark.parametrize("kind", get_args(ExportFormat))
def test_a_cancelled_export_ends_at_the_next_page_and_leaves_nothing(
    reader: Reader, kind: ExportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = run_mixed(reader)
    stopping = Stopping(reader, after=2)
    monkeypatch.setattr(reader.board, "_notify", stopping)
    with pytest.raises(JobCancelled):
        reader.board.export(ChapterExport(job_id=job_id, format=kind, export_id="e"))
    assert stopping.heard == [1, 2]
    assert list(reader.application.paths.exports.iterdir()) == []
    stopping.after = 0
    result = reader.board.export(ChapterExport(job_id=job_id, format=kind, export_id="another"))
    assert [each.name for each in reader.application.paths.exports.iterdir()] == [Path(result.path).name]


@pytest.mark.parametrize("kind", get_args(ExportFormat))
def test_a_file_whose_pages_are_all_in_it_is_cancelled_as_well(
    reader: Reader, kind: ExportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = run_mixed(reader)
    monkeypatch.setattr(reader.board, "_notify", Stopping(reader, after=4))
    with pytest.raises(JobCancelled):
        reader.board.export(ChapterExport(job_id=job_id, format=kind, export_id="e"))
    assert list(reader.application.paths.exports.iterdir()) == []


def test_a_cancel_that_comes_before_its_export_holds_and_one_after_it_changes_nothing(reader: Reader) -> None:
    job_id = reader.run([1])
    reader.listener.end_of(job_id)
    reader.board.cancel_export(ExportCancel(export_id="early"))
    with pytest.raises(JobCancelled):
        reader.board.export(ChapterExport(job_id=job_id, format="cbz", export_id="early"))
    result = reader.board.export(ChapterExport(job_id=job_id, format="cbz", export_id="late"))
    reader.board.cancel_export(ExportCancel(export_id="late"))
    assert Path(result.path).stat().st_size == result.bytes


def test_which_way_it_is_read_is_what_its_pages_were_read_as(reader: Reader) -> None:
    job_id = reader.run([1, 2])
    reader.listener.end_of(job_id)
    (first, _) = reader.listener.of(PageDone)
    result = reader.board.export(ChapterExport(job_id=job_id, format="cbz"))
    wanted = {"rtl": "YesAndRightToLeft", "ltr": "No"}[first.runmeta["read_direction"]]
    with zipfile.ZipFile(result.path) as archive:
        assert f"<Manga>{wanted}</Manga>" in archive.read("ComicInfo.xml").decode()


def test_another_file_of_the_same_length_and_time_is_another_file(tmp_path: Path) -> None:
    written, wanted = tmp_path / "written", tmp_path / "A - 1.cbz"
    for path, content in ((written, b"ours"), (wanted, b"them")):
        path.write_bytes(content)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert _settle(written, wanted) == tmp_path / "A - 1 (2).cbz"
    assert (wanted.read_bytes(), (tmp_path / "A - 1 (2).cbz").read_bytes()) == (b"them", b"ours")


def test_a_folder_of_the_name_is_let_alone_and_the_next_free_number_is_taken(tmp_path: Path) -> None:
    written, wanted = tmp_path / "written", tmp_path / "A - 1.cbz"
    wanted.mkdir()
    (tmp_path / "A - 1 (2).cbz").write_bytes(b"theirs")
    written.write_bytes(b"ours")
    assert _settle(written, wanted) == tmp_path / "A - 1 (3).cbz"
    assert wanted.is_dir()
    assert not written.exists()


@pytest.mark.parametrize(
    ("read", "direction"),
    [
        ("", "auto"),
        ("rtl", "rtl"),
        ("ltr", "ltr"),
        ("rtl ltr", "auto"),  # nobody is to be told one of two that are as likely
        ("rtl rtl ltr", "rtl"),
        ("ltr rtl ltr", "ltr"),
    ],
)
def test_a_file_is_read_as_most_of_its_pages_were(read: str, direction: str) -> None:
    told = dict(enumerate(read.split()))
    results = SimpleNamespace(directions=lambda keys: {key: told[int(key)] for key in keys})
    exporter = Exporter(SimpleNamespace(results=results, spool=None), Path(), print, print)  # type: ignore[arg-type]
    pages = [ExportPage(page_id=f"p{number}", result_key=f"{number}") for number in told]
    assert exporter._direction_of([*pages, ExportPage(page_id="grey")]) == direction
