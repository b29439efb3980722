"""Give every setting every hostile value by wire, file, environment and command line, to hosts that run.

After each, the host still answers: its settings (each as asked, or as it was), its engines and its examination. A loss
is an answer that does not come, one that says E_INTERNAL, or a value that nobody asked for.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs
from typer.testing import CliRunner

from bench.faults.hostile import HOSTILE
from host.cli.app import app
from host.messaging.client import HostClient, HostFault, HostGone
from host.paths import HOME_VARIABLE, state_paths
from host.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_KEYS: Final = Settings.__struct_fields__
_DEFAULTS: Final = structs.asdict(Settings())
_ANSWER_S: Final = 30.0
_LONGEST_VARIABLE: Final = 100_000
Trial = tuple[str, object]


def main(arguments: Sequence[str]) -> int:
    """Try every value on every way; 1 where anything was lost."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults settings", description=__doc__)
    ways: dict[str, Callable[[Path, Counter[str]], None]] = {
        "wire": _by_wire, "file": _by_file, "environment": _by_environment, "command line": _by_command_line,
    }  # fmt: skip
    parser.add_argument("--ways", nargs="*", default=list(ways), choices=list(ways))
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    for way in parser.parse_args(arguments).ways:
        with tempfile.TemporaryDirectory(prefix="irodori-settings-") as home:
            ways[way](Path(home), counts)
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:6}  {name}\n")
    lost = sum(count for name, count in counts.items() if name.startswith("LOST"))
    sys.stdout.write(f"{len(_KEYS)} settings x {len(HOSTILE)} values, {lost} losses\n")
    return 1 if lost else 0


def _trials() -> Iterator[Trial]:
    yield from ((key, value) for key in _KEYS for value in HOSTILE)


def _by_wire(home: Path, counts: Counter[str]) -> None:
    with HostClient.spawn(home=home) as host:
        host.hello()
        for key, value in _trials():
            before = host.call("settings.get")
            if isinstance(value, str) and not value.isprintable() and "\udc80" in value:
                counts[f"{'not to be carried':20} by wire"] += 1
                continue
            try:
                after = host.call("settings.set", {key: value}, _ANSWER_S)
            except HostFault as fault:
                verdict = "refused" if fault.code == "E_BAD_REQUEST" else f"LOST {fault.code}"
                after = before
            except (OverflowError, TypeError):
                verdict, after = "not to be carried", before
            else:
                verdict = "taken" if after == before | {key: value} else f"LOST {key} became {after[key]!r:.60}"
            if host.call("settings.get") != after:
                verdict = f"LOST {key} is not what was answered"
            counts[f"{verdict:20} by wire"] += 1
        _ask_everything(host, "wire", counts)


def _by_file(home: Path, counts: Counter[str]) -> None:
    with HostClient.spawn(home=home) as host:
        host.hello()
        path = _settings_file(home)
        path.parent.mkdir(parents=True, exist_ok=True)
        for key, value in _trials():
            path.write_text(json.dumps({key: value}))
            _count_value(host.call("settings.get", timeout_s=_ANSWER_S), key, value, "file", counts)
            if key == "comfyui_url":
                _ask_everything(host, "file", counts)
        _ask_everything(host, "file", counts)


def _by_environment(home: Path, counts: Counter[str]) -> None:
    for value in HOSTILE:
        text = value if isinstance(value, str) else str(value)
        if "\0" in text or len(text) > _LONGEST_VARIABLE:
            counts[f"{'not to be carried':20} by environment"] += len(_KEYS)
            continue
        variables = {f"IRODORI_{key.upper()}": text for key in _KEYS}
        try:
            with HostClient.spawn(home=home, environment=variables) as host:
                host.hello(_ANSWER_S)
                found = host.call("settings.get")
                for key in _KEYS:
                    _count_value(found, key, text, "environment", counts)
                _ask_everything(host, "environment", counts)
        except (HostFault, HostGone, TimeoutError) as exc:
            counts[f"LOST {type(exc).__name__}: {exc} by environment"[:160]] += 1


def _by_command_line(home: Path, counts: Counter[str]) -> None:
    run = CliRunner(env={HOME_VARIABLE: str(home)}).invoke
    for key, value in _trials():
        done = run(app, ["settings", "set", "--", key, value if isinstance(value, str) else str(value)])
        known = {0: "taken", 2: "refused"}
        verdict = known.get(done.exit_code, f"LOST status {done.exit_code}: {done.exception!r}"[:120])
        counts[f"{verdict:20} by command line"] += 1
    with HostClient.spawn(home=home) as host:
        host.hello()
        _ask_everything(host, "command line", counts)


def _count_value(found: dict[str, Any], key: str, value: object, way: str, counts: Counter[str]) -> None:
    """Count a setting that is in force after a value was given: the value, or the default; all others are as ever."""
    if found[key] == _DEFAULTS[key]:
        verdict = "set aside"
    else:
        same = str(found[key]) == str(value) or _number(found[key]) == _number(value)
        verdict = "taken" if same else f"LOST {key} became {found[key]!r:.60}"
    counts[f"{verdict:20} by {way}"] += 1


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(str(value).lower())


def _ask_everything(host: HostClient, way: str, counts: Counter[str]) -> None:
    for method in ("settings.get", "engine.list", "host.doctor", "cache.stats", "session.ping"):
        try:
            host.call(method, timeout_s=_ANSWER_S)
            counts[f"{'answered':20} {method} after {way}"] += 1
        except (HostFault, HostGone, TimeoutError) as exc:
            counts[f"LOST {method} after {way}: {exc}"[:160]] += 1


def _settings_file(home: Path) -> Path:
    import os

    former = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = str(home)
    try:
        return state_paths().settings_file
    finally:
        if former is None:
            del os.environ[HOME_VARIABLE]
        else:
            os.environ[HOME_VARIABLE] = former
