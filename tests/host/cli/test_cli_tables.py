"""The short commands in this process: what their tables say, and what they return."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

import installer.doctor
from engines.base import Viability
from engines.geometry import Size
from host.application import Application
from host.cli import history, tables
from host.errors import BadRequest
from host.paths import HOST_COMMAND, state_paths
from host.store.history import HistoryEntry
from host.store.results import StoredResult
from installer.doctor import Link

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MIB = 1 << 20


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, irodori_home: Path) -> None:
    """Let tables be as wide as they are."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("NO_COLOR", "1")


def keep(*sizes: int) -> None:
    """Put results of so many bytes into the cache, and ask for the first once and for one that is not there thrice."""
    with Application.open(state_paths(), lambda _: None) as application:
        for number, size in enumerate(sizes):
            content = bytes([number]) * size
            application.store.results.put(str(number), StoredResult(image=content, mime="image/png", size=Size(1, 1)))
        assert application.store.results.get("0") is not None
        for _ in range(3):
            assert application.store.results.get("nothing") is None


def test_the_cache_tells_pages_bytes_and_what_it_served(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_cache()
    assert capsys.readouterr().out == "0 pages, 0.0 of 4096 MiB\n"
    keep(MIB, MIB // 2)
    tables.print_cache()
    assert capsys.readouterr().out == "2 pages, 1.5 of 4096 MiB, 25% of 4 requests served from it\n"


def test_clearing_says_how_many_pages_it_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    keep(1, 2)
    tables.clear_cache(3600.0)
    assert capsys.readouterr().out == "0 pages dropped\n"
    tables.clear_cache(None)
    assert capsys.readouterr().out == "2 pages dropped\n"
    tables.print_cache()
    assert capsys.readouterr().out.startswith("0 pages, ")


def test_every_engine_has_a_line_with_what_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(_engines: object, engine_id: str) -> Viability:
        if engine_id == "compact":
            return Viability(ok=True)
        return Viability(ok=False, reason=f"No weights of {engine_id}.", fix="Pull them.")

    monkeypatch.setattr(tables, "viability_of", said)
    tables.print_engines()
    lines = [re.split(r" {2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["engine", "what", "state", "runs on", "references", "licence"]
    with Application.open(state_paths(), lambda _: None) as application:
        infos = application.engines.infos()
        default = application.settings.current.default_engine
    assert default == "compact"
    assert lines[1:] == [
        [
            f"{info.id} (default)" if info.id == default else info.id,
            info.label,
            "ready" if info.id == "compact" else f"No weights of {info.id}. Pull them.",
            info.device,
            f"up to {info.supports.references_max}",
            info.licence,
        ]
        for info in infos
    ]


def diagnosed(monkeypatch: pytest.MonkeyPatch, links: Sequence[Link], checks: Sequence[object]) -> list[Path]:
    """Let the chain and the host's own checks be these; return the launchers that were asked about."""
    asked: list[Path] = []

    def examine(machine: object, launcher: Path, rows: object) -> Sequence[Link]:
        asked.append(launcher)
        return links

    monkeypatch.setattr(installer.doctor, "examine", examine)
    monkeypatch.setattr(tables, "examine", lambda _application: checks)
    return asked


def own(ok: bool) -> object:
    return SimpleNamespace(check="disk", ok=ok, detail="[bold]12[/] GiB", fix="" if ok else "Make [red]room[/].")


def test_what_is_whole_is_told_and_needs_no_mending(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = diagnosed(monkeypatch, [Link("launcher", True, "there")], [own(True)])
    assert tables.print_diagnosis() == 0
    assert capsys.readouterr().out == "ok     launcher: there\nok     disk: [bold]12[/] GiB\n"
    name = HOST_COMMAND + (".exe" if os.name == "nt" else "")
    assert asked == [Path(sys.executable).absolute().with_name(name)]


@pytest.mark.parametrize("broken", ["launcher", "disk"])
def test_one_broken_link_or_check_is_marked_told_how_to_mend_and_fails(
    broken: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told is printed as it is, brackets and all, and never broken over lines."""
    long = "very " * 120
    link = Link("launcher", broken != "launcher", "gone", f"Run [red]{long}[/].")
    diagnosed(monkeypatch, [link], [own(broken != "disk")])
    assert tables.print_diagnosis() == 1
    mended = {"launcher": f"Run [red]{long}[/].", "disk": "Make [red]room[/]."}[broken]
    expected = {"launcher": ["ok     launcher: gone"], "disk": ["ok     disk: [bold]12[/] GiB"]}
    expected[broken] = [expected[broken][0].replace("ok    ", "BROKEN"), f"       mend it: {mended}"]
    assert capsys.readouterr().out.splitlines() == expected["launcher"] + expected["disk"]


@pytest.mark.parametrize(
    ("age", "seconds"),
    [("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("4w", 2_419_200), (" 1.5h ", 5400), ("0s", 0)],
)
def test_an_age_in_seconds(age: str, seconds: float) -> None:
    assert tables.seconds_of(age) == seconds


@pytest.mark.parametrize("age", ["", "7", "d", "7y", "-7d", "7 d", "1.d", "7dd", "seven days"])
def test_what_is_no_age_is_refused(age: str) -> None:
    with pytest.raises(BadRequest, match=f"^{re.escape(repr(age))} is no age.$"):
        tables.seconds_of(age)


def test_a_page_that_was_used_a_while_ago_is_older(capsys: pytest.CaptureFixture[str]) -> None:
    keep(1)
    tables.clear_cache(0.0)
    assert capsys.readouterr().out == "1 pages dropped\n"


@pytest.mark.parametrize("told", [tables.print_cache, lambda: tables.clear_cache(None)])
def test_numbers_are_not_coloured_on_a_terminal(
    told: Callable[[], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    told()
    assert "\x1b" not in capsys.readouterr().out


def test_the_history_has_a_line_for_each_series(capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"engine": "compact", "references": ("r", "t"), "seconds": 2.26}
    pages = [("S", "1", "a"), ("S", "2", "b"), ("", "1", "c")]
    with Application.open(state_paths(), lambda _: None) as application:
        application.store.history.add(
            HistoryEntry(series=series, chapter=chapter, key=key, page=key, **facts)  # type: ignore[arg-type]
            for series, chapter, key in pages
        )
    history.print_history()
    lines = [re.split(r" {2,}", line.strip()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["series", "last", "chapters", "pages", "engines", "references", "seconds"]
    told = {line[0]: line[2:] for line in lines[1:]}
    assert told == {"S": ["2", "2", "compact", "2", "4.5"], "(no name)": ["1", "1", "compact", "2", "2.3"]}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", line[1]) for line in lines[1:])


@pytest.mark.parametrize(("series", "everything", "left"), [("S", False, 1), (None, True, 0)])
def test_forgetting_says_how_many_pages_that_were(
    series: str | None, everything: bool, left: int, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = {"chapter": "1", "page": "p", "engine": "e", "references": (), "seconds": 1.0}
    with Application.open(state_paths(), lambda _: None) as application:
        application.store.history.add(HistoryEntry(series=one, key=one, **facts) for one in "ST")  # type: ignore[arg-type]
    history.forget_history(series, everything=everything)
    assert capsys.readouterr().out == f"{2 - left} pages forgotten\n"
    with Application.open(state_paths(), lambda _: None) as application:
        assert len(application.store.history.keys(None)) == left


@pytest.mark.parametrize(("series", "everything"), [("S", True), (None, False)])
def test_either_a_series_or_all_is_forgotten(series: str | None, everything: bool) -> None:
    with pytest.raises(BadRequest, match="either a series or all"):
        history.forget_history(series, everything=everything)
