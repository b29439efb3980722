"""`irodori library colour` in this process: what it says, asks for, keeps and returns; pages are coloured at once."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from host.cli.library import colour
from host.cli.library.colour import Request, _in_words, _Pass, _plan_as_json, _WithThumbs, run
from host.errors import BadRequest, NotFound
from host.library.colourer import PageResult
from host.library.manifest import FOLDER, OutputRecord, VolumeRecord
from host.library.plan import Plan, PlannedVolume
from host.library.report import THUMBS, thumb_name
from host.library.shelf import Source
from tests.host.library.shelves import Inline, make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("irodori_home")

BROKEN = b"fail"


class AtOnce(Inline):
    """Colours a page at once, as another picture; what is no picture fails."""

    made: list[AtOnce] = []  # noqa: RUF012 - every one that was made, for the test to look at

    def __init__(self, count: int, locks: Path, *, alone: bool) -> None:
        super().__init__()
        self.count, self.locks, self.alone, self.closed = count, locks, alone, False
        assert locks.is_dir()
        self.made.append(self)

    def close(self) -> None:
        self.closed = True

    def _result(self, encoded: bytes) -> PageResult:
        if encoded == BROKEN:
            return PageResult(verdict="failed", error={"message": "It failed."}, seconds=1)
        return PageResult(
            verdict="coloured", image=picture(9, coloured=True), mime="image/png", seconds=1, thumb="YQ=="
        )


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(AtOnce, "made", [])
    monkeypatch.setattr(colour, "Workers", AtOnce)
    monkeypatch.setenv("COLUMNS", "300")
    for number in (1, 2):
        make_cbz(tmp_path / "shelf" / f"v{number}.cbz", {"1.png": picture(number), "2.png": picture(number + 2)})
    return tmp_path / "shelf"


def asked(shelf: Path, **wishes: Any) -> Request:
    return Request(**({"roots": (shelf,), "output": shelf.parent / "out", "page_format": "png"} | wishes))


def test_a_shelf_becomes_one_in_colour_with_a_report_and_is_done_then(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shelf.parent / "out"
    assert run(asked(shelf, workers=3)) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "2 volumes; 4 pages to colour, 3 at a time."
    assert said[1].startswith("About a minute (a guess until the first pages are done) and 0.1 GiB of the ")
    assert said[1].endswith(" that are free.")
    assert sum("2 coloured, 0 left of 2" in line for line in said) == 2
    assert said[-2].startswith("2 volumes, 4 pages in: 4 coloured, 0 left as they are in ")
    assert said[-2].endswith(f" s -> {out}")
    assert said[-1] == f"Report: {out / 'report.html'}"
    (workers,) = AtOnce.made
    assert (workers.count, workers.alone, workers.closed) == (3, True, True)
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["counts"]["coloured"] == 4
    assert report["engine"] == "compact"
    assert (out / "report.html").read_text("utf-8").count("data:image/webp") == 2
    assert sorted(path.name for path in (out / FOLDER).iterdir() if path.is_dir()) == [THUMBS]

    assert run(asked(shelf)) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("2 volumes, 2 done already; 0 pages to colour, ")
    assert said[1].startswith("2 volumes (2 done before), 4 pages in: 4 coloured, 0 left as they are in ")
    assert len(AtOnce.made) == 1


def test_what_failed_is_told_fails_the_command_and_is_done_again_when_asked_for(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_cbz(shelf / "v2.cbz", {"1.png": BROKEN})
    assert run(asked(shelf, json=True)) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["counts"]["failed"] == 1
    assert '\n "counts": {' in told.out
    assert "  v2: 1.png  failed: It failed." in told.err.splitlines()
    assert run(asked(shelf)) == 1
    assert len(AtOnce.made) == 1
    assert capsys.readouterr().out == ""
    assert run(asked(shelf, retry=True)) == 1
    assert [len(one.coloured) for one in AtOnce.made] == [3, 1]


def test_a_plan_says_what_would_be_done_and_does_nothing(shelf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shelf / "v2.cbz").write_bytes(b"PK\3\4")
    assert run(asked(shelf, plan_only=True, json=True)) == 1
    plan = json.loads(capsys.readouterr().out)
    assert [(one["place"], one["pages"], one["done"]) for one in plan["volumes"]] == [
        ("v1", 2, False),
        ("v2", 0, False),
    ]
    assert [bool(one["fault"]) for one in plan["volumes"]] == [False, True]
    assert AtOnce.made == []
    assert not (shelf.parent / "out" / "report.json").exists()
    (shelf / "v2.cbz").unlink()
    assert run(asked(shelf, plan_only=True)) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[0].startswith("1 volume; 2 pages to colour, ")


@pytest.mark.parametrize(
    ("wishes", "kind", "message"),
    [
        ({"engine": "nothing"}, NotFound, "There is no engine 'nothing'."),
        ({"roots": ("empty",)}, BadRequest, "There is no volume there."),
        ({"output": "file"}, BadRequest, "file is a file."),
    ],
)
def test_what_cannot_be_begun_is_refused(
    wishes: dict[str, Any], kind: type[Exception], message: str, shelf: Path
) -> None:
    (shelf.parent / "empty").mkdir()
    (shelf.parent / "file").write_bytes(b"")
    if "roots" in wishes:
        wishes = {"roots": (shelf.parent / "empty",)}
    if "output" in wishes:
        wishes = {"output": shelf.parent / "file"}
    with pytest.raises(kind) as told:
        run(asked(shelf, **wishes))
    assert str(told.value).endswith(message)
    assert AtOnce.made == []


def told(
    plan: Plan, capsys: pytest.CaptureFixture[str], *left_out: tuple[str, bool], ray: str | None = None
) -> list[str]:
    pass_ = object.__new__(_Pass)
    pass_._request = SimpleNamespace(ray=ray)  # type: ignore[assignment]
    pass_._count = 2
    found = [SimpleNamespace(name=name, reason="locked", lost=lost) for name, lost in left_out]
    pass_._tell(SimpleNamespace(left_out=found), plan)  # type: ignore[arg-type]
    return capsys.readouterr().err.splitlines()


GIB = 1 << 30
SOURCE = Source(Path("/s/v.cbz"), "v", "", 1, "stamp", Path("/out"))
RECORD = VolumeRecord(place="v", stamp="s", sha256="0", order="o")


def test_the_plan_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    one = Plan((PlannedVolume(SOURCE, 1),), 600.0, 3 * GIB // 2, 2 * GIB, is_guess=False)
    assert told(one, capsys) == [
        "1 volume; 1 page to colour, 2 at a time.", "About 10 min and 1.5 GiB of the 2.0 that are free.",
    ]  # fmt: skip
    full = replace(one, free_bytes=3 * GIB // 2 - 1)
    assert told(full, capsys, ("a.png", True), ("b.txt", False), ray="auto") == [
        "1 volume; 1 page to colour, on the cluster at auto.",
        "About 10 min and 1.5 GiB of the 1.5 that are free.",
        "The disk may become full: then the run stops, and goes on where it was once there is room.",
        "  a.png: left out, locked",
    ]
    assert len(told(replace(one, free_bytes=one.disk_bytes), capsys)) == 2
    done = Plan((PlannedVolume(SOURCE, done=RECORD),), 0.0, 0, 1, is_guess=True)
    assert told(done, capsys) == ["1 volume, 1 done already; 0 pages to colour, 2 at a time."]


def test_the_plan_as_json() -> None:
    volumes = (PlannedVolume(SOURCE, 3, "odd"), PlannedVolume(SOURCE, done=RECORD))
    assert _plan_as_json(Plan(volumes, 1.26, 7, 8, is_guess=True)) == {
        "volumes": [
            {"place": "v", "pages": 3, "done": False, "fault": "odd"},
            {"place": "v", "pages": 0, "done": True, "fault": ""},
        ],
        "pages": 3, "seconds": 1.3, "disk_bytes": 7, "free_bytes": 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "a minute"), (29, "a minute"), (31, "1 min"), (89, "1 min"), (91, "2 min"), (3569, "59 min"),
        (3571, "1 h 0 min"), (7385, "2 h 3 min"),
    ],
)  # fmt: skip
def test_a_time_in_words(seconds: float, words: str) -> None:
    assert _in_words(seconds) == words


class Heard:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *what: self.calls.append((name, *what))


def test_the_first_coloured_page_of_a_volume_is_kept_small(tmp_path: Path) -> None:
    heard = Heard()
    listener = _WithThumbs(heard, tmp_path, tmp_path / "thumbs")  # type: ignore[arg-type]
    skipped = PageResult(verdict="skipped", image=picture(1, (500, 400), coloured=True))
    bare = PageResult(verdict="coloured", image=picture(4, (500, 400), coloured=True))
    first, second = (replace(bare, thumb=base64.b64encode(small).decode()) for small in (b"first", b"second"))
    other = replace(SOURCE, place="w")
    listener.began(SOURCE, 4)
    for result in (skipped, bare, first, second):
        listener.page_ended(SOURCE, "p", result)
    written = replace(RECORD, outputs=(OutputRecord(path="v.cbz"),))
    listener.ended(SOURCE, written)
    thumb = tmp_path / "thumbs" / thumb_name("v.cbz")
    assert thumb.read_bytes() == b"first"
    listener.page_ended(other, "p", first)
    listener.ended(other, replace(RECORD, outputs=(OutputRecord(path=""),)))
    listener.ended(other, replace(RECORD, outputs=(OutputRecord(path="w.cbz"),)))
    assert [path.name for path in (tmp_path / "thumbs").iterdir()] == [thumb.name]
    assert [call[0] for call in heard.calls] == ["began", *["page_ended"] * 4, "ended", "page_ended", "ended", "ended"]
    assert heard.calls[0] == ("began", SOURCE, 4)
    assert heard.calls[1] == ("page_ended", SOURCE, "p", skipped)
    assert heard.calls[5] == ("ended", SOURCE, written)
