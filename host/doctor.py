"""`host.doctor`: what can be checked from inside the host, each check with what mends it.

(`installer.doctor` walks the chain from the browser to here.)
"""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING, Final

from host.errors import IrodoriError
from host.locks import ProcessLock
from host.messaging.messages import DoctorCheck
from host.viability import viability_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host.application import Application

_LOG = logging.getLogger(__name__)
_ROOM_MIB: Final = 512
_MIB: Final = 1 << 20


def examine(application: Application) -> list[DoctorCheck]:
    """Run every check; a check that itself fails is reported as failed."""
    checks: dict[str, Callable[[Application], DoctorCheck]] = {
        "folders": _folders,
        "disk": _disk,
        "settings": _settings,
        "database": _database,
        "cache": _cache,
        "engines": _engines,
        "weights": _weights,
        "lane": _lane,
        "log": _log,
    }
    return [_run(name, check, application) for name, check in checks.items()]


def _run(name: str, check: Callable[[Application], DoctorCheck], application: Application) -> DoctorCheck:
    try:
        return check(application)
    except (IrodoriError, OSError) as exc:
        return _bad(name, str(exc), getattr(exc, "hint", "") or "Look into the log.")
    except Exception as exc:  # noqa: BLE001 - the other checks are told all the same
        _LOG.exception("the check %s failed", name)
        return _bad(name, f"the check failed ({type(exc).__name__})", "Look into the log.")


def _folders(application: Application) -> DoctorCheck:
    paths = application.paths
    folders = (paths.config, paths.data, paths.cache, paths.logs)
    closed = [folder for folder in folders if not _is_writable(folder)]
    if closed:
        names = ", ".join(map(str, closed))
        return _bad("folders", f"not writable: {names}", "Mend the rights of these folders, or set IRODORI_HOME.")
    return _good("folders", f"{paths.data} and {paths.cache} are writable")


def _disk(application: Application) -> DoctorCheck:
    free_mib = shutil.disk_usage(_existing(application.paths.cache)).free // _MIB
    if free_mib < _ROOM_MIB:
        return _bad("disk", f"{free_mib} MiB are free", "Free some space, clear the cache or lower cache_limit_mib.")
    return _good("disk", f"{free_mib} MiB are free")


def _settings(application: Application) -> DoctorCheck:
    warnings = application.settings.warnings
    if warnings:
        return _bad("settings", "; ".join(warnings), f"Correct {application.paths.settings_file}.")
    return _good("settings", str(application.paths.settings_file))


def _database(application: Application) -> DoctorCheck:
    database = application.store.database
    if not database.is_sound():
        return _bad("database", f"{database.path} is damaged", "Close all browsers and remove the file.")
    if database.moved_aside is not None:
        return _good("database", f"sound; a damaged one was moved to {database.moved_aside}")
    return _good("database", f"{database.path} is sound")


def _cache(application: Application) -> DoctorCheck:
    stats = application.store.results.stats()
    share = f"{stats.bytes // _MIB} of {stats.limit_bytes // _MIB} MiB"
    return _good("cache", f"{stats.entries} pages, {share}, {stats.hits} hits, {stats.misses} misses")


def _engines(application: Application) -> DoctorCheck:
    engines = application.engines
    verdicts = {info.id: viability_of(engines, info.id) for info in engines.infos()}
    default = application.settings.current.default_engine
    detail = "; ".join(f"{name}: {'ready' if one.ok else one.reason}" for name, one in verdicts.items())
    if default not in verdicts:
        return _bad("engines", f"there is no engine {default!r} ({detail})", "Choose another default engine.")
    if not verdicts[default].ok:
        return _bad("engines", detail, verdicts[default].fix or "Choose another default engine.")
    return _good("engines", detail)


def _weights(application: Application) -> DoctorCheck:
    damaged = application.models.damaged()
    if damaged:
        return _bad("weights", f"missing or damaged: {', '.join(damaged)}", "Install Irodori again.")
    return _good("weights", "all shipped weights are what the catalogue says")


def _lane(application: Application) -> DoctorCheck:
    lock = ProcessLock(application.paths.lane_lock)
    free = lock.try_acquire()
    lock.close()
    return _good("lane", "free" if free else "a page is being coloured")


def _log(application: Application) -> DoctorCheck:
    return _good("log", str(application.paths.log_file))


def _is_writable(folder: Path) -> bool:
    return os.access(_existing(folder), os.W_OK | os.X_OK)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _good(check: str, detail: str) -> DoctorCheck:
    return DoctorCheck(check=check, ok=True, detail=detail, fix="")


def _bad(check: str, detail: str, fix: str) -> DoctorCheck:
    return DoctorCheck(check=check, ok=False, detail=detail, fix=fix)
