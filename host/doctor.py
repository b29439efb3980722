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
        "words": _words,
        "lane": _lane,
        "log": _log,
    }
    return [_run(name, check, application) for name, check in checks.items()]


def _run(name: str, check: Callable[[Application], DoctorCheck], application: Application) -> DoctorCheck:
    try:
        return check(application)
    except (IrodoriError, OSError) as exc:
        return _bad(name, str(exc), getattr(exc, "hint", "") or "Look into the log.", *getattr(exc, "told", ()))
    except Exception as exc:  # noqa: BLE001 - the other checks are told all the same
        _LOG.exception("the check %s failed", name)
        return _bad(
            name, f"the check failed ({type(exc).__name__})", "Look into the log.", "check_failed", type(exc).__name__
        )


def _folders(application: Application) -> DoctorCheck:
    paths = application.paths
    folders = (paths.config, paths.data, paths.cache, paths.logs)
    closed = [folder for folder in folders if not _is_writable(folder)]
    if closed:
        names = ", ".join(map(str, closed))
        fix = "Mend the rights of these folders, or set IRODORI_HOME."
        return _bad("folders", f"not writable: {names}", fix, "folders_closed", names)
    words = f"{paths.data} and {paths.cache} are writable"
    return _good("folders", words, "folders_writable", f"{paths.data}", f"{paths.cache}")


def _disk(application: Application) -> DoctorCheck:
    free_mib = shutil.disk_usage(_existing(application.paths.cache)).free // _MIB
    words = f"{free_mib} MiB are free"
    if free_mib < _ROOM_MIB:
        fix = "Free some space, clear the cache or lower cache_limit_mib."
        return _bad("disk", words, fix, "disk_full", f"{free_mib}")
    return _good("disk", words, "disk_free", f"{free_mib}")


def _settings(application: Application) -> DoctorCheck:
    warnings, file = application.settings.warnings, f"{application.paths.settings_file}"
    if warnings:
        return _bad("settings", "; ".join(warnings), f"Correct {file}.", "settings_wrong", file)
    return _good("settings", file, "at_path", file)


def _database(application: Application) -> DoctorCheck:
    database = application.store.database
    if not database.is_sound():
        fix = "Close all browsers and remove the file."
        return _bad("database", f"{database.path} is damaged", fix, "database_damaged", f"{database.path}")
    if database.moved_aside is not None:
        words = f"sound; a damaged one was moved to {database.moved_aside}"
        return _good("database", words, "database_mended", f"{database.moved_aside}")
    return _good("database", f"{database.path} is sound", "at_path", f"{database.path}")


def _cache(application: Application) -> DoctorCheck:
    stats = application.store.results.stats()
    held_mib, limit_mib = stats.bytes // _MIB, stats.limit_bytes // _MIB
    words = f"{stats.entries} pages, {held_mib} of {limit_mib} MiB, {stats.hits} hits, {stats.misses} misses"
    return _good("cache", words, "cache_holds", f"{stats.entries}", f"{held_mib}", f"{limit_mib}")


def _engines(application: Application) -> DoctorCheck:
    engines = application.engines
    labels = {info.id: info.label for info in engines.infos()}
    verdicts = {name: viability_of(engines, name) for name in labels}
    default = application.settings.current.default_engine
    detail = "; ".join(f"{name}: {'ready' if one.ok else one.reason}" for name, one in verdicts.items())
    ready = ", ".join(labels[name] for name, one in verdicts.items() if one.ok)
    if default not in verdicts:
        words, fix = f"there is no engine {default!r} ({detail})", "Choose another default engine."
        return _bad("engines", words, fix, "engine_unknown", default, ready)
    if not verdicts[default].ok:
        fix = verdicts[default].fix or "Choose another default engine."
        return _bad("engines", detail, fix, "engine_not_ready", labels[default], ready)
    return _good("engines", detail, "engines_ready", ready)


def _weights(application: Application) -> DoctorCheck:
    damaged = ", ".join(application.models.damaged())
    if damaged:
        return _bad("weights", f"missing or damaged: {damaged}", "Install Irodori again.", "weights_damaged", damaged)
    return _good("weights", "all shipped weights are what the catalogue says", "weights_sound")


def _words(application: Application) -> DoctorCheck:
    from host.jobs.word_models import lacking

    settings = application.settings.current
    if not (settings.translate or settings.caption or settings.enhance != "off"):
        return _good("words", "no step is switched on", "words_off")
    missing = lacking(settings)
    if missing:
        names, ways = (", ".join(part) for part in zip(*missing, strict=True))
        return _bad("words", f"missing: {names}", ways, "words_lack", names, ways)
    return _good("words", "all that is switched on is here", "words_ready")


def _lane(application: Application) -> DoctorCheck:
    lock = ProcessLock(application.paths.lane_lock)
    free = lock.try_acquire()
    lock.close()
    return _good("lane", "free", "lane_free") if free else _good("lane", "a page is being coloured", "lane_busy")


def _log(application: Application) -> DoctorCheck:
    return _good("log", f"{application.paths.log_file}", "at_path", f"{application.paths.log_file}")


def _is_writable(folder: Path) -> bool:
    return os.access(_existing(folder), os.W_OK | os.X_OK)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())


def _good(check: str, detail: str, *told: str) -> DoctorCheck:
    return DoctorCheck(check=check, ok=True, detail=detail, fix="", told=list(told))


def _bad(check: str, detail: str, fix: str, *told: str) -> DoctorCheck:
    return DoctorCheck(check=check, ok=False, detail=detail, fix=fix, told=list(told))
