"""The host's start and end, in this process: what it claims, whom it serves, with which status it ends."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import host.logs
import host.messaging.channel
import host.messaging.session
import host.messaging.stdio
import host.service
from host import __main__ as main_module
from host import __version__
from host.paths import state_paths

if TYPE_CHECKING:
    from pathlib import Path


class Ended(BaseException):
    """Stands for the process's end."""


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that starts the host with arguments and gives its status."""

    def end(status: int) -> None:
        raise Ended(status)

    monkeypatch.setattr(os, "_exit", end)

    def started(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["host", *arguments])
        with pytest.raises(Ended) as ended:
            main_module.main()
        status: int = ended.value.args[0]
        return status

    return started


def test_the_version_is_told_without_a_claim_on_stdio(
    start: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host.messaging.stdio, "claim_stdio", None)
    assert start("chrome-extension://x/", "--version") == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_without_stdio_it_ends_at_once(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError

    monkeypatch.setattr(host.messaging.stdio, "claim_stdio", refuse)
    assert start() == 1


@pytest.mark.parametrize(("arguments", "status"), [((), 3), (("--self-test",), 4)])
def test_a_session_or_the_self_test_gives_the_status(
    arguments: tuple[str, ...], status: int, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(host.messaging.stdio, "claim_stdio", lambda: "pipes")
    monkeypatch.setattr(main_module, "_serve", lambda *what: heard.append(what) or 3)
    monkeypatch.setattr(main_module, "_self_test", lambda *what: heard.append(what) or 4)
    monkeypatch.setattr(logging, "shutdown", lambda: heard.append("shut down"))
    assert start(*arguments) == status
    assert heard == [("pipes", []) if status == 3 else ("pipes",), "shut down"]


@pytest.mark.parametrize("fault", [ValueError("broken"), KeyboardInterrupt()])
def test_whatever_goes_wrong_is_told_and_ends_the_process(
    fault: BaseException, start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise fault

    told: list[Any] = []
    monkeypatch.setattr(host.messaging.stdio, "claim_stdio", lambda: "pipes")
    monkeypatch.setattr(main_module, "_serve", fail)
    monkeypatch.setattr(sys, "excepthook", lambda *what: told.append(what[1]))
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    assert start() == 1
    assert told == [fault]


def test_a_session_logs_who_started_it_and_is_stopped_by_signals(
    irodori_home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    steps: list[Any] = []

    class Session:
        def __init__(self, channel: Any, open_service: Any) -> None:
            steps.append((channel, open_service))

        def stop(self, why: str) -> None:
            steps.append(why)

        def run(self) -> int:
            return 5

    handlers: dict[Any, Any] = {}
    monkeypatch.setattr(host.logs, "start_log", lambda path: steps.append(path))
    monkeypatch.setattr(host.messaging.channel, "Channel", lambda pipes: f"channel of {pipes}")
    monkeypatch.setattr(host.messaging.session, "Session", Session)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    with caplog.at_level(logging.INFO):
        assert main_module._serve("pipes", ["chrome-extension://x/"]) == 5  # type: ignore[arg-type]
    assert steps == [state_paths().log_file, ("channel of pipes", main_module._open_service)]
    assert f"host {__version__}, process {os.getpid()}, started by ['chrome-extension://x/']" in caplog.text
    assert set(handlers) == {getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)}
    for handler in handlers.values():
        handler(1, None)
    assert steps[2:] == ["the host was told to stop"] * len(handlers)


def test_what_answers_is_the_host_s_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host.service, "HostService", lambda notify: ("service", notify))
    assert main_module._open_service("notify") == ("service", "notify")  # type: ignore[arg-type,comparison-overlap]


@pytest.mark.parametrize("is_whole", [True, False])
def test_the_self_test_tells_what_cannot_be_loaded(
    is_whole: bool, irodori_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    if not is_whole:
        monkeypatch.setitem(sys.modules, "host.service", None)
        monkeypatch.delattr(host, "service")
    status = main_module._self_test(SimpleNamespace(write_message=written.append))  # type: ignore[arg-type]
    report = json.loads(written[0])
    fault = report.pop("fault", "")
    assert report == {
        "host_version": __version__, "python": sys.version.split()[0], "log_path": str(state_paths().log_file),
    }  # fmt: skip
    assert (status, bool(fault)) == ((0, False) if is_whole else (1, True))
    assert is_whole or fault.startswith("ModuleNotFoundError: ")
