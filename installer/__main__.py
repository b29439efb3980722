"""`python -m installer register | unregister | status | doctor`.

Exit status: 0 all is well, 1 something failed (the rest was done), 2 wrong usage.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from host.paths import HOST_COMMAND
from installer.doctor import examine
from installer.machine import Machine, this_machine
from installer.register import Outcome, Plan, is_present, profile_row, register, unregister
from installer.sandbox import ADVICE, sandboxed_browsers
from installer.status import status
from installer.table import BROWSERS, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

_USAGE_ERROR: Final = 2
_EXTENSION_ID: Final = re.compile(r"[a-p]{32}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the console's words are the whole interface."""
    options = _parser().parse_args(arguments)
    machine = this_machine()
    if options.command in {"register", "unregister"} and _is_foreign_home(machine):
        return _refuse(f"{machine.home} belongs to somebody else; run this as that user, without sudo")
    if "SUDO_USER" in os.environ and machine.system != "windows":
        _say(f"Note: this is root's account ({machine.home}); without sudo it would be {os.environ['SUDO_USER']}'s.")
    command = {"register": _register, "unregister": _unregister, "status": _status, "doctor": _doctor}[options.command]
    return command(machine, _chosen(machine, options), options)


def default_launcher() -> Path:
    """Return where this environment's console script stands: beside its Python."""
    name = f"{HOST_COMMAND}.exe" if sys.platform == "win32" else HOST_COMMAND
    return Path(sys.executable).absolute().parent / name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m installer", description="Make the browsers of this account find Irodori's host."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in {
        "register": "tell every browser found where the host is; again after a move",
        "unregister": "take all of that back",
        "status": "say which browsers are here, and which know the host",
        "doctor": "find the first broken link from the host to the browser, and how to mend it",
    }.items():
        command = commands.add_parser(name, help=words, description=words)
        command.add_argument("--browser", action="append", choices=BROWSERS, help="only this one (repeatable)")
        command.add_argument("--user-data-dir", type=Path, metavar="DIR", help="only a Chromium profile kept in DIR")
        command.add_argument("--host", type=Path, metavar="PATH", help="the host's launcher, if not beside this Python")
        if name in {"register", "unregister"}:
            command.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        if name == "register":
            command.add_argument("--extension-id", action="append", default=[], metavar="ID", help="one id more")
        if name == "doctor":
            command.add_argument("--verbose", action="store_true", help="show every link, also the good ones")
    return parser


def _chosen(machine: Machine, options: argparse.Namespace) -> list[Row]:
    rows = [row for row in machine.rows() if row.browser in (options.browser or ())]
    if options.user_data_dir is not None:
        rows.append(profile_row(options.user_data_dir))
    return rows if options.browser or options.user_data_dir else list(machine.rows())


def _launcher(options: argparse.Namespace) -> Path:
    return Path(options.host).absolute() if options.host else default_launcher()


def _register(machine: Machine, rows: list[Row], options: argparse.Namespace) -> int:
    launcher = _launcher(options)
    if not launcher.is_file() or not os.access(launcher, os.X_OK):
        return _refuse(f"{launcher} is not there or may not be executed; make install puts it there")
    strange = [each for each in options.extension_id if not _EXTENSION_ID.fullmatch(each)]
    if strange:
        return _refuse(f"{strange[0]!r} is no extension's id: 32 letters from a to p, as chrome://extensions shows it")
    _say_sandboxed(machine)
    present = [row for row in rows if row.browser == "profile" or is_present(machine, row)]
    outcomes = register(machine, present, Plan(launcher, tuple(options.extension_id), options.dry_run))
    if not present:
        _say("No browser that Irodori knows has run on this account; nothing was registered.")
        return 1
    return _report(outcomes, dry_run=options.dry_run)


def _unregister(machine: Machine, rows: list[Row], options: argparse.Namespace) -> int:
    outcomes = unregister(machine, rows, dry_run=options.dry_run)
    if not outcomes:
        _say("Nothing was registered.")
    return _report(outcomes, dry_run=options.dry_run)


def _status(machine: Machine, rows: list[Row], options: argparse.Namespace) -> int:
    _say(f"Host: {_launcher(options)}")
    for row in rows:
        found = status(machine, row, _launcher(options))
        if found.state != "no such browser" or options.browser:
            _say(f"{row.label:24} {found.state:15} {found.detail}")
    _say_sandboxed(machine)
    return 0


def _doctor(machine: Machine, rows: list[Row], options: argparse.Namespace) -> int:
    broken = 0
    for link in examine(machine, _launcher(options), rows):
        if not link.ok:
            broken += 1
            _say(f"BROKEN  {link.name}: {link.detail}\n        mend it: {link.fix}")
        elif options.verbose:
            _say(f"ok      {link.name}: {link.detail}")
        if broken and not options.verbose:
            break
    if not broken:
        _say("Every link holds: the host starts, answers, and the browsers here know it.")
    return 1 if broken else 0


def _report(outcomes: Sequence[Outcome], *, dry_run: bool) -> int:
    for outcome in outcomes:
        word = f"would be {outcome.action}" if dry_run and outcome.action != "unchanged" else outcome.action
        _say(f"{outcome.label:24} {word:12} {outcome.place}{f': {outcome.detail}' if outcome.detail else ''}")
    return 1 if any(outcome.action == "failed" for outcome in outcomes) else 0


def _say_sandboxed(machine: Machine) -> None:
    for each in sandboxed_browsers(machine):
        _say(f"{each.label:24} {'unsupported':12} {ADVICE}")


def _is_foreign_home(machine: Machine) -> bool:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    return machine.home.exists() and machine.home.stat().st_uid != 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return _USAGE_ERROR


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
