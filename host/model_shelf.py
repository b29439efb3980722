"""`model.list`, `model.pull` and `model.remove` over the catalogue; what ships with Irodori is verified, not pulled."""

from __future__ import annotations

import hashlib
import secrets
import threading
from typing import TYPE_CHECKING, Final, Literal

from host.errors import BadRequest, NotFound
from host.messaging.messages import ModelInfo, ModelProgress, TaskAccepted
from models.catalog import load_catalog
from models.store import WeightsInvalid, WeightsMissing, weights_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host.messaging.messages import Message
    from models.catalog import ModelCard, ModelFile

_BLOCK: Final = 1 << 20
State = Literal["ready", "missing", "pulling", "invalid"]


class ModelShelf:
    """The models of the catalogue on this machine. Thread-safe."""

    def __init__(self, notify: Callable[[Message], None]) -> None:
        self._notify = notify
        self._pulling: set[str] = set()
        self._closing = threading.Event()

    def list(self) -> list[ModelInfo]:
        """Return every model with its state; whether files are damaged shows when they are pulled or loaded."""
        return [self._info(card) for card in load_catalog().values()]

    def pull(self, model_id: str) -> TaskAccepted:
        """Bring a model here and verify it; `model.progress` reports, with `ready` or `failed` at the end.

        Raises:
            NotFound: there is no such model.
        """
        card = _card(model_id)
        task_id = secrets.token_hex(8)
        self._pulling.add(model_id)
        thread = threading.Thread(target=self._verify, args=(task_id, card), name=f"pull-{model_id}", daemon=True)
        thread.start()
        return TaskAccepted(task_id=task_id)

    def remove(self, model_id: str) -> None:
        """Remove a model's files.

        Raises:
            NotFound: there is no such model. BadRequest: it ships with Irodori.
        """
        card = _card(model_id)
        if card.repository:
            raise BadRequest(f"{card.label} was not pulled.", "Files that you copied here are yours to remove.")
        raise BadRequest(f"{card.label} ships with Irodori and stays.", "Choose another default engine instead.")

    def damaged(self) -> tuple[str, ...]:
        """Return the names of the shipped files that are missing or are not what the catalogue says."""
        files = [file for card in load_catalog().values() for file in card.files]
        return tuple(file.name for file in files if not self._is_whole(file, _nothing))

    def close(self) -> None:
        """Let pulls end at their next block."""
        self._closing.set()

    def _info(self, card: ModelCard) -> ModelInfo:
        return ModelInfo(
            model_id=card.id,
            label=card.label,
            engine=card.engine,
            licence=card.licence,
            bytes=_total(card),
            memory_mib=card.memory_mib,
            state="pulling" if card.id in self._pulling else _state(card),
        )

    def _verify(self, task_id: str, card: ModelCard) -> None:
        read = 0

        def count(size: int) -> None:
            nonlocal read
            read += size
            self._tell(task_id, card, read, "verifying")

        try:
            whole = bool(card.files) and all(self._is_whole(file, count) for file in card.files)
        finally:
            self._pulling.discard(card.id)
        self._tell(task_id, card, read, "ready" if whole else "failed")

    def _is_whole(self, file: ModelFile, count: Callable[[int], None]) -> bool:
        path = _path(file)
        if path is None:
            return False
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while (block := stream.read(_BLOCK)) and not self._closing.is_set():
                digest.update(block)
                count(len(block))
        return digest.hexdigest() == file.sha256

    def _tell(
        self, task_id: str, card: ModelCard, read: int, state: Literal["pulling", "verifying", "ready", "failed"]
    ) -> None:
        if not self._closing.is_set():
            message = ModelProgress(
                task_id=task_id, model_id=card.id, bytes=read, total_bytes=_total(card), state=state
            )
            self._notify(message)


def _card(model_id: str) -> ModelCard:
    card = load_catalog().get(model_id)
    if card is None:
        known = ", ".join(load_catalog())
        raise NotFound(f"There is no model {model_id[:128]!r}.", f"The models are: {known}.")
    return card


def _state(card: ModelCard) -> State:
    paths = [_path(file) for file in card.files]
    if not paths or None in paths:
        return "missing"
    sizes = [path.stat().st_size for path in paths if path is not None]
    return "ready" if sizes == [file.bytes for file in card.files] else "invalid"


def _path(file: ModelFile) -> Path | None:
    try:
        return weights_path(file)
    except (WeightsMissing, WeightsInvalid):
        return None


def _total(card: ModelCard) -> int:
    return sum(file.bytes for file in card.files)


def _nothing(size: int) -> None:
    """Count nothing."""
