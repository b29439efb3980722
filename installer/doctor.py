"""Walk the chain from the launcher to the browser, link by link, in the order in which links depend on each other."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from host.paths import HOME_VARIABLE
from installer import policies
from installer.handshake import PROTOCOL, Greeting, greet
from installer.register import is_present
from installer.sandbox import ADVICE, sandboxed_browsers
from installer.status import status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from installer.machine import Machine
    from installer.table import Row


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain; `fix` is a command or an advice, empty where nothing is to be done."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def examine(
    machine: Machine, launcher: Path, rows: Sequence[Row], environ: Mapping[str, str] = os.environ
) -> Iterator[Link]:
    """Yield the links, the first ones first; a caller may stop at a broken one. Only reads, and starts the launcher."""
    yield _launcher(launcher)
    greeting = greet(launcher, environ)
    yield _spoken(greeting, "the host answers")
    yield _pure(greeting)
    bare = {key: environ[key] for key in (HOME_VARIABLE, "SYSTEMROOT", "SystemRoot") if key in environ}
    yield _spoken(greet(launcher, bare), "it answers with an empty environment, too")
    if greeting.ready is not None:
        yield _protocol(greeting.ready)
        yield _log(greeting.ready)
    present = [row for row in rows if is_present(machine, row)]
    yield _browsers(machine, present)
    for row in present:
        yield _registered(machine, row, launcher)
        yield _allowed(machine, row)


def _launcher(launcher: Path) -> Link:
    name = "the host's launcher"
    if not launcher.is_file():
        return Link(name, ok=False, detail=f"{launcher} is missing", fix=f"{sys.executable} -m pip install -e .")
    if not os.access(launcher, os.X_OK):
        return Link(name, ok=False, detail=f"{launcher} may not be executed", fix=f"chmod +x {launcher}")
    return Link(name, ok=True, detail=str(launcher))


def _spoken(greeting: Greeting, name: str) -> Link:
    if greeting.ready is None:
        fix = f"{sys.executable} -m pip install --force-reinstall -e ."
        return Link(name, ok=False, detail=greeting.complaint, fix=fix)
    return Link(name, ok=True, detail=f"Irodori {greeting.ready.get('host_version')}")


def _pure(greeting: Greeting) -> Link:
    name = "only frames on its standard output"
    if greeting.stray:
        fix = "report this with the bytes above; a start-up file of Python or of the shell may print"
        return Link(name, ok=False, detail=f"stray bytes: {greeting.stray!r}", fix=fix)
    return Link(name, ok=True, detail="nothing else is there")


def _protocol(ready: Mapping[str, object]) -> Link:
    spoken = ready.get("protocol")
    name = "a common version of the protocol"
    if not isinstance(spoken, list) or len(spoken) != 2 or not spoken[0] <= PROTOCOL <= spoken[1]:
        fix = "update Irodori and its extension together (make install, then reload the extension)"
        return Link(name, ok=False, detail=f"the host speaks {spoken}, the extension {PROTOCOL}", fix=fix)
    return Link(name, ok=True, detail=f"version {PROTOCOL}")


def _log(ready: Mapping[str, object]) -> Link:
    path = Path(str(ready.get("log_path", "")))
    folder = next((each for each in (path, *path.parents) if each.exists()), path)
    if not os.access(folder, os.W_OK):
        return Link("the host's log", ok=False, detail=f"{path} cannot be written", fix=f"make {folder} writable")
    return Link("the host's log", ok=True, detail=str(path))


def _browsers(machine: Machine, present: Sequence[Row]) -> Link:
    sandboxed = "; ".join(f"{each.label}: {ADVICE}" for each in sandboxed_browsers(machine))
    if not present:
        detail = f"only in a sandbox: {sandboxed}" if sandboxed else "none that Irodori knows has run on this account"
        fix = f"start the browser once, then {sys.executable} -m installer register"
        return Link("a browser", ok=False, detail=detail, fix=ADVICE if sandboxed else fix)
    named = ", ".join(row.label for row in present)
    return Link("a browser", ok=True, detail=f"{named} (not usable: {sandboxed})" if sandboxed else named)


def _registered(machine: Machine, row: Row, launcher: Path) -> Link:
    found = status(machine, row, launcher)
    name = f"registered in {row.label}"
    if found.state == "registered":
        return Link(name, ok=True, detail=found.detail)
    fix = f"{sys.executable} -m installer register"
    return Link(name, ok=False, detail=f"{found.state}: {found.detail}", fix=fix)


def _allowed(machine: Machine, row: Row) -> Link:
    name = f"allowed in {row.label}"
    hindrance = policies.obstacle(machine, row)
    if hindrance:
        fix = "ask the administrator, or use another browser: chrome://policy shows who set it"
        return Link(name, ok=False, detail=hindrance, fix=fix)
    return Link(name, ok=True, detail="no policy stands against it")
