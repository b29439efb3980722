"""The models on this machine: the catalogue's, and the files that the reader dropped; `model.*` on the wire.

What ships with Irodori is verified, not pulled. A pull runs on a thread of its own and reports by `model.progress`; a
change in the folder that the reader drops files into is told by `model.changed`.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from engines.base import Viability
from host import errors
from host.errors import BadRequest, Busy, DiskFull, IrodoriError, NotFound, RemoteFailed, SecretsUnavailable
from host.messaging.messages import ModelChanged, ModelInfo, ModelProgress, TaskAccepted, WireError
from host.secrets import secret_for
from host.supervised import SupervisedThread
from models import pull as pulling
from models.catalog import load_catalog
from models.digests import file_digest
from models.drop_folder import DropFolder, scan
from models.hub import Hub, HubError, hub_origin
from models.store import WeightsInvalid, WeightsMissing, local_folder, models_folder, weights_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from host.messaging.messages import Message
    from models.catalog import ModelCard
    from models.drop_folder import Dropped

_LOG = logging.getLogger(__name__)
HF_TOKEN: Final = "hf_token"  # noqa: S105 - the secret's name
_MIB: Final = 1 << 20
_TELL_EVERY: Final = 1 << 23
_FAMILIES: Final = {
    "flux2": "FLUX.2",
    "flux1": "FLUX.1",
    "qwen-image": "Qwen-Image",
    "sd15": "Stable Diffusion 1",
    "sd3": "Stable Diffusion 3",
    "sdxl": "SDXL",
}
State = Literal["ready", "missing", "pulling", "invalid"]
Progress = Literal["pulling", "verifying", "ready", "failed"]


class ModelLibrary:
    """The models of the catalogue and of the reader on this machine. Thread-safe."""

    def __init__(
        self,
        notify: Callable[[Message], None],
        ask: Callable[[str], Viability] | None = None,
        mirror: Callable[[], str] = str,
    ) -> None:
        """Take note of who is told, of who says whether an engine can run (`None`: nobody is asked), and of the hub.

        mirror: gives the address that models are pulled from, empty for the usual one.
        """
        self._notify = notify
        self._mirror = mirror
        self._ask = ask or (lambda _: Viability(ok=True))
        self._pulling: set[str] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._folder: DropFolder | None = None

    def watch(self) -> None:
        """Tell from now on when something comes into the models' folder or goes; a second call does nothing."""
        if self._folder is not None:
            return
        self._folder = DropFolder(models_folder(), lambda _: self._tell_changed(), make_thread=self._thread)
        self._folder.start()

    def _thread(self, target: Callable[[], None], name: str) -> threading.Thread:
        return SupervisedThread(target, name, stopping=self._closing.is_set)

    def list(self) -> list[ModelInfo]:
        """Return every model of the catalogue with its state, then every file that the reader dropped."""
        return [self._info(card) for card in load_catalog().values()] + [self._dropped(one) for one in dropped()]

    def pull(self, model_id: str, *, licence_accepted: bool = False) -> TaskAccepted:
        """Bring a model here and verify it; `model.progress` reports, with `ready` or `failed` at the end.

        Raises:
            NotFound: there is no such model. BadRequest: its licence forbids commercial use and was not accepted.
            Busy: it is being pulled already.
        """
        card = card_of(model_id)
        if card.non_commercial and not licence_accepted:
            raise BadRequest(
                f"{card.label} is for non-commercial use only ({card.licence}).", "Accept its licence first.",
                told=("licence_first", card.label, card.licence),
            )  # fmt: skip
        with self._lock:
            if model_id in self._pulling:
                raise Busy(
                    f"{card.label} is being pulled already.", "Wait for it.", told=("model_on_its_way", card.label)
                )
            self._pulling.add(model_id)
        task_id = secrets.token_hex(8)
        thread = threading.Thread(target=self._run, args=(task_id, card), name=f"pull-{model_id}", daemon=True)
        thread.start()
        return TaskAccepted(task_id=task_id)

    def remove(self, model_id: str) -> int:
        """Remove the files of a model that was pulled, and return their bytes; the reader's own files stay.

        Raises:
            NotFound: there is no such model. WeightsMissing: nothing of it was pulled. BadRequest: it ships with
            Irodori. Busy: it is being pulled.
        """
        card = card_of(model_id)
        if not card.repository:
            words = f"{card.label} ships with Irodori and stays."
            raise BadRequest(words, "Choose another default engine instead.", told=("model_ships", card.label))
        if model_id in self._pulling:
            raise Busy(f"{card.label} is being pulled.", "Wait for it.", told=("model_on_its_way", card.label))
        try:
            return pulling.remove(local_folder(model_id))
        except FileNotFoundError as exc:
            raise errors.WeightsMissing(
                f"{card.label} was not pulled.", "Files that you copied here are yours to remove.",
                told=("model_is_yours", card.label),
            ) from exc  # fmt: skip

    def bring(self, card: ModelCard, report: Callable[[int, int], None]) -> None:
        """Pull or verify a model here and now. `report` takes bytes and their total, and may raise to stop.

        Raises:
            RemoteFailed: the hub did not give it. DiskFull. WeightsInvalid: what ships is damaged.
        """
        if not card.repository:
            damaged = self._damaged(card, report)
            if damaged:
                raise errors.WeightsInvalid(
                    f"{', '.join(damaged)}: missing or damaged.",
                    "Install Irodori again.",
                    told=("weights_damaged", ", ".join(damaged)),
                )
            return
        try:
            with self._hub() as hub:
                pulling.pull(card, local_folder(card.id), hub, lambda at: report(at.done, at.total))
        except pulling.NotEnoughSpace as exc:
            raise DiskFull(str(exc), "Make room, or set IRODORI_MODELS to a folder on another disk.") from exc
        except HubError as exc:
            raise RemoteFailed(f"{card.label}: {exc.message}.", exc.hint, told=exc.told) from exc
        except OSError as exc:
            raise DiskFull(f"{card.label} cannot be written: {exc.strerror or exc}", "Look at the folder.") from exc

    def look_ahead(self, card: ModelCard) -> tuple[int, int]:
        """Return the bytes of a model and those that are still to come; both 0 for what ships with Irodori.

        Raises:
            RemoteFailed: the hub does not say.
        """
        if not card.repository:
            return 0, 0
        try:
            with self._hub() as hub:
                ahead = pulling.look_ahead(card, local_folder(card.id), hub)
        except HubError as exc:
            raise RemoteFailed(f"{card.label}: {exc.message}.", exc.hint, told=exc.told) from exc
        return ahead.total, ahead.missing

    def verify(self, card: ModelCard, report: Callable[[int, int], None]) -> tuple[str, ...]:
        """Return the names of a model's files that are missing or damaged.

        Raises:
            WeightsMissing: nothing of it was pulled.
        """
        if not card.repository:
            return self._damaged(card, report)
        try:
            return tuple(pulling.verify(local_folder(card.id), lambda at: report(at.done, at.total)))
        except FileNotFoundError as exc:
            raise errors.WeightsMissing(
                f"{card.label} was not pulled.",
                f"irodori models pull {card.id}",
                told=("model_not_here", card.label, f"irodori models pull {card.id}"),
            ) from exc

    def damaged(self) -> tuple[str, ...]:
        """Return the names of the shipped files that are missing or are not what the catalogue says."""
        shipped = [card for card in load_catalog().values() if not card.repository]
        return tuple(name for card in shipped for name in self._damaged(card, lambda *_: None))

    def close(self) -> None:
        """Let pulls end at their next block, and watch no longer."""
        self._closing.set()
        if self._folder is not None:
            self._folder.close()

    def _hub(self) -> Hub:
        chosen = self._mirror()
        return Hub(_token(chosen), chosen)

    def _info(self, card: ModelCard) -> ModelInfo:
        return ModelInfo(
            model_id=card.id,
            label=card.label,
            engine=card.engine,
            licence=card.licence,
            bytes=_total(card),
            memory_mib=card.memory_mib,
            state="pulling" if card.id in self._pulling else _state(card),
            detail=card.needs or None,
            told=_told_needs(card.needs),
            ships=not card.repository,
            non_commercial=card.non_commercial,
        )

    def _dropped(self, one: Dropped) -> ModelInfo:
        """Return a dropped file, and what the engine still lacks that it is a part of."""
        info = _dropped_info(one)
        if info.state != "ready" or not info.engine or one.identity.role == "lora":
            return info
        found = [self._ask(engine) for engine in one.identity.engines]
        if any(answer.ok for answer in found):
            return info
        return msgspec.structs.replace(
            info,
            detail=f"{info.detail}; waits: {found[0].reason} ({found[0].fix})",
            told=list(found[0].told or ("file_waits",)),
        )

    def _run(self, task_id: str, card: ModelCard) -> None:
        told = -_TELL_EVERY

        def report(done: int, total: int) -> None:
            nonlocal told
            if self._closing.is_set():
                raise pulling.PullCancelled
            if done - told >= _TELL_EVERY or done == total:
                told = done
                self._tell(task_id, card, done, total, "pulling" if card.repository else "verifying")

        state: Progress = "failed"
        error = None
        try:
            self.bring(card, report)
            state = "ready"
        except pulling.PullCancelled:
            return
        except IrodoriError as exc:
            _LOG.warning("%s %s", exc.message, exc.hint)
            error = WireError(**exc.wire())
        finally:
            self._pulling.discard(card.id)
            self._tell(task_id, card, max(0, told), _total(card), state, error)
            self._tell_changed()

    def _damaged(self, card: ModelCard, report: Callable[[int, int], None]) -> tuple[str, ...]:
        done, total, wrong = 0, _total(card), []
        for file in card.files:
            try:
                whole = file_digest(weights_path(file)) == file.sha256
            except (WeightsMissing, WeightsInvalid):
                whole = False
            if not whole:
                wrong.append(file.name)
            done += file.bytes
            report(done, total)
        return tuple(wrong)

    def _tell(
        self, task_id: str, card: ModelCard, done: int, total: int, state: Progress, error: WireError | None = None
    ) -> None:
        if not self._closing.is_set():
            total = max(done, total)
            self._notify(
                ModelProgress(
                    task_id=task_id, model_id=card.id, bytes=done, total_bytes=total, state=state, error=error
                )
            )

    def _tell_changed(self) -> None:
        if not self._closing.is_set():
            self._notify(ModelChanged(models=self.list()))


