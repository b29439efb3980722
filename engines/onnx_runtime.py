"""Networks that ONNX Runtime runs on the processor: opening one, its threads, and whose turn it is.

Its exceptions share no base that is exported; they are mapped here and nowhere else.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from engines.base import EngineOutOfMemory, EngineUnavailable, ModelInvalid
from engines.cores import thread_count
from engines.malloc_trim import return_free_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

_HURRIES: Final = ContextVar("hurries", default=False)


class _Turns:
    """One at a time; those who are in a hurry before the others."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._hurried = 0

    @contextmanager
    def take(self, *, hurries: bool) -> Iterator[None]:
        with self._changed:
            self._hurried += hurries
            self._changed.wait_for(lambda: not self._is_taken and (hurries or not self._hurried))
            self._hurried -= hurries
            self._is_taken = True
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()


# Each run uses every core already: two at once are no faster, and the layers of both would stand in memory.
_TURNS: Final = _Turns()


@contextmanager
def before_others() -> Iterator[None]:
    """Run networks in this context before those that others wait to run: somebody waits for what they say."""
    token = _HURRIES.set(True)
    try:
        yield
    finally:
        _HURRIES.reset(token)


class OnnxNetwork:
    """A network, opened; deterministic. Several threads may run it. Drop the object to give its memory back.

    what: its name in messages. inputs and outputs: their names and shapes as the file has them, texts for sides that
    are free. metadata: what the file says of itself.
    """

    def __init__(self, content: bytes, what: str, hint: str, *, pattern: bool = True) -> None:
        """Open a file's content; `what` names it in messages, `hint` says what to do where it is of no use.

        pattern: from a shape's second run on, take the room of all layers in one block. Quicker where layers are many;
        where a few are very large the block holds those that were dropped long before.

        Raises:
            ModelInvalid: it is no network that can be run. EngineUnavailable: there is no ONNX Runtime.
        """
        self.what, self._hint = what, hint
        self._session = _open(content, what, hint, pattern=pattern)
        self.inputs: dict[str, list[Any]] = {one.name: list(one.shape) for one in self._session.get_inputs()}
        self.outputs: dict[str, list[Any]] = {one.name: list(one.shape) for one in self._session.get_outputs()}
        self.metadata: dict[str, str] = dict(self._session.get_modelmeta().custom_metadata_map)

    def run(self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str] | None = None) -> list[Array]:
        """Return the outputs of these names, all of them for None.

        Raises:
            EngineOutOfMemory, ModelInvalid: the network failed.
        """
        try:
            with _TURNS.take(hurries=_HURRIES.get()):
                results: list[Array] = self._session.run(outputs, feeds)
        except MemoryError as exc:
            raise EngineOutOfMemory(f"memory did not suffice for {self.what}") from exc
        except Exception as exc:
            if "alloc" in str(exc).lower():
                raise EngineOutOfMemory(f"memory did not suffice for {self.what}") from exc
            raise ModelInvalid(f"{self.what} failed: {exc}", self._hint) from exc
        return results


def library_version() -> str:
    """Return the version of ONNX Runtime."""
    import onnxruntime

    return str(onnxruntime.__version__)


def _open(content: bytes, what: str, hint: str, *, pattern: bool) -> Any:
    try:
        import onnxruntime
    except ImportError as exc:
        raise EngineUnavailable(
            "onnxruntime is not installed",
            "pip install onnxruntime",
            told=("not_installed", "onnxruntime", "pip install onnxruntime"),
        ) from exc
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.inter_op_num_threads = 1
    # A thread that spins while it waits keeps a laptop's core hot for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = pattern
    # Layers are dropped sooner than in the order of the file; the results are the same.
    options.execution_order = onnxruntime.ExecutionOrder.PRIORITY_BASED
    # What goes wrong is raised; in the log it would stand twice.
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as exc:
        raise ModelInvalid(f"ONNX Runtime refuses {what}: {exc}", hint) from exc
    # Reading a file takes twice what is kept of it.
    return_free_memory()
    return session
