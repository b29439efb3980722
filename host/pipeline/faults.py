"""Engines' errors become the host's: the one place where the two trees meet."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from engines.base import (
    EngineError,
    EngineOutOfMemory,
    EngineRemoteFailed,
    EngineUnavailable,
    ModelInvalid,
    ModelMissing,
    RequestUnsupported,
)
from host.errors import (
    BadRequest,
    EngineNotAvailable,
    InternalError,
    IrodoriError,
    OutOfMemory,
    RemoteFailed,
    WeightsInvalid,
    WeightsMissing,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_ENGINE_ERROR: Final[dict[type[EngineError], type[IrodoriError]]] = {
    EngineUnavailable: EngineNotAvailable,
    ModelMissing: WeightsMissing,
    ModelInvalid: WeightsInvalid,
    EngineOutOfMemory: OutOfMemory,
    EngineRemoteFailed: RemoteFailed,
    RequestUnsupported: BadRequest,
}
# How ONNX Runtime, OpenCV and torch word it inside of their general error classes.
_OUT_OF_MEMORY_WORDS: Final = ("bad_alloc", "failed to allocate", "insufficient memory", "out of memory")
_FREE_MEMORY: Final = "Close other programs, or choose a smaller engine."


@contextmanager
def faults_mapped() -> Iterator[None]:
    """Let what an engine raises, or a lack of memory in any library, leave as an `IrodoriError`.

    Ours (`JobCancelled` too) and everything unknown pass untouched.
    """
    try:
        yield
    except EngineError as exc:
        kind = next((ours for theirs, ours in _BY_ENGINE_ERROR.items() if isinstance(exc, theirs)), InternalError)
        raise kind(exc.message, exc.hint, told=exc.told) from exc
    except IrodoriError:
        raise
    except Exception as exc:
        if not _is_out_of_memory(exc):
            raise
        raise OutOfMemory("Memory did not suffice for this page.", _FREE_MEMORY) from exc


def _is_out_of_memory(exc: Exception) -> bool:
    return isinstance(exc, MemoryError) or any(words in str(exc).lower() for words in _OUT_OF_MEMORY_WORDS)