def card_of(model_id: str) -> ModelCard:
    """Return the card of a model.

    Raises:
        NotFound: there is no such model.
    """
    card = load_catalog().get(model_id)
    if card is None:
        known = ", ".join(load_catalog())
        raise NotFound(
            f"There is no model {model_id[:128]!r}.",
            f"The models are: {known}.",
            told=("no_model", model_id[:128], known),
        )
    return card


def dropped() -> tuple[Dropped, ...]:
    """Return the files of the models' folder that are no part of a pulled model."""
    pulled = {local_folder(name) for name in load_catalog() if pulling.recorded(local_folder(name)) is not None}
    return tuple(one for one in scan(models_folder()) if not pulled & set(one.path.parents))


def dropped_id(one: Dropped) -> str:
    """Return what a dropped file is called on the wire: its place in the models' folder."""
    return one.path.relative_to(models_folder()).as_posix()


def _dropped_info(one: Dropped) -> ModelInfo:
    return ModelInfo(
        model_id=dropped_id(one),
        label=one.path.stem,
        engine=one.identity.engines[0] if one.identity.engines else "",
        licence="",
        bytes=one.bytes,
        memory_mib=-(-one.bytes // _MIB),
        state="invalid" if one.fault else "ready",
        role=one.identity.role,
        detail=one.fault or one.identity.label,
        told=list(_told_file(one)),
    )


def _told_needs(needs: str) -> list[str]:
    """Return what is told of the models that one needs beside it."""
    beside = [word for word in re.findall(r"[\w-]+", needs) if word in load_catalog()]
    told = ("needs_beside", ", ".join(beside)) if beside else ("needs_guide",)
    return list(told) if needs else []


def _told_file(file: Dropped) -> tuple[str, ...]:
    """Return what is told of a dropped file: its role, and the family that it belongs to."""
    identity = file.identity
    of = _FAMILIES.get(identity.family, identity.family or "–")
    told: dict[str, tuple[str, ...]] = {
        "lora": ("file_lora", of),
        "transformer": ("file_transformer", of),
        "checkpoint": ("file_checkpoint", of),
        "text_encoder": ("file_text_encoder", of),
        "image_encoder": ("file_image_encoder", of),
        "vae": ("file_vae", of),
        "controlnet": ("file_controlnet", of),
        "ip_adapter": ("file_ip_adapter", of),
    }
    return ("file_unusable",) if file.fault else told.get(identity.role, ("file_unknown",))


def _state(card: ModelCard) -> State:
    if card.repository:
        return _pulled_state(card)
    try:
        sizes = [weights_path(file).stat().st_size for file in card.files]
    except (WeightsMissing, WeightsInvalid):
        return "missing"
    return "ready" if sizes == [file.bytes for file in card.files] else "invalid"


def _pulled_state(card: ModelCard) -> State:
    folder = local_folder(card.id)
    record = pulling.recorded(folder)
    if record is None:
        # The reader may have put files there; whether they are all the right ones is the engine's to say.
        return "ready" if any(one.fault == "" for one in scan(folder)) else "missing"
    sizes = [path.stat().st_size if (path := folder / one.name).is_file() else -1 for one in record.files]
    return "ready" if sizes == [one.bytes for one in record.files] else "invalid"


def _total(card: ModelCard) -> int:
    """Return a model's bytes: known for what ships or was pulled, else about what its weights take in memory."""
    record = pulling.recorded(local_folder(card.id)) if card.repository else None
    files = record.files if record is not None else card.files
    return sum(file.bytes for file in files) or card.memory_mib * _MIB


def _token(chosen: str) -> str:
    try:
        return secret_for(HF_TOKEN, hub_origin(chosen)) or ""
    except SecretsUnavailable as exc:
        _LOG.info("no token: %s", exc.message)
        return ""
