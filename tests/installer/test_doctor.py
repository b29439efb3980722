"""The doctor's links one by one: when each is whole, what is wrong with it otherwise, and what mends it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from installer import doctor
from installer.doctor import Link, _allowed, _browsers, _launcher, _log, _protocol, _pure, _registered, _spoken
from installer.handshake import PROTOCOL, Greeting
from installer.sandbox import ADVICE

ROW: Any = SimpleNamespace(label="Chromium")
OTHER: Any = SimpleNamespace(label="Brave")
MACHINE: Any = object()
REGISTER = f"{sys.executable} -m installer register"


def test_a_launcher_is_a_file_that_may_be_executed(tmp_path: Path) -> None:
    path = tmp_path / "irodori"
    gone = _launcher(path)
    assert not gone.ok
    assert str(path) in gone.detail
    path.write_bytes(b"")
    if os.name != "nt":
        path.chmod(0o644)
        link = _launcher(path)
        assert (link.ok, link.detail, link.fix) == (False, f"{path} may not be executed", f"chmod +x {path}")
        path.chmod(0o755)
    assert _launcher(path) == Link(gone.name, ok=True, detail=str(path))


def test_a_host_that_came_never_is_complained_of() -> None:
    fix = f"{sys.executable} -m pip install --force-reinstall -e ."
    assert _spoken(Greeting(None, complaint="no module"), "it answers") == Link(
        "it answers", ok=False, detail="no module", fix=fix
    )
    assert _spoken(Greeting({"host_version": "1.2"}), "n") == Link("n", ok=True, detail="Irodori 1.2")


def test_stray_bytes_are_shown() -> None:
    link = _pure(Greeting({}, stray=b"\x00hello"))
    assert (link.ok, link.detail) == (False, "stray bytes: b'\\x00hello'")
    assert link.fix.startswith("report this with the bytes above")
    assert _pure(Greeting({})).ok


@pytest.mark.parametrize(
    ("spoken", "ok"),
    [
        ([PROTOCOL, PROTOCOL], True),
        ([PROTOCOL - 1, PROTOCOL + 1], True),
        ([PROTOCOL + 1, PROTOCOL + 2], False),
        ([PROTOCOL - 2, PROTOCOL - 1], False),
        ([PROTOCOL], False),
        ([PROTOCOL, PROTOCOL, PROTOCOL], False),
        (None, False),
        (PROTOCOL, False),
        ("11", False),
    ],
)
def test_host_and_extension_need_a_version_in_common(spoken: object, ok: bool) -> None:
    link = _protocol({"protocol": spoken})
    assert link.ok is ok
    if ok:
        assert link.detail == f"version {PROTOCOL}"
    else:
        assert link.detail == f"the host speaks {spoken}, the extension {PROTOCOL}"
        assert link.fix.startswith("update Irodori and its extension together")


def test_the_log_is_written_where_its_nearest_folder_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a" / "b" / "host.log"
    assert _log({"log_path": str(path)}) == Link("the host's log", ok=True, detail=str(path))
    asked: list[tuple[Path, int]] = []

    def closed(folder: Path, how: int) -> bool:
        asked.append((folder, how))
        return False

    monkeypatch.setattr(doctor.os, "access", closed)
    link = _log({"log_path": str(path)})
    assert (link.ok, link.detail, link.fix) == (False, f"{path} cannot be written", f"make {tmp_path} writable")
    assert asked == [(tmp_path, os.W_OK)]


@pytest.mark.parametrize(
    ("present", "sandboxed", "expected"),
    [
        ([ROW, OTHER], [], Link("a browser", ok=True, detail="Chromium, Brave")),
        ([ROW], [OTHER], Link("a browser", ok=True, detail=f"Chromium (not usable: Brave: {ADVICE})")),
        ([], [OTHER], Link("a browser", ok=False, detail=f"only in a sandbox: Brave: {ADVICE}", fix=ADVICE)),
        (
            [],
            [],
            Link(
                "a browser",
                ok=False,
                detail="none that Irodori knows has run on this account",
                fix=f"start the browser once, then {REGISTER}",
            ),
        ),
    ],
)
def test_browsers_are_named_and_those_in_a_sandbox_with_advice(
    present: list[Any], sandboxed: list[Any], expected: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "sandboxed_browsers", lambda machine: sandboxed)
    assert _browsers(MACHINE, present) == expected


@pytest.mark.parametrize("state", ["registered", "stale", "missing"])
def test_a_browser_in_which_it_is_registered_otherwise_is_told(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def status(*what: Any) -> Any:
        asked.append(what)
        return SimpleNamespace(state=state, detail="there")

    monkeypatch.setattr(doctor, "status", status)
    link = _registered(MACHINE, ROW, Path("/launcher"))
    assert asked == [(MACHINE, ROW, Path("/launcher"))]
    name = "registered in Chromium"
    if state == "registered":
        assert link == Link(name, ok=True, detail="there")
    else:
        assert link == Link(name, ok=False, detail=f"{state}: there", fix=REGISTER)


@pytest.mark.parametrize(("hindrance", "ok"), [("forbidden by a policy", False), ("", True), (None, True)])
def test_a_policy_that_stands_against_it_is_told(
    hindrance: str | None, ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor.policies, "obstacle", lambda machine, row: hindrance)
    link = _allowed(MACHINE, ROW)
    assert (link.name, link.ok) == ("allowed in Chromium", ok)
    assert link.detail == (hindrance or "no policy stands against it")
    assert bool(link.fix) is not ok


def examined(monkeypatch: pytest.MonkeyPatch, ready: dict[str, Any] | None, rows: list[Any]) -> tuple[list[str], Any]:
    """Return the links' names, and the environments that the host was started in."""
    environs: list[dict[str, str]] = []

    def greet(launcher: Path, environ: dict[str, str]) -> Greeting:
        environs.append(dict(environ))
        return Greeting(ready)

    monkeypatch.setattr(doctor, "greet", greet)
    monkeypatch.setattr(doctor, "is_present", lambda machine, row: row is not OTHER)
    monkeypatch.setattr(doctor, "sandboxed_browsers", lambda machine: [])
    monkeypatch.setattr(doctor, "status", lambda *_: SimpleNamespace(state="registered", detail=""))
    monkeypatch.setattr(doctor.policies, "obstacle", lambda machine, row: "")
    environ = {"IRODORI_HOME": "/h", "SYSTEMROOT": "C:", "PATH": "/bin"}
    links = doctor.examine(MACHINE, Path("/launcher"), rows, environ)
    return [one.name for one in links], environs


def test_links_come_in_the_order_in_which_they_depend_on_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    names, environs = examined(monkeypatch, {"protocol": [PROTOCOL, PROTOCOL]}, [ROW, OTHER])
    assert names[1:] == [
        "the host answers", "only frames on its standard output", "it answers with an empty environment, too",
        "a common version of the protocol", "the host's log", "a browser", "registered in Chromium",
        "allowed in Chromium",
    ]  # fmt: skip
    assert environs == [
        {"IRODORI_HOME": "/h", "SYSTEMROOT": "C:", "PATH": "/bin"}, {"IRODORI_HOME": "/h", "SYSTEMROOT": "C:"},
    ]  # fmt: skip


def test_of_a_host_that_is_silent_neither_version_nor_log_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    names, _ = examined(monkeypatch, None, [])
    assert names[-1] == "a browser"
    assert "the host's log" not in names
