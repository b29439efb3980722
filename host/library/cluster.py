"""The same pages on a Ray cluster (`irodori[cluster]`): models loaded once for each actor, results written once.

Reading and finishing a page is one class of actors, on processors; the engine is another where it wants an accelerator.
A page's result is in the shared store before anybody hears of it, so that a node that is lost takes no finished page
with it; what it had in hand is given to another.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from engines.malloc_trim import keep_one_small_heap
from host.errors import BadRequest, InternalError
from host.library.colourer import PageColourer, PageResult, told
from host.library.page_store import PageStore
from host.paths import state_paths
from host.store.process_folder import ProcessFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from host.library.workers import Task

_LOG = logging.getLogger(__name__)
_ATTEMPTS: Final = 4
_AHEAD: Final = 2
_BEGIN_S: Final = 300
_LOOK_S: Final = 5
_JOBS_KEPT: Final = 16
_INSTALL: Final = 'pip install "irodori[cluster]", the same version on every node.'


class PageActor:
    """Colours pages in a process of a node, or the stages of it that need no accelerator."""

    def __init__(self, results: str) -> None:
        from host.library.workers import share_cores

        keep_one_small_heap()
        share_cores()
        self._locks = _lock_folder()
        self._colourer = PageColourer(self._locks.path)
        self._store = PageStore(store_root(results))

    def version(self) -> str:
        """Return what decides bytes and may differ from node to node."""
        return software()

    def colour(self, key: str, encoded: bytes, job: Any) -> PageResult:
        """Colour a page, keep its result, and return it without its picture."""
        return self._kept(key, self._store.get(key) or self._colourer.colour(encoded, job))

    def read(self, encoded: bytes, job: Any) -> Any:
        """Return a page that is ready for the engine, or its result."""
        return told(lambda: self._colourer.read(encoded, job))

    def finish(self, key: str, prepared: Any, coloured: Any) -> PageResult:
        """Finish a page that the engine has coloured, keep its result, and return it without its picture."""
        if isinstance(prepared, PageResult):
            return self._kept(key, prepared)
        if isinstance(coloured, PageResult):
            return self._kept(key, coloured)
        return self._kept(key, told(lambda: self._colourer.finish(prepared, coloured)))

    def has_colour(self, encoded: bytes) -> bool:
        """Say whether a picture is read as one in colour."""
        return self._colourer.has_colour(encoded)

    def _kept(self, key: str, result: PageResult) -> PageResult:
        if result.verdict == "failed":
            return result
        self._store.put(key, result)
        return replace(result, image=b"")


class EngineActor:
    """Holds the engine on a node's accelerator."""

    def __init__(self) -> None:
        self._locks = _lock_folder()
        self._colourer = PageColourer(self._locks.path)

    def infer(self, prepared: Any) -> Any:
        """Return what the engine makes of a page; a result is handed on."""
        return prepared if isinstance(prepared, PageResult) else told(lambda: self._colourer.infer(prepared))


def _lock_folder() -> ProcessFolder:
    # Swept by the next one: a cluster ends its actors by force.
    return ProcessFolder.claim_or_none(state_paths().cache / "lanes")


def software() -> str:
    """Return the versions that decide a page's bytes."""
    import cv2
    import numpy as np
    import PIL

    from engines.onnx_runtime import library_version
    from host import __version__
    from host.pipeline.version import PIPELINE_VERSION

    libraries = f"onnxruntime {library_version()}, opencv {cv2.__version__}, pillow {PIL.__version__}"
    return f"irodori {__version__}, pipeline {PIPELINE_VERSION}, numpy {np.__version__}, {libraries}"


def store_root(address: str) -> Any:
    """Return a place for results: a folder that all nodes share, or what fsspec leads to (`s3://…`).

    Raises:
        BadRequest: nothing here reaches it.
    """
    if "://" not in address or address.startswith("file://"):
        return Path(address.removeprefix("file://"))
    try:
        import fsspec
        from upath import UPath

        fsspec.get_filesystem_class(address.partition("://")[0])
        return UPath(address)
    except (ImportError, ValueError) as exc:
        raise BadRequest(f"{address} cannot be reached: {exc}.", _INSTALL) from exc


