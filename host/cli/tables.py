"""The short commands: engines, cache, doctor. Words and tables; nothing is decided here."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from host.application import Application
from host.cli.console import plain_table
from host.doctor import examine
from host.errors import BadRequest
from host.paths import HOST_COMMAND, state_paths
from host.viability import viability_of

if TYPE_CHECKING:
    from host.messaging.messages import Message

_MIB: Final = 1 << 20
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def print_engines() -> None:
    """Print a line for each engine."""
    table = plain_table("engine", "what", "state", "runs on", "references", "licence")
    with _open() as application:
        default = application.settings.current.default_engine
        for info in application.engines.infos():
            viability = viability_of(application.engines, info.id)
            state = "[green]ready[/]" if viability.ok else f"[yellow]{viability.reason} {viability.fix}[/]"
            name = f"[bold]{info.id}[/] (default)" if info.id == default else info.id
            table.add_row(name, info.label, state, info.device, f"up to {info.supports.references_max}", info.licence)
    Console().print(table)


def print_cache() -> None:
    """Print what the cache holds."""
    with _open() as application:
        stats = application.store.results.stats()
    asked = stats.hits + stats.misses
    served = f", {stats.hits / asked:.0%} of {asked} requests served from it" if asked else ""
    console = Console(highlight=False)
    console.print(f"{stats.entries} pages, {stats.bytes / _MIB:.1f} of {stats.limit_bytes // _MIB} MiB{served}")


def clear_cache(older_than_s: float | None) -> None:
    """Drop results and say how many."""
    with _open() as application:
        removed = application.store.results.clear(older_than_s)
    Console(highlight=False).print(f"{removed} pages dropped")


def print_diagnosis() -> int:
    """Walk the installer's chain, then the host's own checks; return 1 if anything is broken."""
    from installer.doctor import examine as examine_chain
    from installer.machine import this_machine

    console = Console(highlight=False)
    machine = this_machine()
    launcher = Path(sys.executable).absolute().with_name(HOST_COMMAND + (".exe" if sys.platform == "win32" else ""))
    checks = [(link.name, link.ok, link.detail, link.fix) for link in examine_chain(machine, launcher, machine.rows())]
    with _open() as application:
        checks += [(each.check, each.ok, each.detail, each.fix) for each in examine(application)]
    for name, ok, detail, fix in checks:
        mark = "[green]ok[/]     " if ok else "[red]BROKEN[/] "
        console.print(mark, end="")
        console.print(f"{name}: {detail}", markup=False, soft_wrap=True)
        if not ok:
            console.print(f"       mend it: {fix}", markup=False, soft_wrap=True)
    return 0 if all(ok for _, ok, _, _ in checks) else 1


def seconds_of(age: str) -> float:
    """Return an age like `7d` or `90s` in seconds.

    Raises:
        BadRequest: it is written otherwise.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", age.strip())
    if match is None:
        raise BadRequest(f"{age!r} is no age.", "Write a number and a unit: 90s, 30m, 12h, 7d, 4w.")
    return float(match[1]) * _UNIT_S[match[2]]


def _open() -> Application:
    return Application.open(state_paths(), _unheard)


def _unheard(message: Message) -> None:
    """Nobody asked for work here, so nothing is told."""
