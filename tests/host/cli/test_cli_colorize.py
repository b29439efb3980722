"""What `irodori colorize` makes of what became of its pages; nothing is coloured here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from host.books.book import Book, BookPage, LeftOut, UnreadablePage
from host.books.layout import Layout
from host.books.run import PageEnd
from host.cli import colorize
from host.cli.colorize import Request, _add_reference, _conclude, _direction, _keep, _style, _tell_left_out, _wish
from host.cli.outcome import LeftRecord, Outcome, PageRecord
from host.errors import BadRequest, DiskFull, ImageInvalid, NotFound, TooLarge
from host.messaging.messages import Options, Preset
from host.studio.elements.wishes import Wish

PAGE = BookPage("1.png", lambda: b"")


@pytest.mark.parametrize(
    ("wanted", "rtl", "ltr", "expected"),
    [
        ("auto", 2, 1, "rtl"), ("auto", 1, 2, "ltr"), ("auto", 1, 1, "auto"), ("auto", 0, 0, "auto"),
        ("ltr", 2, 1, "ltr"), ("rtl", 1, 2, "rtl"),
    ],
)  # fmt: skip
def test_a_book_is_read_as_asked_for_or_as_most_of_its_pages(wanted: Any, rtl: int, ltr: int, expected: str) -> None:
    assert _direction(wanted, Counter(rtl=rtl, ltr=ltr, auto=9)) == expected


class Kept:
    """An output that notes what it is given, or refuses it."""

    carries_extras = True

    def __init__(self, refusal: Exception | None = None) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._refusal = refusal

    def put(self, page: BookPage, image: bytes, suffix: str) -> Path:
        return self._note("put", page.name, image, suffix)

    def keep(self, page: BookPage, *, left: bool) -> Path:
        return self._note("keep", page.name, left)

    def put_record(self, page: BookPage, record: bytes) -> None:
        self.calls.append(("record", page.name, json.loads(record), record.count(b"\n ")))

    def _note(self, *call: Any) -> Path:
        if self._refusal is not None:
            raise self._refusal
        self.calls.append(call)
        return Path("/out/1.png")


BOOK = Book("B", (PAGE,), (), frozenset())


def ended(verdict: Any, **facts: Any) -> PageEnd:
    return PageEnd(PAGE, verdict, **facts)


def kept(end: PageEnd, *, records: bool = False, refusal: Exception | None = None) -> tuple[PageRecord, list[Any]]:
    output = Kept(refusal)
    return _keep(BOOK, output, end, records=records), output.calls  # type: ignore[arg-type]


@pytest.mark.parametrize("verdict", ["coloured", "cached"])
def test_a_coloured_page_is_written_by_its_kind_with_its_record_where_asked_for(verdict: str) -> None:
    end = ended(verdict, image=b"x", mime="image/webp", runmeta={"a": 1})
    record, calls = kept(end)
    assert calls == [("put", "1.png", b"x", ".webp")]
    assert record == PageRecord("B", "1.png", verdict, "/out/1.png", "", {}, {"a": 1})  # type: ignore[arg-type]
    assert kept(end, records=True)[1][1:] == [("record", "1.png", {"a": 1}, 1)]
    assert len(kept(ended(verdict, image=b"x", mime="image/png"), records=True)[1]) == 1


@pytest.mark.parametrize(("verdict", "left"), [("skipped", True), ("failed", False)])
def test_another_page_is_kept_as_it_was(verdict: str, left: bool) -> None:
    end = ended(verdict, reason="blank", error={"message": "m"}, runmeta={"a": 1})
    record, calls = kept(end, records=True)
    assert calls == [("keep", "1.png", left)]
    assert record == PageRecord("B", "1.png", verdict, "/out/1.png", "blank", {"message": "m"}, {"a": 1})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (DiskFull("It is full.", "Make room."), DiskFull("It is full.", "Make room.").wire()),
        (UnreadablePage("torn"), {"code": "E_IMAGE", "message": "torn", "hint": ""}),
    ],
)
def test_a_page_that_cannot_be_written_has_failed(refusal: Exception, error: dict[str, Any]) -> None:
    record, _ = kept(ended("coloured", image=b"x", mime="image/png"), refusal=refusal)
    assert (record.verdict, record.output, record.error) == ("failed", None, error)
    record, _ = kept(ended("failed", error={"message": "first"}), refusal=refusal)
    assert record.error == {"message": "first"}


def test_what_is_left_out_is_told_and_what_an_output_cannot_carry_too(capsys: pytest.CaptureFixture[str]) -> None:
    book = Book(
        "B", (), (LeftOut("a.cbr", "locked", lost=True), LeftOut("b.txt", "no picture")), frozenset(), extras=(PAGE,)
    )
    for carries, count in ((True, 2), (False, 3)):
        outcome, output = Outcome(pictures=False), Kept()
        output.carries_extras = carries
        _tell_left_out(book, output, outcome)  # type: ignore[arg-type]
        lines = capsys.readouterr().err.splitlines()
        assert lines[:2] == ["  a.cbr: left out, locked", "  b.txt: left out, no picture"]
        assert len(lines) == outcome.counts()["left_out"] == count
        assert outcome.has_failures


def asked(**wishes: Any) -> Request:
    facts: dict[str, Any] = {
        "inputs": (),
        "layout": Layout(Path("out")),
        "references": (),
        "corrections": {},
        "series": "",
    }
    return Request(**(facts | {"wish": None, "elements": None} | wishes))


def test_a_wish_is_taken_as_it_is_where_there_are_no_elements() -> None:
    assert _wish(asked()) is None
    assert _wish(asked(wish="rain")) == Wish("rain", ())
    assert _wish(asked(wish="")) == Wish("", ())


def test_elements_stand_for_words_and_their_pictures_lie_beside_their_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(colorize, "read_elements", lambda path: SimpleNamespace(elements=f"of {path}"))
    monkeypatch.setattr(colorize, "understood", lambda *what: what)
    wished: Any = _wish(asked(wish="@aki", elements=Path("/e/elements.json")))
    assert wished == ("@aki", "of /e/elements.json", Path("/e"))


class References:
    def __init__(self, refusal: Exception | None = None) -> None:
        self.added: list[Any] = []
        self._refusal = refusal

    def add(self, asked: Any, *, for_now: bool) -> Any:
        if self._refusal is not None:
            raise self._refusal
        self.added.append((asked.image, asked.name, for_now))
        return SimpleNamespace(reference_id=asked.image.decode())


def application(refusal: Exception | None = None) -> Any:
    infos = (SimpleNamespace(id="compact"), SimpleNamespace(id="toy"))
    store = SimpleNamespace(references=References(refusal))
    return SimpleNamespace(engines=SimpleNamespace(infos=lambda: infos), store=store)


def test_what_is_said_goes_before_the_preset_and_a_reference_counts_once() -> None:
    preset = Preset(name="P", engine="toy", options=Options(seed=1, strength=0.25, steps=9, prompt="sun"))
    host = application()
    said = asked(seed=5, strength=0.5, keep_coloured=False, direction="rtl")
    style = _style(host, said, [("a", b"1"), ("b", b"2"), ("c", b"1")], Wish("rain", ()), preset)
    assert (style.references, style.engine, style.direction) == (("1", "2"), "toy", "rtl")
    assert style.options == Options(seed=5, strength=0.5, steps=9, prompt="rain", keep_coloured=False)
    assert host.store.references.added == [(b"1", "a", True), (b"2", "b", True), (b"1", "c", True)]
    style = _style(host, asked(engine="compact"), [], None, preset)
    assert (style.engine, style.options.prompt, style.options.seed) == ("compact", "sun", 1)
    assert _style(host, asked(), [], None, None).engine is None


def test_an_engine_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NotFound) as told:
        _style(application(), asked(engine="nothing"), [], None, None)
    assert (told.value.message, told.value.hint) == ("There is no engine 'nothing'.", "The engines are: compact, toy.")


@pytest.mark.parametrize("kind", [ImageInvalid, TooLarge])
def test_a_reference_that_is_no_picture_is_named(kind: Any) -> None:
    with pytest.raises(BadRequest) as told:
        _add_reference(application(kind("It is torn.", "Mend it.")), "a.png", b"")
    assert (told.value.message, told.value.hint) == ("The reference a.png cannot be used: It is torn.", "Mend it.")


def concluded(tmp_path: Path, *records: PageRecord, left: LeftRecord | None = None, **wishes: Any) -> int:
    outcome = Outcome(pictures=False)
    for record in records:
        outcome.add(record, ended("coloured"))
    if left is not None:
        outcome.leave_out(left)
    return _conclude(asked(layout=Layout(tmp_path / "out"), **wishes), outcome, [BOOK], "toy", [])


GOOD = PageRecord("B", "1.png", "coloured", "/out/1.png")


@pytest.mark.parametrize(
    ("records", "left", "status"),
    [
        ([GOOD], None, 0),
        ([GOOD, PageRecord("B", "2.png", "failed", "/out/2.png", error={"message": "m", "hint": "h"})], None, 1),
        ([GOOD], LeftRecord("B", "a.cbr", "locked", lost=True), 1),
        ([GOOD], LeftRecord("B", "a.txt", "no picture"), 0),
    ],
)
def test_the_end_is_said_and_the_status_tells_of_failures(
    records: list[PageRecord], left: LeftRecord | None, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert concluded(tmp_path, *records, left=left) == status
    told = capsys.readouterr()
    assert told.err.endswith(f" -> {tmp_path / 'out'}\n")
    assert told.out == ""
    assert not (tmp_path / "out").exists()


def test_a_report_and_json_are_made_where_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    assert concluded(tmp_path, GOOD, report=True, json=True) == 0
    told = capsys.readouterr()
    report = tmp_path / "out" / "report.html"
    assert told.err.splitlines()[0] == f"Before/after: {report}"
    assert "toy" in report.read_text("utf-8")
    assert json.loads(told.out)["pages"] == [GOOD.plain()]
    assert '\n  "counts": {' in told.out