class RayColourers:
    """The actors of one run. Used by one thread."""

    keep_results = True

    def __init__(self, address: str, results: str, *, engine_resources: dict[str, float] | None = None) -> None:
        """Join a cluster that runs at an address; none is started here, for that opens ports.

        results: where all nodes keep results. engine_resources: what an engine's own actor takes (`{"GPU": 1}`); None:
        the engine runs on processors, with the rest of its page.

        Raises:
            BadRequest: there is no Ray, no cluster at the address, or a node with other software.
        """
        self._ray = _joined(address)
        self._results = results
        self._engine_resources = engine_resources
        self._pages: list[Any] = []
        self._engines: list[Any] = []
        self._idle: deque[Any] = deque()
        self._jobs: dict[int, tuple[Any, Any]] = {}
        self._under_way: dict[Any, tuple[Task, Any, int]] = {}
        self._waiting: deque[tuple[Task, int]] = deque()
        self._starting: dict[Any, Any] = {}
        self._turn = 0
        self._require_one()

    @property
    def has_room(self) -> bool:
        """Whether another page may be added: two for each actor."""
        return len(self._under_way) + len(self._waiting) < _AHEAD * max(1, len(self._pages))

    @property
    def is_idle(self) -> bool:
        """Whether no page is under way."""
        return not self._under_way and not self._waiting

    def add(self, task: Task) -> None:
        """Take a page in."""
        self._waiting.append((task, 1))
        self._send()

    def finished(self) -> Iterator[tuple[Task, PageResult]]:
        """Wait for at least one page to end; a page whose node was lost goes to another."""
        ended: list[tuple[Task, PageResult]] = []
        while not ended:
            self._send()
            references = [*self._under_way, *self._starting]
            done, _ = self._ray.wait(references, num_returns=1, timeout=_LOOK_S)
            for reference in done:
                if reference in self._starting:
                    self._started(reference)
                else:
                    ended += filter(None, [self._ended(reference)])
            if not self._pages:
                self._staff()
        yield from ended

    def has_colour(self, encoded: bytes) -> bool:
        """Say whether a picture is read as one in colour."""
        for _ in range(_ATTEMPTS):
            self._require_one()
            actor = self._pages[0]
            try:
                return bool(self._ray.get(actor.has_colour.remote(encoded)))
            except self._ray.exceptions.RayError as exc:
                self._lose(actor, exc)
        return False

    def close(self) -> None:
        """End the actors and leave the cluster."""
        for actor in (*self._pages, *self._starting.values(), *self._engines):
            self._ray.kill(actor)
        self._ray.shutdown()

    def _send(self) -> None:
        while self._waiting and self._idle:
            actor = self._idle.popleft()
            task, attempt = self._waiting.popleft()
            self._under_way[self._begin(actor, task)] = (task, actor, attempt)

    def _begin(self, actor: Any, task: Task) -> Any:
        job = self._job(task.job)
        if self._engine_resources is None:
            return actor.colour.remote(task.key, task.encoded, job)
        self._turn += 1
        prepared = actor.read.remote(task.encoded, job)
        coloured = self._engines[self._turn % len(self._engines)].infer.remote(prepared)
        return actor.finish.remote(task.key, prepared, coloured)

    def _job(self, job: Any) -> Any:
        """Return a job as the cluster holds it: once, not with every page, and as long as pages want it."""
        if id(job) not in self._jobs:
            if len(self._jobs) >= _JOBS_KEPT:
                tasks = [*(one[0] for one in self._waiting), *(one[0] for one in self._under_way.values())]
                wanted = {id(task.job) for task in tasks}
                self._jobs = {key: held for key, held in self._jobs.items() if key in wanted}
            self._jobs[id(job)] = (job, self._ray.put(job))  # the job itself too, so that its id stays its own
        return self._jobs[id(job)][1]

    def _ended(self, reference: Any) -> tuple[Task, PageResult] | None:
        task, actor, attempt = self._under_way.pop(reference)
        try:
            result: PageResult = self._ray.get(reference)
        except self._ray.exceptions.RayError as exc:
            self._lose(actor, exc)
            if attempt < _ATTEMPTS:
                self._waiting.append((task, attempt + 1))
                return None
            error = InternalError("The nodes that coloured this page were lost.", "Look at the cluster's log.")
            return task, PageResult(verdict="failed", error=error.wire())
        self._idle.append(actor)
        return task, result

    def _lose(self, actor: Any, exc: BaseException) -> None:
        """Take an actor out; another takes its place where the cluster has room."""
        _LOG.warning("an actor was lost: %s", str(exc).splitlines()[0] if str(exc) else type(exc).__name__)
        if actor in self._pages:
            self._pages.remove(actor)
            self._ray.kill(actor)  # it may live, where it was the engine that died
        self._idle = deque(one for one in self._idle if one != actor)
        if self._engine_resources is not None:
            self._engines = [one for one in self._engines if self._answers(one)]
        self._staff()

    def _answers(self, engine: Any) -> bool:
        try:
            self._ray.get(engine.__ray_ready__.remote(), timeout=_BEGIN_S)
        except self._ray.exceptions.RayError:
            return False
        return True

    def _staff(self) -> None:
        """Have an actor for each processor of the nodes that live, and one for each accelerator."""
        resources = self._ray.cluster_resources()
        if self._engine_resources is not None:
            name, share = next(iter(self._engine_resources.items()))
            made = [self._engine(name, share) for _ in range(int(resources.get(name, 0) / share) - len(self._engines))]
            self._engines += made
            if not self._engines:
                raise BadRequest(f"The cluster has no {name}.", "Add a node that has one, or choose another engine.")
        count = max(1, int(resources.get("CPU", 1)))
        page_actor = self._ray.remote(PageActor).options(num_cpus=1, max_restarts=0)
        for _ in range(count - len(self._pages) - len(self._starting)):
            actor = page_actor.remote(self._results)
            self._starting[actor.version.remote()] = actor

    def _started(self, reference: Any) -> None:
        """Take an actor in that answers; one that died while it began is let go."""
        actor = self._starting.pop(reference)
        try:
            there, here = self._ray.get(reference), software()
        except self._ray.exceptions.RayError as exc:
            _LOG.warning("an actor did not begin: %s", str(exc).splitlines()[-1])
            return
        if there != here:
            self.close()
            raise BadRequest(f"A node has other software: {there}; here: {here}.", _INSTALL)
        self._pages.append(actor)
        self._idle.extend([actor] * _AHEAD)

    def _require_one(self) -> None:
        """Wait until an actor is there.

        Raises:
            BadRequest: none begins, or a node has other software.
        """
        deadline_s = time.monotonic() + _BEGIN_S
        while not self._pages:
            if time.monotonic() > deadline_s:
                self.close()
                raise BadRequest(
                    "No node of the cluster begins to work.", "Look at its log: /tmp/ray/session_latest/logs."
                )
            self._staff()
            done, _ = self._ray.wait(list(self._starting), num_returns=1, timeout=_LOOK_S)
            for reference in done:
                self._started(reference)

    def _engine(self, name: str, share: float) -> Any:
        wanted: dict[str, Any] = {"num_gpus": share} if name == "GPU" else {"resources": {name: share}}
        return self._ray.remote(EngineActor).options(num_cpus=0, max_restarts=0, **wanted).remote()


def _joined(address: str) -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
        import ray.exceptions
    except ImportError as exc:
        raise BadRequest("Ray is not installed.", _INSTALL) from exc
    try:
        _require_listener(address)
        ray.init(address=address, log_to_driver=False, configure_logging=False, namespace="irodori")
    except (OSError, RuntimeError, ValueError) as exc:
        words = str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        raise BadRequest(f"There is no Ray cluster at {address}: {words}", "Start one: ray start --head.") from exc
    return ray


def _require_listener(address: str) -> None:
    """Fail at once where nobody listens: Ray would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=_LOOK_S).close()
