"""`irodori library analyse` in this process: who is asked, what is done already, what is said at the end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from engines.base import EngineError
from engines.vlm.base import ModelFault
from host.cli.library import analyse
from host.cli.library.analyse import (
    AnalysisProgress,
    ModelChoice,
    Request,
    _conclude,
    _identity,
    _is_done,
    key_name,
    open_teller,
)
from host.errors import BadRequest, EngineNotAvailable, SecretsUnavailable
from host.library.shelf import Source
from host.library.understand.entries import BookAnalysis, VolumeAnalysis
from host.library.understand.run import AnalysisOrder, Tally
from host.library.understand.telling import Prices
from tests.host.cli.test_cli_progress import console, lines
from tests.host.library.shelves import make_cbz, picture

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("irodori_home")
SOURCE = Source(Path("/s/v.cbz"), "v", "", 1, "stamp", Path("/out"))
ORDER = AnalysisOrder(identity="one")
DONE = VolumeAnalysis(place="v", path="/s/v.cbz", stamp="stamp", order="one")
FAILED = replace(DONE, books=(BookAnalysis(place="v", within=0, pages=1, failed=1),))


def teller(identity: str) -> Any:
    return SimpleNamespace(identity=identity)


@pytest.mark.parametrize(
    ("record", "order", "asks", "is_done"),
    [
        (None, ORDER, None, False),
        (DONE, ORDER, None, True),
        (replace(DONE, stamp="other"), ORDER, None, False),
        (replace(DONE, fault="It is empty."), ORDER, None, False),
        (replace(DONE, order="other"), ORDER, None, False),
        (replace(DONE, order="other"), replace(ORDER, skip_existing=True), None, True),
        (FAILED, ORDER, None, True),
        (FAILED, replace(ORDER, retry=True), None, False),
        (DONE, replace(ORDER, retry=True), None, True),
        (DONE, ORDER, "toy", False),
        (replace(DONE, teller="toy"), ORDER, "toy", True),
        (replace(DONE, teller="other"), ORDER, "toy", False),
        (replace(DONE, teller="other"), replace(ORDER, skip_existing=True), "toy", True),
        (DONE, replace(ORDER, skip_existing=True), "toy", False),
        (replace(DONE, teller="toy"), ORDER, None, True),
    ],
)
def test_a_volume_is_done_that_was_asked_for_alike(
    record: VolumeAnalysis | None, order: AnalysisOrder, asks: str | None, is_done: bool
) -> None:
    ledger: Any = {"v": record} if record is not None else {}
    assert _is_done(ledger, SOURCE, order, teller(asks) if asks else None) is is_done


def asked(output: Path, **wishes: Any) -> Request:
    return Request(**({"roots": (), "output": output} | wishes))


def words(identity: tuple[str, str] | None) -> Any:
    reader = None if identity is None else SimpleNamespace(id=identity[0], version=identity[1])
    return SimpleNamespace(open=lambda: reader)


def test_what_decides_a_record_is_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes: list[dict[str, Any]] = [
        {"words": words(None)},
        {"words": words(None), "direction": "rtl"},
        {"words": words(("rapid", "1"))},
        {"words": words(("rapid", "2"))},
        {"words": words(("manga", "1"))},
    ]
    made = [_identity(asked(tmp_path, **wish), "") for wish in wishes] + [_identity(asked(tmp_path, **wishes[0]), "d")]
    monkeypatch.setattr(analyse, "PIPELINE_VERSION", "another")
    made.append(_identity(asked(tmp_path, **wishes[0]), ""))
    assert len(set(made)) == 7
    assert all(len(one) == 64 for one in made)
    assert _identity(asked(tmp_path, **wishes[0], retry=True, workers=3, json=True), "") == made[-1]


def test_lettering_that_cannot_be_read_is_said_before_any_work(tmp_path: Path) -> None:
    def refuse() -> Any:
        raise EngineError("it is torn", "Pull it.")

    with pytest.raises(EngineNotAvailable) as told:
        _identity(asked(tmp_path, words=SimpleNamespace(open=refuse)), "")
    assert (told.value.message, told.value.hint) == ("Lettering cannot be read: it is torn.", "Pull it.")


def test_nobody_is_asked_where_no_model_is_named() -> None:
    assert open_teller(ModelChoice()) is None


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (ModelChoice(model="toy"), "A model is named, but not where it runs."),
        (ModelChoice(endpoint="http://127.0.0.1:1/v1", folder=Path("/m")), "Both an endpoint and a folder are named."),
        (ModelChoice(endpoint="nowhere", model="toy"), "The endpoint cannot be used: "),
    ],
)
def test_half_a_model_and_two_are_refused(choice: ModelChoice, message: str) -> None:
    pytest.importorskip("json_repair")
    pytest.importorskip("tenacity")
    with pytest.raises(BadRequest) as told:
        open_teller(choice)
    assert told.value.message.startswith(message)
    assert told.value.hint


@pytest.mark.parametrize("missing", [["json_repair"], ["tenacity"], ["json_repair", "tenacity"]])
def test_libraries_that_asking_needs_are_named(missing: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyse, "find_spec", lambda name: None if name in missing else object())
    with pytest.raises(EngineNotAvailable) as told:
        open_teller(ModelChoice(endpoint="http://127.0.0.1:1/v1", model="toy"))
    assert told.value.message == f"{', '.join(missing)} is not installed."


def opened(monkeypatch: pytest.MonkeyPatch, secret: Callable[[str, str], str | None], **wishes: Any) -> Any:
    pytest.importorskip("json_repair")
    pytest.importorskip("tenacity")
    monkeypatch.setattr(analyse, "secret_for", secret)
    made = open_teller(ModelChoice(**({"endpoint": "http://127.0.0.1:1/v1", "model": "toy"} | wishes)))
    assert made is not None
    return made


def test_every_choice_reaches_the_model_and_who_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = opened(
        monkeypatch, lambda name, origin: f"{name} of {origin}", temperature=0.7, tokens_max=99, answer_s=5.0,
        workers=7, attempts=3, per_minute=60.0, prices=Prices(1.0, 2.0),
    )  # fmt: skip
    endpoint = made.model._endpoint
    origin = "http://127.0.0.1:1"
    assert endpoint.key == f"{key_name(origin)} of {origin}"
    assert (endpoint.url, endpoint.model) == ("http://127.0.0.1:1/v1", "toy")
    assert (endpoint.temperature, endpoint.tokens_max, endpoint.answer_s, endpoint.at_once) == (0.7, 99, 5.0, 7)
    made.model.close()


def test_without_a_key_or_a_keyring_it_is_asked_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(name: str, origin: str) -> str:
        raise SecretsUnavailable("The keyring is locked.", "Open it.")

    for secret in (closed, lambda name, origin: None):
        made = opened(monkeypatch, secret)
        assert made.model._endpoint.key == ""
        made.model.close()


def test_what_a_model_refuses_is_a_bad_request(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(choice: ModelChoice) -> Any:
        raise ModelFault("It is torn.", "Pull it.", kind="all")

    pytest.importorskip("json_repair")
    monkeypatch.setattr(analyse, "_model", refuse)
    with pytest.raises(BadRequest) as told:
        open_teller(ModelChoice(folder=Path("/m")))
    assert (told.value.message, told.value.hint) == ("It is torn.", "Pull it.")


BOOKS = (BookAnalysis(place="v", within=0, pages=3, failed=1, told=2), BookAnalysis(place="v/b", within=1, pages=4))


def concluded(folder: Path, tally: Tally, *records: VolumeAnalysis, json: bool = False) -> int:
    ledger: Any = {one.place: one for one in records}
    sources = (SOURCE, replace(SOURCE, place="w"), replace(SOURCE, place="unread"))
    return _conclude(asked(folder, json=json), ledger, sources, tally, 1.26)


def test_the_end_counts_all_of_the_shelf_and_this_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(read=5, kept=1, failed=1)
    broken = VolumeAnalysis(place="w", path="/w", stamp="", order="", fault="It is empty.")
    assert concluded(tmp_path, tally, replace(DONE, books=BOOKS), broken, json=True) == 1
    told = capsys.readouterr()
    assert told.err == f"5 read, 1 kept, 1 failed in 1.3 s -> {tmp_path}\n"
    assert told.out == (tmp_path / analyse.REPORT).read_text("utf-8") + "\n"
    report = json.loads(told.out)
    this_run = report.pop("this_run")
    assert report == {
        "volumes": 3, "pages": 7, "failed_pages": 1, "told_pages": 2,
        "failed_volumes": [{"place": "w", "fault": "It is empty."}],
    }  # fmt: skip
    assert (this_run["read"], this_run["seconds"]) == (5, 1.3)
    assert '\n "volumes": 3' in told.out


@pytest.mark.parametrize(
    ("tally", "records", "status"),
    [
        (Tally(read=1), (DONE,), 0),
        (Tally(read=1), (FAILED,), 1),
        (Tally(read=1, failed=1), (DONE,), 1),
        (Tally(read=1, untold=1), (DONE,), 1),
    ],
)
def test_the_status_says_whether_anything_failed(
    tally: Tally, records: tuple[VolumeAnalysis, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert concluded(tmp_path, tally, *records) == status
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("cost", "money"), [(None, ""), (0.0, ", 0.0000 USD"), (1.23456, ", 1.2346 USD")])
def test_what_was_asked_is_told_with_its_cost(
    cost: float | None, money: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally(read=2, told=1, untold=1, attempts=3, prompt_tokens=10, completion_tokens=5, cost_usd=cost)
    concluded(tmp_path, tally)
    assert f"0 failed, 1 told, 1 not (10 + 5 tokens{money}) in 1.3 s" in capsys.readouterr().err


def test_a_line_for_each_book_and_each_page_that_failed() -> None:
    where = console()
    with AnalysisProgress(where, 7, 2) as progress:
        progress.page_ended(SOURCE, "1.png", "")
        progress.page_ended(SOURCE, "2.png", "It is torn.")
        progress.ended(replace(DONE, books=BOOKS))
        progress.ended(replace(DONE, fault="It is empty."))
        assert [task.completed for task in progress._bars.tasks] == [2, 2]
    assert lines(where) == [
        "  v: 2.png  failed: It is torn.", "v  3 pages, 1 failed, 2 told", "v/b  4 pages", "v  failed: It is empty.",
    ]  # fmt: skip


def test_what_is_done_is_not_done_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[Any] = []

    def go(
        request: Request, detector: str, order: AnalysisOrder, asks: Any, ledger: Any, to_do: Any, taken: Any
    ) -> Tally:
        gone.append(([one.source.place for one in to_do], taken))
        for one in to_do:
            ledger.add(
                VolumeAnalysis(
                    place=one.source.place, path="", stamp=one.source.stamp, order=order.identity, books=BOOKS[1:]
                )
            )
        return Tally(read=4)

    monkeypatch.setattr(analyse, "_go", go)
    for name in ("v1", "v2"):
        make_cbz(tmp_path / "shelf" / f"{name}.cbz", {"1.png": picture(1), "2.png": picture(2)})
    request = asked(tmp_path / "out", roots=(tmp_path / "shelf",))
    assert analyse.run(request) == 0
    assert capsys.readouterr().err.splitlines()[0] == "2 volumes, 0 done already; 4 pages to look at."
    make_cbz(tmp_path / "shelf" / "v3.cbz", {"1.png": picture(1)})
    assert analyse.run(request) == 0
    assert capsys.readouterr().err.splitlines()[0] == "3 volumes, 2 done already; 1 pages to look at."
    assert gone == [(["v1", "v2"], ["v1", "v2"]), (["v3"], ["v1", "v2", "v3"])]


@pytest.mark.parametrize(("made", "message"), [("file", "is a file."), ("folder", "There is no volume there.")])
def test_what_cannot_be_begun_is_refused(made: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "shelf").mkdir()
    if made == "file":
        (tmp_path / "out").write_bytes(b"")
    with pytest.raises(BadRequest) as told:
        analyse.run(asked(tmp_path / "out", roots=(tmp_path / "shelf",)))
    assert told.value.message.endswith(message)
    assert told.value.hint


def test_where_nothing_is_to_do_no_process_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyse, "ProcessPool", None)
    assert analyse._go(asked(tmp_path), "", ORDER, None, {}, [], []) == Tally()  # type: ignore[arg-type]
