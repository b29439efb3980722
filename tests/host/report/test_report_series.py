"""Which pages and references stand in the report of a series, and under which names."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.errors import ImageInvalid, NotFound
from host.report import series as module
from host.report.series import WrittenReport, forget_reports, report_file, write_report
from host.store.history import ColouredPageRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ROW = ColouredPageRow(chapter="Ch. 1", number=1, key="k1", page="p1", engine="toy", references=(), seconds=1.5)


def stored(image: bytes = b"after", skip_reason: str | None = None) -> Any:
    return SimpleNamespace(image=image, skip_reason=skip_reason, runmeta={"seed": 1})


class Written:
    """A store of these rows, results, captured pages and references, and what is rendered of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[ColouredPageRow] = [ROW]
        self.results: dict[str, Any] = {"k1": stored()}
        self.captured: dict[str, bytes] = {"p1": b"before"}
        self.references: dict[str, Any] = {}
        self.reports: list[Any] = []
        self.counted: list[bool] = []
        monkeypatch.setattr(module, "shrink", self._shrunk)
        monkeypatch.setattr(module, "render", lambda report: self.reports.append(report) or "html")

    def _shrunk(self, encoded: bytes) -> Any:
        if encoded == b"torn":
            raise ImageInvalid("It is torn.", "")
        return f"small {encoded.decode()}"

    def _result(self, key: str, *, count: bool) -> Any:
        self.counted.append(count)
        return self.results.get(key)

    def _reference(self, reference_id: str) -> Any:
        if reference_id not in self.references:
            raise NotFound("It is gone.", "")
        return self.references[reference_id]

    def write(self, folder: Path, name: str = "S") -> WrittenReport:
        store: Any = SimpleNamespace(
            history=SimpleNamespace(pages=lambda series: self.rows if series == name else []),
            results=SimpleNamespace(get=self._result),
            spool=SimpleNamespace(read=self.captured.get),
            references=SimpleNamespace(get=self._reference),
        )
        return write_report(store, name, folder)

    @property
    def pages(self) -> Sequence[Any]:
        return self.reports[-1].pages


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    return Written(monkeypatch)


def test_a_page_stands_there_with_both_pictures_and_how_it_was_made(written: Written, tmp_path: Path) -> None:
    path = report_file(tmp_path, "S")
    assert written.write(tmp_path) == WrittenReport(path, 1, 1)
    assert path.read_text("utf-8") == "html"
    (page,) = written.pages
    assert (page.name, page.runmeta) == ("Ch. 1 · 1", {"seed": 1})
    assert (page.before, page.after) == ("small before", "small after")
    assert written.counted == [False]  # a look into the report is no use of the cache


@pytest.mark.parametrize(("chapter", "name"), [("Ch. 1", "Ch. 1 · 7"), ("", "7")])
def test_a_page_is_called_by_its_chapter_and_number(chapter: str, name: str, written: Written, tmp_path: Path) -> None:
    written.rows = [replace(ROW, chapter=chapter, number=7)]
    written.write(tmp_path)
    assert written.pages[0].name == name


@pytest.mark.parametrize("captured", [None, b"torn"])
def test_a_page_whose_own_picture_is_gone_has_the_coloured_one_alone(
    captured: bytes | None, written: Written, tmp_path: Path
) -> None:
    written.captured = {} if captured is None else {"p1": captured}
    written.write(tmp_path)
    assert (written.pages[0].before, written.pages[0].after) == (None, "small after")


@pytest.mark.parametrize("result", [None, stored(skip_reason="blank"), stored(b"torn")])
def test_what_is_no_coloured_page_any_more_is_left_out(result: Any, written: Written, tmp_path: Path) -> None:
    written.rows = [ROW, replace(ROW, key="k2", number=2, engine="other", seconds=2.0)]
    written.results["k2"] = result
    assert written.write(tmp_path) == WrittenReport(report_file(tmp_path, "S"), 1, 2)
    assert [page.name for page in written.pages] == ["Ch. 1 · 1"]
    written.rows = written.rows[1:]
    with pytest.raises(NotFound) as told:
        written.write(tmp_path)
    assert told.value.message == "No coloured page of this series is in the cache any more."
    assert told.value.hint == "Colour it again."


def test_the_newest_pages_are_shown_with_their_seconds_and_all_engines(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGES_MAX", 2)
    written.rows = [
        replace(ROW, number=number, engine=engine, seconds=number)
        for number, engine in ((1, "old"), (2, "toy"), (3, "old"))
    ]
    assert written.write(tmp_path) == WrittenReport(report_file(tmp_path, "S"), 2, 3)
    report = written.reports[0]
    assert [page.name for page in report.pages] == ["Ch. 1 · 2", "Ch. 1 · 3"]
    assert (report.title, report.engine, report.duration_s) == ("S", "old, toy", 5)


def test_references_stand_there_once_by_their_names_or_the_beginning_of_their_ids(
    written: Written, tmp_path: Path
) -> None:
    def kept(reference_id: str, name: str) -> Any:
        return SimpleNamespace(reference_id=reference_id, name=name, thumbnail=b"thumb " + reference_id.encode())

    written.references = {"a": kept("a", "Aki"), "0123456789": kept("0123456789", "")}
    written.rows = [replace(ROW, references=("a", "gone")), replace(ROW, references=("0123456789", "a"))]
    written.write(tmp_path)
    assert written.reports[0].references == [("Aki", "small thumb a"), ("01234567", "small thumb 0123456789")]


def test_a_series_without_a_name_has_the_program_s(written: Written, tmp_path: Path) -> None:
    written.write(tmp_path, "")
    assert written.reports[0].title == "Irodori"


def test_a_report_s_file_is_no_path_that_its_series_names(tmp_path: Path) -> None:
    path = report_file(tmp_path, "../../evil")
    assert path.parent == tmp_path
    assert path.suffix == ".html"
    assert path != report_file(tmp_path, "other")


def test_the_report_of_a_series_is_forgotten_or_all(tmp_path: Path) -> None:
    for name in ("S", "T"):
        report_file(tmp_path, name).write_text("html")
    (tmp_path / "other.txt").write_text("stays")
    forget_reports(tmp_path, "S")
    forget_reports(tmp_path, "S")
    assert not report_file(tmp_path, "S").exists()
    assert report_file(tmp_path, "T").exists()
    forget_reports(tmp_path, None)
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]
