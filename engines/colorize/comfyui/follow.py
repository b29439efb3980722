"""Follow a prompt from its submission to its picture, by the socket and, where that says nothing, by the history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, cast

import cv2
import numpy as np

from engines.base import EngineError, EngineRemoteFailed, EngineUnavailable
from engines.colorize.comfyui.client import LOOK, execution_fault
from engines.colorize.comfyui.graph import OUTPUT_NODE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engines.base import OnStep
    from engines.colorize.comfyui.client import ComfyClient
    from engines.colorize.comfyui.socket import ComfySocket, Event

# How soon a wish to cancel is heard, how often the history is asked while the socket is silent or lost, and how long a
# prompt that is neither queued nor recorded may stay unexplained.
_LISTEN_S: Final = 0.2
_ASK_EVERY_S: Final = 2.0
_ASK_WHEN_LOST_S: Final = 0.5
_UNKNOWN_MAX_S: Final = 10.0


def picture_of(
    client: ComfyClient, socket: ComfySocket, graph: Mapping[str, Any], steps: tuple[int, ...], on_step: OnStep
) -> bytes:
    """Queue a graph, wait for it and return its picture as the server encoded it.

    steps: those of its samplers, one after the other.

    Whatever `on_step` raises cancels our prompt on the server and passes on.

    Raises:
        EngineError and its kinds: refused, failed, interrupted by somebody else, forgotten by the server.
    """
    prompt_id = client.submit(graph)
    try:
        record = _record_of(client, socket, prompt_id, _Progress(steps, on_step))
    except EngineError:
        raise
    except BaseException:
        _cancel_quietly(client, prompt_id)
        raise
    images = record.get("outputs", {}).get(OUTPUT_NODE, {}).get("images", ())
    if not images:
        raise EngineRemoteFailed("ComfyUI finished without a picture", LOOK, told=("server_no_picture", "ComfyUI"))
    return client.picture(images[0])


class _Progress:
    """What the caller hears. Samplers and loaders both report progress; only the samplers' steps are counted."""

    def __init__(self, passes: tuple[int, ...], on_step: OnStep) -> None:
        self._passes = passes
        self._total = sum(passes)
        self._on_step = on_step
        self._pass = 0
        self._step = 0

    def take(self, event: Event | None) -> None:
        """Report where we are; called often, so that a cancel is heard soon."""
        preview = None
        if event is not None and event.kind == "progress":
            self._count(event)
        if event is not None and event.kind == "preview":
            preview = decoded(event.image)
        self._on_step(self._done, self._total, preview)

    def finish(self) -> None:
        """Report the last step, where the server was too fast to do so."""
        if self._done < self._total:
            self._pass, self._step = len(self._passes) - 1, self._passes[-1]
            self._on_step(self._total, self._total)

    @property
    def _done(self) -> int:
        return sum(self._passes[: self._pass]) + self._step

    def _count(self, event: Event) -> None:
        """Take a sampler's step; one that begins anew, or with another number of steps, is the next pass."""
        ends_in, now = event.steps, self._passes[self._pass]
        after = self._passes[self._pass + 1] if self._pass + 1 < len(self._passes) else None
        if ends_in == after and self._step and (ends_in != now or event.step < self._step):
            self._pass, self._step = self._pass + 1, min(event.step, after)
        elif ends_in == now:
            self._step = max(self._step, min(event.step, now))


def _record_of(client: ComfyClient, socket: ComfySocket, prompt_id: str, progress: _Progress) -> Mapping[str, Any]:
    asked_at, unknown_since = time.monotonic(), None
    while True:
        event = socket.next_event(prompt_id, _LISTEN_S)
        progress.take(event)
        if event is not None and event.kind == "failed":
            raise execution_fault(event.data or {})
        if event is not None and event.kind == "interrupted":
            raise EngineRemoteFailed(
                "Somebody interrupted the page on the ComfyUI server",
                "Try again.",
                told=("server_interrupted", "ComfyUI"),
            )
        if event is None and not socket.is_open:
            time.sleep(_LISTEN_S)
        now = time.monotonic()
        patience = _ASK_EVERY_S if socket.is_open else _ASK_WHEN_LOST_S
        if (event is None or event.kind != "finished") and now - asked_at < patience:
            continue
        asked_at = now
        record = client.history(prompt_id)
        if record is not None and record.get("status", {}).get("completed", True) is not False:
            progress.finish()
            return cast("Mapping[str, Any]", record)
        if record is not None:
            raise _recorded_fault(record)
        unknown_since = _since(client, prompt_id, unknown_since, now)


def _since(client: ComfyClient, prompt_id: str, unknown_since: float | None, now: float) -> float | None:
    if client.is_queued(prompt_id):
        return None
    if unknown_since is not None and now - unknown_since > _UNKNOWN_MAX_S:
        raise EngineUnavailable(
            "ComfyUI no longer knows the page", "Was it restarted? Try again.", told=("server_forgot", "ComfyUI")
        )
    return now if unknown_since is None else unknown_since


def _recorded_fault(record: Mapping[str, Any]) -> EngineError:
    for name, data in record.get("status", {}).get("messages", ()):
        if name == "execution_error":
            return execution_fault(data)
        if name == "execution_interrupted":
            return EngineRemoteFailed(
                "Somebody interrupted the page on the ComfyUI server",
                "Try again.",
                told=("server_interrupted", "ComfyUI"),
            )
    return EngineRemoteFailed("ComfyUI failed without saying why", LOOK, told=("server_no_picture", "ComfyUI"))


def _cancel_quietly(client: ComfyClient, prompt_id: str) -> None:
    """Cancel; the reason why we stop matters more than whether the server heard it."""
    try:
        client.cancel(prompt_id)
    except EngineError:
        return


def decoded(encoded: bytes) -> NDArray[np.uint8] | None:
    """Return an encoded picture as `(h, w, 3)` uint8 sRGB RGB, None where it is none."""
    if not encoded:
        return None
    try:
        bgr = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
