"""`irodori models …`: what is there, pull with a progress bar, verify, remove, and tell what a file is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import filesize
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from host.cli.console import plain_table
from host.errors import BadRequest, WeightsInvalid
from host.model_library import ModelLibrary, card_of
from host.paths import state_paths
from host.settings import SettingsFile
from models import store
from models.identify import identify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from models.catalog import ModelCard

_MIB = 1 << 20


def print_models() -> None:
    """Print a line for each model of the catalogue and each file in the models' folder."""
    table = plain_table("model", "what", "state", "engine", "MiB", "licence")
    for info in _shelf().list():
        colour = {"ready": "green", "missing": "yellow", "pulling": "cyan"}.get(info.state, "red")
        what = f"{info.label}: {info.detail}" if info.detail else info.label
        table.add_row(
            info.model_id, what, f"[{colour}]{info.state}[/]", info.engine, f"{info.bytes // _MIB:,}", info.licence
        )
    console = Console()
    console.print(table)
    console.print(f"Models lie in {store.models_folder()}", style="dim", highlight=False)


def pull_model(model_id: str, *, yes: bool) -> None:
    """Pull or complete a model; a licence that forbids commercial use is shown and asked about first.

    Raises:
        BadRequest: the licence was not accepted. NotFound, RemoteFailed, DiskFull
    """
    card = card_of(model_id)
    if card.non_commercial and not yes:
        _ask_about(card)
    total, missing = _shelf().look_ahead(card)
    if missing:
        sums = f"{filesize.decimal(missing)} of {filesize.decimal(total)}"
        Console(stderr=True, highlight=False).print(f"{card.label}: {sums} are still to come, from {card.repository}.")
    with _bar(f"Pulling {card.label}") as report:
        _shelf().bring(card, report)
    Console(highlight=False).print(f"{card.label} is here.")


def verify_model(model_id: str) -> None:
    """Read every file of a model and compare it with what was recorded when it was pulled.

    Raises:
        WeightsInvalid: files are missing or damaged. NotFound, WeightsMissing
    """
    card = card_of(model_id)
    with _bar(f"Verifying {card.label}") as report:
        wrong = _shelf().verify(card, report)
    if wrong:
        raise WeightsInvalid(f"{card.label}: missing or damaged: {', '.join(wrong)}.", f"irodori models pull {card.id}")
    Console(highlight=False).print(f"{card.label} is whole.")


def remove_model(model_id: str) -> None:
    """Remove what was pulled of a model.

    Raises:
        NotFound, WeightsMissing, BadRequest
    """
    gone = _shelf().remove(model_id)
    Console(highlight=False).print(f"{gone / _MIB:,.0f} MiB removed")


def identify_file(path: Path) -> None:
    """Say what a weights file is.

    Raises:
        BadRequest: there is no such file. WeightsInvalid: it could run code, or is damaged.
    """
    try:
        found = identify(path)
    except store.WeightsInvalid as exc:
        raise WeightsInvalid(str(exc), "Only .safetensors and .gguf files are opened.") from exc
    except OSError as exc:
        raise BadRequest(f"{path} cannot be read: {exc.strerror}.", "Name a weights file.") from exc
    engines = f"; for the engines {', '.join(found.engines)}" if found.engines else ""
    Console(highlight=False).print(f"{path.name}: {found.label} ({found.role}{engines})")


def _ask_about(card: ModelCard) -> None:
    console = Console(stderr=True, highlight=False)
    console.print(f"{card.label} ({card.attribution}) is under {card.licence}: you may not use it commercially.")
    console.print(f"Read the licence on the page of {card.repository}.")
    if not sys.stdin.isatty() or console.input("Do you accept it? \\[y/N] ").strip().lower() not in ("y", "yes"):
        raise BadRequest("The licence was not accepted; nothing was pulled.", f"irodori models pull {card.id} --yes")


def _shelf() -> ModelLibrary:
    settings = SettingsFile(state_paths().settings_file)
    return ModelLibrary(lambda _: None, mirror=lambda: settings.current.model_hub)


class _bar:  # noqa: N801 - used as a function
    """A progress bar for bytes; gives the function that moves it."""

    def __init__(self, title: str) -> None:
        columns = (TextColumn(title), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)

    def __enter__(self) -> Callable[[int, int], None]:
        self._progress.start()
        task = self._progress.add_task("", total=None)

        def report(done: int, total: int) -> None:
            self._progress.update(task, completed=done, total=total)

        return report

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
